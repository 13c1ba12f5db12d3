package io.sallyport.keyring;

import java.io.IOException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What a member must know of a keyring to do handshakes with keys that another member holds:
/// everything in it that is public. No private key, no pre-shared key, no ticket key.
///
/// @param name of the keyring
/// @param certificates the default first
/// @param clientTrust whom to believe as a client; null: nobody
/// @param serverTrust whom to believe as a server; null: nobody
public record KeyringView(
    String name,
    List<CertificateView> certificates,
    @Nullable TrustSet clientTrust,
    @Nullable TrustSet serverTrust) {
  /// A certificate whose private key is elsewhere.
  ///
  /// @param certificate its serial
  /// @param privateKey the serial of its private key
  /// @param type the kind of that key
  /// @param chain the certificate, then its issuers in order
  /// @param ocsp a response to staple, in DER; empty without one
  public record CertificateView(
      KeySerial certificate,
      KeySerial privateKey,
      KeyType type,
      List<X509Certificate> chain,
      List<byte[]> ocsp) {
    public CertificateView {
      if (chain.isEmpty() || ocsp.size() > 1) {
        throw new IllegalArgumentException("found a certificate without a chain, or two responses");
      }
      chain = List.copyOf(chain);
      ocsp = List.copyOf(ocsp);
    }

    /// SHA-256 of the certificate in DER, as 64 hexadecimal digits in lower case.
    public String sha256() {
      return PeerIdentity.sha256(chain.getFirst());
    }
  }

  public KeyringView {
    certificates = List.copyOf(certificates);
  }

  /// The public part of a keyring.
  public static KeyringView of(Keyring keyring) {
    return new KeyringView(
        keyring.name(),
        keyring.certificates().stream().map(KeyringView::view).toList(),
        keyring.clientTrust().orElse(null),
        keyring.serverTrust().orElse(null));
  }

  private static CertificateView view(CertifiedKey key) {
    return new CertificateView(
        key.certificate(),
        key.privateKey(),
        key.signingKey().type(),
        key.chain(),
        key.ocsp().map(OcspResponse::der).map(List::of).orElse(List.of()));
  }

  /// A keyring that has its private keys used by whoever holds them. The caller has its first
  /// reference.
  ///
  /// @param holders the way to the holder of a certificate's private key
  /// @throws IllegalArgumentException when a certificate cannot be parsed further, which one that a
  ///   member has loaded can
  public Keyring keyring(Function<CertificateView, RemoteSigningKey.Holder> holders) {
    List<CertifiedKey> keys = new ArrayList<>();
    for (CertificateView view : certificates) {
      keys.add(
          new CertifiedKey(
              view.certificate(),
              view.privateKey(),
              view.chain(),
              names(view.chain().getFirst()),
              new RemoteSigningKey(view.type(), holders.apply(view)),
              ocsp(view).orElse(null)));
    }
    return new Keyring(name, new KeyringContents(keys, clientTrust, serverTrust, List.of()));
  }

  private static CertificateNames names(X509Certificate certificate) {
    try {
      return CertificateNames.of(certificate);
    } catch (CertificateParsingException e) {
      throw new IllegalArgumentException("found a broken subjectAltName", e);
    }
  }

  /// A response that cannot be read here is not stapled.
  private static Optional<OcspResponse> ocsp(CertificateView view) {
    try {
      return view.ocsp().isEmpty()
          ? Optional.empty()
          : Optional.of(OcspFile.response(view.ocsp().getFirst(), view.chain()));
    } catch (IOException _) {
      return Optional.empty();
    }
  }
}
