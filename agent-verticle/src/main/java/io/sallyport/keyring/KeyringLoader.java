package io.sallyport.keyring;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.ConfigError;
import io.sallyport.config.FilePath;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.PskConfig;
import io.sallyport.config.StaplingConfig;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateException;
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
  /// @param warnings what an operator should know, in the order of the config: certificates outside
  ///   their validity, outdated CRLs and OCSP responses, anchors that are no certification
  ///   authorities
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
  private final Findings findings = new Findings();
  private final TrustFiles trust;

  private KeyringLoader(KeyringStore store) {
    this.store = store;
    this.trust = new TrustFiles(store, findings);
  }

  /// Reads every file of `config`. Does not put the keyring into `store`, which issues its serials.
  public static Result load(KeyringConfig config, KeyringStore store) {
    KeyringLoader loader = new KeyringLoader(store);
    KeyringContents contents = loader.read(config);
    if (loader.findings.hasErrors()) {
      contents.wipe();
      return new Rejected(loader.findings.errors());
    }
    return new Loaded(new Keyring(config.name(), contents), loader.findings.warnings());
  }

  /// As much as can be read; the rest has been reported.
  private KeyringContents read(KeyringConfig config) {
    List<CertifiedKey> keys = new ArrayList<>();
    for (CertificateConfig certificate : config.certificates()) {
      read(certificate).ifPresent(keys::add);
    }
    List<PreSharedKey> psks = new ArrayList<>();
    for (PskConfig psk : config.psks()) {
      PskFile.read(psk.secretFile(), findings)
          .map(secret -> new PreSharedKey(store.nextSerial(), psk.identity(), secret))
          .ifPresent(psks::add);
    }
    return new KeyringContents(
        keys,
        trust.read(config.clientTrust()).orElse(null),
        trust.read(config.serverTrust()).orElse(null),
        psks);
  }

  private Optional<CertifiedKey> read(CertificateConfig config) {
    List<X509Certificate> chain = readChain(config.chain());
    Optional<LocalSigningKey> key = readKey(config.key());
    Optional<OcspResponse> ocsp = readOcsp(config.stapling(), chain);
    if (key.isEmpty() || chain.isEmpty()) {
      key.ifPresent(LocalSigningKey::close);
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
                key.get(),
                ocsp.orElse(null)));
      }
      findings.reject(
          config.key(),
          "a private key that does not belong to the first certificate of " + config.chain().path(),
          "the private key of that certificate");
    } catch (CertificateParsingException _) {
      findings.reject(config.chain(), "a certificate with a broken subjectAltName", CHAIN_FORM);
    }
    key.get().close();
    return Optional.empty();
  }

  /// Without a chain there is nothing to compare the response with.
  private Optional<OcspResponse> readOcsp(StaplingConfig config, List<X509Certificate> chain) {
    return switch (config) {
      case StaplingConfig.Staple(FilePath file) when !chain.isEmpty() ->
          OcspFile.read(file, chain, findings);
      case StaplingConfig.Staple _, StaplingConfig.Off _ -> Optional.empty();
    };
  }

  private List<X509Certificate> readChain(FilePath file) {
    List<X509Certificate> chain;
    try (PemFile pem = PemFile.read(file.path(), PemFile.LENGTH_MAX)) {
      chain = pem.certificates();
    } catch (IOException e) {
      findings.reject(file, Findings.noun(e), CHAIN_FORM);
      return List.of();
    } catch (CertificateException _) {
      findings.reject(file, "a certificate that cannot be read", CHAIN_FORM);
      return List.of();
    }
    if (chain.isEmpty()) {
      findings.reject(file, "no certificate", CHAIN_FORM);
      return List.of();
    }
    return isUsable(chain, file) ? chain : List.of();
  }

  private boolean isUsable(List<X509Certificate> chain, FilePath file) {
    Optional<String> unsupported = unsupportedKey(chain.getFirst().getPublicKey());
    if (unsupported.isPresent()) {
      findings.reject(file, "a certificate for " + unsupported.get(), CERTIFICATE_KEY_FORM);
      return false;
    }
    for (int i = 1; i < chain.size(); i++) {
      if (!issued(chain.get(i), chain.get(i - 1))) {
        findings.reject(
            file,
            "a chain out of order: certificate " + (i + 1) + " did not issue the one before it",
            CHAIN_FORM);
        return false;
      }
    }
    for (int i = 0; i < chain.size(); i++) {
      findings.warnOfValidity(file, i + 1, chain.get(i));
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

  private Optional<LocalSigningKey> readKey(FilePath file) {
    try {
      return Optional.of(PrivateKeyFile.read(file.path()));
    } catch (IOException e) {
      findings.reject(file, Findings.noun(e), KEY_FORM);
    } catch (InvalidKeyException e) {
      findings.reject(file, String.valueOf(e.getMessage()), KEY_FORM);
    }
    return Optional.empty();
  }

  private static boolean belongTogether(X509Certificate certificate, LocalSigningKey key) {
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
}
