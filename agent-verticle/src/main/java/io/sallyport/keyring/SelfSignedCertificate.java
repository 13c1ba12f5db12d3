package io.sallyport.keyring;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.Set;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// The certificate of the quickstart: ECDSA P-256, for this machine only.
///
/// It names `localhost`, `127.0.0.1` and `::1`, and vouches for nothing but itself: a client that
/// is given it as its trust anchor, as `curl --cacert`, accepts it. The key is made on the Java
/// heap by the JDK, written, and wiped as far as the JDK permits; a key for anything that matters
/// comes from elsewhere.
public final class SelfSignedCertificate {
  /// The longest that browsers and mail clients accept, less a day for clocks.
  private static final Duration VALIDITY = Duration.ofDays(397);

  private static final Duration CLOCK_SKEW = Duration.ofHours(1);
  private static final int SERIAL_BITS = 127;
  private static final X500Name NAME = new X500Name("CN=Sallyport quickstart");

  private SelfSignedCertificate() {}

  /// Writes a new certificate and its key as PEM files, unless both are there already.
  ///
  /// Folders are made as needed. The key file is readable by its owner only, from its first byte
  /// on. Each file appears whole or not at all; the certificate comes last, so that a chain file
  /// means that its key is there.
  ///
  /// @return whether they were written
  /// @throws IOException also when only one of the two is there, which is then left alone
  public static boolean writeIfMissing(Path chain, Path key) throws IOException {
    boolean hasChain = Files.exists(chain);
    boolean hasKey = Files.exists(key);
    if (hasChain && hasKey) {
      return false;
    }
    if (hasChain || hasKey) {
      throw new IOException(
          "found "
              + (hasChain ? chain : key)
              + " without "
              + (hasChain ? key : chain)
              + ", expected both or none; remove it to have both made anew");
    }
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair pair = generator.generateKeyPair();
      byte[] pkcs8 = pair.getPrivate().getEncoded();
      try {
        writePem(key, "PRIVATE KEY", pkcs8, "rw-------");
      } finally {
        Arrays.fill(pkcs8, (byte) 0);
      }
      writePem(chain, "CERTIFICATE", certify(pair), "rw-r--r--");
      return true;
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }

  private static byte[] certify(KeyPair pair) throws IOException, OperatorCreationException {
    Instant now = Instant.now();
    Instant from = now.minus(CLOCK_SKEW);
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            NAME,
            new BigInteger(SERIAL_BITS, new SecureRandom()).setBit(SERIAL_BITS - 1),
            Date.from(from),
            Date.from(from.plus(VALIDITY).minusSeconds(1)),
            NAME,
            SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()));
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(
        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
    builder.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(
            new GeneralName[] {
              new GeneralName(GeneralName.dNSName, "localhost"),
              new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
              new GeneralName(GeneralName.iPAddress, "::1"),
            }));
    return builder
        .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()))
        .getEncoded();
  }

  private static void writePem(Path file, String label, byte[] der, String mode)
      throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Path folder = part.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.deleteIfExists(part);
    FileAttribute<?> permissions =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
    byte[] text = pem(label, der);
    try (FileChannel out =
        FileChannel.open(
            part, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), permissions)) {
      ByteBuffer rest = ByteBuffer.wrap(text);
      while (rest.hasRemaining()) {
        out.write(rest);
      }
      out.force(true);
    } finally {
      Arrays.fill(text, (byte) 0);
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static byte[] pem(String label, byte[] der) {
    byte[] base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encode(der);
    ByteBuffer text = ByteBuffer.allocate(base64.length + 2 * label.length() + 64);
    text.put(("-----BEGIN " + label + "-----\n").getBytes(StandardCharsets.US_ASCII));
    text.put(base64);
    text.put(("\n-----END " + label + "-----\n").getBytes(StandardCharsets.US_ASCII));
    Arrays.fill(base64, (byte) 0);
    byte[] bytes = Arrays.copyOf(text.array(), text.position());
    Arrays.fill(text.array(), (byte) 0);
    return bytes;
  }
}
