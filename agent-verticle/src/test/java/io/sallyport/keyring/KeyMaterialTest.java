package io.sallyport.keyring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.ConfigError;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.PskConfig;
import io.sallyport.config.StaplingConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.Seeds;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// What files become, what bytes that becomes, and back.
@ExtendWith(LeakCheck.class)
class KeyMaterialTest {
  private static final String HEX = "0102030405060708090a0b0c0d0e0f10";

  @TempDir private static Path folder;

  @SuppressWarnings("NullAway.Init")
  private static TestFiles files;

  @BeforeAll
  static void makeFiles() {
    files = new TestFiles(folder);
    files.certificate("ca", "ec:P-256", "");
    files.issued("ca", "leaf", "DNS:leaf.example");
    files.crl("ca", 3600);
    files.ocsp("ca", "leaf", "V", "-ndays", "1");
    files.write("chain.pem", files.read("leaf.pem") + files.read("ca.pem"));
    files.certificate("rsa", "rsa:2048", "DNS:rsa.example");
    files.openssl("pkey", "-traditional", "-in", "rsa.key", "-out", "rsa-old.key");
    files.write("psk", HEX);
  }

  private static KeyringConfig config() {
    return new KeyringConfig(
        "web",
        List.of(
            // SEC 1 and a stapled response, then PKCS#1, then PKCS#8.
            new CertificateConfig(
                files.named("chain.pem"),
                files.named("leaf.key"),
                new StaplingConfig.Staple(files.named("leaf.ocsp"))),
            new CertificateConfig(
                files.named("rsa.pem"), files.named("rsa-old.key"), new StaplingConfig.Off()),
            new CertificateConfig(
                files.named("rsa.pem"), files.named("rsa.key"), new StaplingConfig.Off())),
        new TrustConfig.Anchors(files.named("ca.pem"), List.of(files.named("ca.crl"))),
        new TrustConfig.Anchors(files.named("ca.pem"), List.of()),
        List.of(new PskConfig("device-1", files.named("psk"))));
  }

  private static List<KeyMaterial> read(KeyringFiles.Result result) {
    return switch (result) {
      case KeyringFiles.Read read -> read.material();
      case KeyringFiles.Rejected rejected -> throw new AssertionError(rejected.toString());
    };
  }

  private static byte[] form(KeyMaterial material) {
    try (SecretBytes form = KeyMaterialForm.write(material)) {
      byte[] bytes = new byte[form.length()];
      form.reveal().getBytes(0, bytes);
      return bytes;
    }
  }

  private static Optional<KeyMaterial> material(byte[] bytes) {
    try (SecretBytes form = SecretBytes.wiping(bytes.clone())) {
      return KeyMaterialForm.read(form);
    }
  }

  @Test
  void keyringOfStoredFormsDoesWhatTheOneOfFilesDoes() throws Exception {
    List<KeyringEntry> entries = new ArrayList<>();
    for (KeyMaterial original : read(KeyringFiles.read(config()))) {
      try (original) {
        KeyMaterial copy = material(form(original)).orElseThrow();
        assertThat(form(copy)).isEqualTo(form(original));
        assertThat(copy.type()).isEqualTo(original.type());
        assertThat(copy.label()).isEqualTo(original.label());
        int serial = 2 * entries.size() + 1;
        entries.add(
            new KeyringEntry(
                new KeySerial(serial),
                copy instanceof KeyMaterial.Certificate
                    ? new KeySerial(serial + 1)
                    : KeySerial.NONE,
                copy));
      }
    }
    Keyring keyring = Keyring.of("web", entries);
    assertThat(keyring.certificates())
        .extracting(key -> key.certificate().number(), key -> key.privateKey().number())
        .containsExactly(tuple(1, 2), tuple(3, 4), tuple(5, 6));
    assertThat(keyring.certificates().getFirst().ocsp()).isPresent();
    assertThat(keyring.certificates().getFirst().chain()).hasSize(2);
    for (CertifiedKey key : keyring.certificates()) {
      SignatureScheme scheme =
          key.signingKey().type().isEcdsa()
              ? SignatureScheme.ECDSA_SECP256R1_SHA256
              : SignatureScheme.RSA_PSS_RSAE_SHA256;
      assertThat(((LocalSigningKey) key.signingKey()).sign(scheme, new byte[32])).isNotEmpty();
    }
    assertThat(keyring.psk(new KeySerial(7)).orElseThrow().identity()).isEqualTo("device-1");
    assertThat(keyring.clientTrust().orElseThrow().crls()).hasSize(1);
    assertThat(keyring.serverTrust().orElseThrow().serial()).isEqualTo(new KeySerial(11));
    keyring.release();
  }

  @Test
  void labelsAreWhatPeopleCallIt() {
    List<KeyMaterial> material = read(KeyringFiles.read(config()));
    assertThat(material)
        .extracting(KeyMaterial::label)
        .containsExactly(
            "CN=leaf", "CN=rsa.example", "CN=rsa.example", "device-1", "client-ca", "server-ca");
    material.forEach(KeyMaterial::close);
    KeyMaterial.PreShared longest = new KeyMaterial.PreShared("\ud83d\udd11".repeat(200), secret());
    assertThat(longest.label()).isEqualTo("\ud83d\udd11".repeat(128));
    longest.close();
  }

  private static SecretBytes secret() {
    return SecretBytes.wiping(new byte[16]);
  }

  @Test
  void everyTruncationIsMalformedAsFarAsALengthTells() {
    for (KeyMaterial material : read(KeyringFiles.read(config()))) {
      try (material) {
        byte[] form = form(material);
        // What is left of a secret is for whoever uses it to refuse.
        int head =
            switch (material) {
              case KeyMaterial.Certificate certificate ->
                  form.length - certificate.privateKey().der().length();
              case KeyMaterial.PreShared _ -> form.length;
              case KeyMaterial.Trust _ -> form.length;
            };
        for (int length = 0; length < head; length++) {
          assertThat(material(Arrays.copyOf(form, length))).as("%d bytes", length).isEmpty();
        }
        if (material instanceof KeyMaterial.Trust) {
          assertThat(material(Arrays.copyOf(form, form.length + 1))).isEmpty();
        }
      }
    }
  }

  @Test
  void keyThatWasCutMakesNoKeyring() {
    List<KeyMaterial> material = read(KeyringFiles.read(config()));
    byte[] form = form(material.getFirst());
    material.forEach(KeyMaterial::close);
    KeyMaterial cut = material(Arrays.copyOf(form, form.length - 3)).orElseThrow();
    KeyMaterial psk = new KeyMaterial.PreShared("a", secret());
    List<KeyringEntry> entries =
        List.of(
            new KeyringEntry(new KeySerial(3), KeySerial.NONE, psk),
            new KeyringEntry(new KeySerial(1), new KeySerial(2), cut));
    assertThatThrownBy(() -> Keyring.of("web", entries)).isInstanceOf(InvalidKeyException.class);
    // Nothing is left behind, which LeakCheck sees as well.
    assertThatThrownBy(((KeyMaterial.PreShared) psk).secret()::length)
        .isInstanceOf(KtlsException.class);
  }

  @Test
  void whateverComesIsReadWithoutAnException() {
    List<byte[]> forms = new ArrayList<>();
    for (KeyMaterial material : read(KeyringFiles.read(config()))) {
      try (material) {
        forms.add(form(material));
      }
    }
    Seeds.forEach(
        1500,
        random -> {
          byte[] changed = forms.get(random.nextInt(forms.size())).clone();
          for (int i = random.nextInt(3); i >= 0; i--) {
            changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
          }
          material(changed)
              .ifPresent(material -> {
                try (material) {
                  assertThat(form(material)).isEqualTo(changed);
                }
              });
        });
  }

  @Test
  void preSharedSecretsHaveTheLengthsThatFilesMayHave() {
    for (int length : new int[] {0, 15, 65}) {
      try (KeyMaterial material =
          new KeyMaterial.PreShared("a", SecretBytes.wiping(new byte[length]))) {
        assertThat(material(form(material))).isEmpty();
      }
    }
  }

  @Test
  void moreThanAFormHoldsIsRefused() {
    List<KeyMaterial> material = read(KeyringFiles.read(config()));
    KeyMaterial.Trust trust = (KeyMaterial.Trust) material.getLast();
    KeyMaterial.Trust large =
        new KeyMaterial.Trust(
            KeyMaterial.Type.SERVER_TRUST,
            Collections.nCopies(60_000, trust.anchors().getFirst()),
            List.of());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyMaterialForm.write(large))
        .withMessageContaining("expected at most 16 MiB");
    material.forEach(KeyMaterial::close);
  }

  private static KeyringFiles.Result pkcs12(String file, String password) {
    files.write("password", password + "\nnot this line\n");
    return KeyringFiles.readPkcs12(files.named(file), files.named("password"));
  }

  private static String error(KeyringFiles.Result result) {
    assertThat(result).isInstanceOf(KeyringFiles.Rejected.class);
    List<ConfigError> errors = ((KeyringFiles.Rejected) result).errors();
    assertThat(errors).hasSize(1);
    assertThat(errors.getFirst().message()).doesNotContain("s3cret");
    return errors.getFirst().found().replace(" in " + folder + "/", " in ");
  }

  private static void export(String out, String... arguments) {
    List<String> command = new ArrayList<>(List.of("pkcs12", "-export", "-out", out));
    command.addAll(List.of("-passout", "pass:s3cret\u00e9"));
    command.addAll(List.of(arguments));
    files.openssl(command.toArray(String[]::new));
  }

  @Test
  void pkcs12HasAChainAndItsKey() {
    export("leaf.p12", "-in", "leaf.pem", "-inkey", "leaf.key", "-certfile", "ca.pem");
    List<KeyMaterial> material = read(pkcs12("leaf.p12", "s3cret\u00e9"));
    assertThat(material).hasSize(1);
    KeyMaterial.Certificate certificate = (KeyMaterial.Certificate) material.getFirst();
    assertThat(certificate.chain()).hasSize(2);
    assertThat(certificate.label()).isEqualTo("CN=leaf");
    assertThat(
            material(form(certificate))
                .map(copy -> {
                  try (copy) {
                    return copy.type();
                  }
                }))
        .contains(KeyMaterial.Type.CERTIFICATE);
    certificate.close();
  }

  @Test
  void pkcs12ThatIsNoneIsAnError() {
    export("leaf.p12", "-in", "leaf.pem", "-inkey", "leaf.key");
    export("certificate.p12", "-in", "leaf.pem", "-nokeys");
    files.certificate("p521", "ec:P-521", "");
    export("p521.p12", "-in", "p521.pem", "-inkey", "p521.key");
    assertThat(error(pkcs12("leaf.p12", "s3cret")))
        .isEqualTo("a PKCS#12 file that the password does not open in leaf.p12");
    assertThat(error(pkcs12("leaf.pem", "s3cret\u00e9")))
        .isEqualTo("no PKCS#12 file that can be read in leaf.pem");
    assertThat(error(pkcs12("certificate.p12", "s3cret\u00e9")))
        .isEqualTo("no private key in certificate.p12");
    assertThat(error(pkcs12("p521.p12", "s3cret\u00e9"))).startsWith("a certificate for an EC key");
    assertThat(error(pkcs12("leaf.p12", "x".repeat(1025))))
        .isEqualTo("a password of more than 1024 bytes in password");
    assertThat(error(pkcs12("missing.p12", "s3cret"))).contains("No such file");
    assertThat(error(KeyringFiles.readPkcs12(files.named("leaf.p12"), files.named("no-password"))))
        .contains("No such file");
  }
}
