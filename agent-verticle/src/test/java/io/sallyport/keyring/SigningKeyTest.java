package io.sallyport.keyring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.keyring.SignatureScheme.Kind;
import io.sallyport.ktls.KtlsException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Both ways to sign make signatures that the JDK verifies, from every form of key file.
class SigningKeyTest {
  private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.US_ASCII);

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"ec:P-256", "ec:P-384", "rsa:2048"})
  void everySchemeVerifies(String algorithm) throws Exception {
    TestFiles files = new TestFiles(folder);
    files.certificate("site", algorithm, "");
    files.openssl("pkey", "-traditional", "-in", "site.key", "-out", "old.key");
    Certificate certificate =
        CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new ByteArrayInputStream(
                    files.read("site.pem").getBytes(StandardCharsets.US_ASCII)));
    for (String file : List.of("site.key", "old.key")) {
      try (LocalSigningKey one = byDefault(files.path(file));
          LocalSigningKey other = byBouncyCastle(files.path(file))) {
        assertThat(other.type()).isEqualTo(one.type());
        for (LocalSigningKey key : List.of(one, other)) {
          for (SignatureScheme scheme : SignatureScheme.values()) {
            if ((scheme.kind() == Kind.ECDSA) == key.type().isEcdsa()) {
              verify(certificate, key, scheme);
            } else {
              assertThatThrownBy(() -> key.sign(scheme, new byte[32]))
                  .isInstanceOf(IllegalArgumentException.class);
            }
          }
        }
      }
    }
  }

  private static LocalSigningKey byDefault(Path file) throws Exception {
    try (EncodedPrivateKey key = PrivateKeyFile.read(file)) {
      return key.signingKey();
    }
  }

  private static LocalSigningKey byBouncyCastle(Path file) throws Exception {
    try (EncodedPrivateKey key = PrivateKeyFile.read(file)) {
      return key.byBouncyCastle();
    }
  }

  private static void verify(Certificate certificate, LocalSigningKey key, SignatureScheme scheme)
      throws Exception {
    String hash = scheme.hash().jdkName();
    byte[] digest = MessageDigest.getInstance(hash).digest(MESSAGE);
    String jdkHash = hash.replace("-", "");
    Signature verifier =
        switch (scheme.kind()) {
          case ECDSA -> Signature.getInstance(jdkHash + "withECDSA");
          case RSA_PKCS1 -> Signature.getInstance(jdkHash + "withRSA");
          case RSA_PSS -> {
            Signature pss = Signature.getInstance("RSASSA-PSS");
            pss.setParameter(
                new PSSParameterSpec(
                    hash,
                    "MGF1",
                    new MGF1ParameterSpec(hash),
                    digest.length,
                    PSSParameterSpec.TRAILER_FIELD_BC));
            yield pss;
          }
        };
    verifier.initVerify(certificate.getPublicKey());
    verifier.update(MESSAGE);
    assertThat(verifier.verify(key.sign(scheme, digest))).as(scheme.name()).isTrue();
  }

  @Test
  void aClosedKeySignsNothing() throws Exception {
    TestFiles files = new TestFiles(folder);
    files.certificate("site", "ec:P-256", "");
    for (LocalSigningKey key :
        List.of(byDefault(files.path("site.key")), byBouncyCastle(files.path("site.key")))) {
      key.close();
      key.close();
      assertThatThrownBy(() -> key.sign(SignatureScheme.ECDSA_SECP256R1_SHA256, new byte[32]))
          .isInstanceOfAny(IllegalStateException.class, KtlsException.class);
    }
  }

  @Test
  void whatWasReadFromAFileIsWiped() throws Exception {
    TestFiles files = new TestFiles(folder);
    files.certificate("site", "ec:P-256", "");
    byte[] der;
    try (PemFile pem = PemFile.read(files.path("site.key"), PemFile.LENGTH_MAX)) {
      der = pem.blocks().getFirst().der();
      assertThat(der).isNotEqualTo(new byte[der.length]);
    }
    assertThat(der).isEqualTo(new byte[der.length]);
  }
}
