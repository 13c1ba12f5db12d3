package io.sallyport.keyring;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.FilePath;
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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Reads certificates with their private keys, from PEM files or from PKCS#12. For one call of
/// [KeyringFiles].
final class CertificateFiles {
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

  private static final String PKCS12_FORM =
      "a PKCS#12 file with one private key, ECDSA P-256, ECDSA P-384, or RSA of at least "
          + RSA_BITS_MIN
          + " bits, and its certificate chain";
  private static final String PASSWORD_FORM = "a file with the password of the PKCS#12 file";

  /// Where a chain and a key come from, for what may be wrong with them.
  ///
  /// @param stranger a key that does not belong to the chain, as a noun phrase
  private record Source(
      FilePath chain, String chainForm, FilePath key, String keyForm, String stranger) {}

  private final Findings findings;

  CertificateFiles(Findings findings) {
    this.findings = findings;
  }

  /// The caller closes it; empty when an error was reported.
  Optional<KeyMaterial> read(CertificateConfig config) {
    Source source =
        new Source(
            config.chain(),
            CHAIN_FORM,
            config.key(),
            KEY_FORM,
            "a private key that does not belong to the first certificate of "
                + config.chain().path());
    List<X509Certificate> chain = readChain(source);
    Optional<EncodedPrivateKey> key = readKey(config.key());
    Optional<OcspResponse> ocsp = readOcsp(config.stapling(), chain);
    if (key.isEmpty() || chain.isEmpty()) {
      key.ifPresent(EncodedPrivateKey::close);
      return Optional.empty();
    }
    if (isPair(chain, key.get(), source)) {
      return Optional.of(new KeyMaterial.Certificate(chain, key.get(), ocsp.orElse(null)));
    }
    key.get().close();
    return Optional.empty();
  }

  /// The caller closes it; empty when an error was reported.
  Optional<KeyMaterial> readPkcs12(FilePath file, FilePath passwordFile) {
    char[] password;
    try {
      password = Pkcs12File.password(passwordFile.path());
    } catch (IOException e) {
      findings.reject(passwordFile, Findings.noun(e), PASSWORD_FORM);
      return Optional.empty();
    }
    try {
      return checkedPkcs12(file, Pkcs12File.read(file.path(), password));
    } catch (IOException e) {
      findings.reject(file, Findings.noun(e), PKCS12_FORM);
      return Optional.empty();
    } finally {
      Arrays.fill(password, '\0');
    }
  }

  private Optional<KeyMaterial> checkedPkcs12(FilePath file, KeyMaterial.Certificate read) {
    Source source =
        new Source(
            file,
            PKCS12_FORM,
            file,
            PKCS12_FORM,
            "a private key that does not belong to its certificate");
    if (isUsable(read.chain(), source) && isPair(read.chain(), read.privateKey(), source)) {
      return Optional.of(read);
    }
    read.close();
    return Optional.empty();
  }

  private boolean isPair(List<X509Certificate> chain, EncodedPrivateKey encoded, Source source) {
    try (LocalSigningKey key = encoded.signingKey()) {
      if (!belongTogether(chain.getFirst(), key)) {
        findings.reject(source.key(), source.stranger(), "the private key of that certificate");
        return false;
      }
      CertificateNames.of(chain.getFirst());
      return true;
    } catch (InvalidKeyException e) {
      findings.reject(source.key(), String.valueOf(e.getMessage()), source.keyForm());
      return false;
    } catch (CertificateParsingException _) {
      findings.reject(
          source.chain(), "a certificate with a broken subjectAltName", source.chainForm());
      return false;
    }
  }

  /// Without a chain there is nothing to compare the response with.
  private Optional<OcspResponse> readOcsp(StaplingConfig config, List<X509Certificate> chain) {
    return switch (config) {
      case StaplingConfig.Staple(FilePath file) when !chain.isEmpty() ->
          OcspFile.read(file, chain, findings);
      case StaplingConfig.Staple _, StaplingConfig.Off _ -> Optional.empty();
    };
  }

  private List<X509Certificate> readChain(Source source) {
    FilePath file = source.chain();
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
    return isUsable(chain, source) ? chain : List.of();
  }

  private boolean isUsable(List<X509Certificate> chain, Source source) {
    FilePath file = source.chain();
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
            source.chainForm());
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

  private Optional<EncodedPrivateKey> readKey(FilePath file) {
    try {
      EncodedPrivateKey encoded = PrivateKeyFile.read(file.path());
      try {
        // A key that is of no use is reported even where no chain can be read beside it.
        encoded.signingKey().close();
        return Optional.of(encoded);
      } catch (InvalidKeyException e) {
        encoded.close();
        throw e;
      }
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
