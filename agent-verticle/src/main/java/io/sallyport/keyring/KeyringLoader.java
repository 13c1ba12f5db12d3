package io.sallyport.keyring;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.ConfigError;
import io.sallyport.config.FilePath;
import io.sallyport.config.KeyringConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Makes a [Keyring] of the files that a config names, or finds all that is wrong with them.
///
/// Blocks on the file system, so it does not belong on an event loop. Each error stands at the
/// place where the config names the file. For one call of [#load].
public final class KeyringLoader {
  /// What loading comes to.
  public sealed interface Result {}

  /// The keyring can be used.
  ///
  /// @param keyring with a reference for the caller
  /// @param warnings what an operator should know: certificates outside their validity
  public record Loaded(Keyring keyring, List<ConfigError> warnings) implements Result {
    public Loaded {
      warnings = List.copyOf(warnings);
    }
  }

  /// The files are wrong.
  ///
  /// @param errors all of them, at least one, in the order of the config
  public record Rejected(List<ConfigError> errors) implements Result {
    public Rejected {
      errors = List.copyOf(errors);
    }
  }

  private static final int RSA_BITS_MIN = 2048;
  private static final String CHAIN_FORM =
      "a PEM file with the server's certificate first, then its issuers in order";
  private static final String KEY_FORM =
      "a PEM file with an unencrypted private key: ECDSA P-256, ECDSA P-384, or RSA of at least "
          + RSA_BITS_MIN
          + " bits";

  private static final String CERTIFICATE_KEY_FORM =
      "one for a key that is ECDSA P-256, ECDSA P-384, or RSA of at least "
          + RSA_BITS_MIN
          + " bits";

  /// Signed to see whether a private key belongs to a certificate.
  private static final byte[] PROBE = {'p', 'r', 'o', 'b', 'e'};

  private final KeyringStore store;
  private final List<ConfigError> errors = new ArrayList<>();
  private final List<ConfigError> warnings = new ArrayList<>();

  private KeyringLoader(KeyringStore store) {
    this.store = store;
  }

  /// Reads every file of `config`. Does not put the keyring into `store`, which issues its serials.
  public static Result load(KeyringConfig config, KeyringStore store) {
    KeyringLoader loader = new KeyringLoader(store);
    List<CertifiedKey> keys = new ArrayList<>();
    for (CertificateConfig certificate : config.certificates()) {
      loader.read(certificate).ifPresent(keys::add);
    }
    if (!loader.errors.isEmpty()) {
      keys.forEach(key -> key.signingKey().close());
      return new Rejected(loader.errors);
    }
    return new Loaded(new Keyring(config.name(), keys), loader.warnings);
  }

  private Optional<CertifiedKey> read(CertificateConfig config) {
    List<X509Certificate> chain = readChain(config.chain());
    Optional<SigningKey> key = readKey(config.key());
    if (key.isEmpty() || chain.isEmpty()) {
      key.ifPresent(SigningKey::close);
      return Optional.empty();
    }
    try {
      if (belongTogether(chain.getFirst(), key.get())) {
        return Optional.of(
            new CertifiedKey(
                store.nextSerial(),
                store.nextSerial(),
                chain,
                CertificateNames.of(chain.getFirst()),
                key.get()));
      }
      reject(
          config.key(),
          "a private key that does not belong to the first certificate of " + config.chain().path(),
          "the private key of that certificate");
    } catch (CertificateParsingException _) {
      reject(config.chain(), "a certificate with a broken subjectAltName", CHAIN_FORM);
    }
    key.get().close();
    return Optional.empty();
  }

  private List<X509Certificate> readChain(FilePath file) {
    List<X509Certificate> chain = new ArrayList<>();
    try (PemFile pem = PemFile.read(file.path())) {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (PemFile.Block block : pem.blocks()) {
        if (block.label().equals("CERTIFICATE")) {
          chain.add(
              (X509Certificate)
                  factory.generateCertificate(new ByteArrayInputStream(block.der().clone())));
        }
      }
    } catch (IOException e) {
      reject(file, noun(e), CHAIN_FORM);
      return List.of();
    } catch (CertificateException _) {
      reject(file, "a certificate that cannot be read", CHAIN_FORM);
      return List.of();
    }
    if (chain.isEmpty()) {
      reject(file, "no certificate", CHAIN_FORM);
      return List.of();
    }
    return isUsable(chain, file) ? chain : List.of();
  }

  private boolean isUsable(List<X509Certificate> chain, FilePath file) {
    Optional<String> unsupported = unsupportedKey(chain.getFirst().getPublicKey());
    if (unsupported.isPresent()) {
      reject(file, "a certificate for " + unsupported.get(), CERTIFICATE_KEY_FORM);
      return false;
    }
    for (int i = 1; i < chain.size(); i++) {
      if (!issued(chain.get(i), chain.get(i - 1))) {
        reject(
            file,
            "a chain out of order: certificate " + (i + 1) + " did not issue the one before it",
            CHAIN_FORM);
        return false;
      }
    }
    for (int i = 0; i < chain.size(); i++) {
      warnOfValidity(chain.get(i), i + 1, file);
    }
    return true;
  }

  private static boolean issued(X509Certificate issuer, X509Certificate subject) {
    if (!subject.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
      return false;
    }
    try {
      subject.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  private void warnOfValidity(X509Certificate certificate, int number, FilePath file) {
    try {
      certificate.checkValidity();
    } catch (CertificateExpiredException _) {
      warnings.add(
          error(
              file,
              "certificate " + number + " expired at " + certificate.getNotAfter().toInstant(),
              "one that is valid now"));
    } catch (CertificateNotYetValidException _) {
      warnings.add(
          error(
              file,
              "certificate "
                  + number
                  + " not valid before "
                  + certificate.getNotBefore().toInstant(),
              "one that is valid now"));
    }
  }

  /// What is wrong with a public key; empty when its kind is accepted.
  private static Optional<String> unsupportedKey(PublicKey key) {
    return switch (key) {
      case RSAPublicKey rsa when rsa.getModulus().bitLength() < RSA_BITS_MIN ->
          Optional.of("an RSA key of " + rsa.getModulus().bitLength() + " bits");
      // RSASSA-PSS keys have the same Java type and other rules.
      case RSAPublicKey rsa when rsa.getAlgorithm().equals("RSA") -> Optional.empty();
      case ECPublicKey ec when isCurve(ec) -> Optional.empty();
      case ECPublicKey ec -> Optional.of("an EC key on another curve: " + ec.getParams());
      default -> Optional.of("a key of type " + key.getAlgorithm());
    };
  }

  private static boolean isCurve(ECPublicKey key) {
    int bits = key.getParams().getCurve().getField().getFieldSize();
    String text = key.getParams().toString();
    return (bits == 256 && text.contains("secp256r1"))
        || (bits == 384 && text.contains("secp384r1"));
  }

  private Optional<SigningKey> readKey(FilePath file) {
    try {
      return Optional.of(PrivateKeyFile.read(file.path()));
    } catch (IOException e) {
      reject(file, noun(e), KEY_FORM);
    } catch (InvalidKeyException e) {
      reject(file, String.valueOf(e.getMessage()), KEY_FORM);
    }
    return Optional.empty();
  }

  private static boolean belongTogether(X509Certificate certificate, SigningKey key) {
    SignatureScheme scheme =
        switch (key.type()) {
          case ECDSA_P256, ECDSA_P384 -> SignatureScheme.ECDSA_SECP256R1_SHA256;
          case RSA -> SignatureScheme.RSA_PKCS1_SHA256;
        };
    try {
      byte[] digest = MessageDigest.getInstance(scheme.hash().jdkName()).digest(PROBE);
      Signature verifier =
          Signature.getInstance(key.type().isEcdsa() ? "SHA256withECDSA" : "SHA256withRSA");
      verifier.initVerify(certificate.getPublicKey());
      verifier.update(PROBE);
      return verifier.verify(key.sign(scheme, digest));
    } catch (InvalidKeyException | SignatureException | IllegalStateException _) {
      // The last one: libcrypto cannot sign with a damaged key.
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }

  private void reject(FilePath file, String found, String expected) {
    errors.add(error(file, found, expected));
  }

  private static ConfigError error(FilePath file, String found, String expected) {
    return new ConfigError(file.position(), found + " in " + file.path(), expected);
  }

  private static String noun(IOException e) {
    String message = e.getMessage();
    return message == null ? "a file that cannot be read" : message;
  }
}
