package io.sallyport.keyring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelfSignedCertificateTest {
  @TempDir private Path folder;

  private Path chain() {
    return folder.resolve("new/self.pem");
  }

  private Path key() {
    return folder.resolve("new/self.key");
  }

  @Test
  void isGoodForAKeyringAndForThisMachineOnly() throws Exception {
    assertThat(SelfSignedCertificate.writeIfMissing(chain(), key())).isTrue();
    try (LocalKeyringStore store = new LocalKeyringStore()) {
      Keyring keyring = new TestFiles(folder.resolve("new")).keyring(store, "quickstart", "self");
      CertifiedKey certified = keyring.certificates().getFirst();
      assertThat(certified.signingKey().type()).isEqualTo(KeyType.ECDSA_P256);
      X509Certificate certificate = certified.chain().getFirst();
      certificate.checkValidity();
      certificate.verify(certificate.getPublicKey());
      assertThat(
              Duration.between(
                  certificate.getNotBefore().toInstant(), certificate.getNotAfter().toInstant()))
          .isLessThanOrEqualTo(Duration.ofDays(397));
      assertThat(certificate.getBasicConstraints()).as("CA").isEqualTo(-1);
      assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
      assertThat(certificate.getSubjectAlternativeNames())
          .containsExactlyInAnyOrder(
              List.of(2, "localhost"), List.of(7, "127.0.0.1"), List.of(7, "0:0:0:0:0:0:0:1"));
      keyring.release();
    }
  }

  @Test
  void theKeyIsForItsOwnerOnly() throws IOException {
    SelfSignedCertificate.writeIfMissing(chain(), key());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key())))
        .isEqualTo("rw-------");
    try (var files = Files.list(folder.resolve("new"))) {
      assertThat(files).containsExactlyInAnyOrder(chain(), key());
    }
  }

  @Test
  void filesThatAreThereAreKept() throws IOException {
    SelfSignedCertificate.writeIfMissing(chain(), key());
    byte[] before = Files.readAllBytes(chain());
    assertThat(SelfSignedCertificate.writeIfMissing(chain(), key())).isFalse();
    assertThat(Files.readAllBytes(chain())).isEqualTo(before);
  }

  @Test
  void halfAPairIsLeftAlone() throws IOException {
    SelfSignedCertificate.writeIfMissing(chain(), key());
    Files.delete(chain());
    assertThatThrownBy(() -> SelfSignedCertificate.writeIfMissing(chain(), key()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(key().toString());
    assertThat(chain()).doesNotExist();
  }
}
