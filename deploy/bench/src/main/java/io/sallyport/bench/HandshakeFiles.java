package io.sallyport.bench;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/// A throwaway key and its certificate as PEM files: both servers read the same.
///
/// @param chain the certificate
/// @param key its private key
record HandshakeFiles(Path chain, Path key) {
  private static final X500Name NAME = new X500Name("CN=localhost");
  private static final Duration VALIDITY = Duration.ofDays(1);

  /// Makes both in `folder`.
  ///
  /// @param algorithm `EC`, which is P-256, or `RSA`, which is of 2048 bits
  static HandshakeFiles make(Path folder, String algorithm) throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(algorithm.equals("EC") ? 256 : 2048);
      KeyPair pair = generator.generateKeyPair();
      Path chain = folder.resolve(algorithm + "-chain.pem");
      Path key = folder.resolve(algorithm + "-key.pem");
      Files.writeString(key, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
      Files.writeString(chain, pem("CERTIFICATE", certify(pair)));
      return new HandshakeFiles(chain, key);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }

  private static byte[] certify(KeyPair pair) throws IOException, OperatorCreationException {
    Instant now = Instant.now();
    return new X509v3CertificateBuilder(
            NAME,
            BigInteger.ONE,
            Date.from(now.minus(VALIDITY)),
            Date.from(now.plus(VALIDITY)),
            NAME,
            SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()))
        .build(new JcaContentSignerBuilder("SHA256with" + signature(pair)).build(pair.getPrivate()))
        .getEncoded();
  }

  private static String signature(KeyPair pair) {
    return pair.getPublic().getAlgorithm().equals("EC") ? "ECDSA" : "RSA";
  }

  private static String pem(String label, byte[] der) throws IOException {
    StringWriter text = new StringWriter();
    try (PemWriter writer = new PemWriter(text)) {
      writer.writeObject(new PemObject(label, der));
    }
    return text.toString();
  }
}
