package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.Keyring;
import org.bouncycastle.tls.AlertDescription;
import org.jspecify.annotations.Nullable;

/// Chooses the certificate of a server: the one that the request names, else the one for the server
/// name that the client can verify.
final class CertificateSelection {
  private final HandshakeRequest request;
  private final Keyring keyring;

  CertificateSelection(HandshakeRequest request, Keyring keyring) {
    this.request = request;
    this.keyring = keyring;
  }

  /// @param serverName the name asked for; null for none
  /// @param offer what the client can do
  /// @throws Refusal when there is none, or when the client can verify none
  ServerSelection select(@Nullable String serverName, ClientOffer offer) throws Refusal {
    ServerSelection selected = offer.selection(certificate(serverName, offer));
    if (selected == null) {
      throw new Refusal(
          AlertDescription.handshake_failure,
          FailureReason.NO_SHARED_SIGNATURE_SCHEME,
          "client can verify no certificate of keyring " + keyring.name() + " for this name");
    }
    return selected;
  }

  private CertifiedKey certificate(@Nullable String serverName, ClientOffer offer) throws Refusal {
    if (!request.myCert().isNone()) {
      return requested();
    }
    if (request.policy().strictSni()) {
      refuseUnknown(serverName);
    }
    return keyring
        .select(serverName, key -> offer.selection(key) != null)
        .or(() -> keyring.certificates().stream().findFirst())
        .orElseThrow(() -> missing("keyring " + keyring.name() + " holds no certificate"));
  }

  /// RFC 6066 §3: a server may refuse a name that it does not serve.
  private void refuseUnknown(@Nullable String serverName) throws Refusal {
    if (serverName == null || !keyring.names(serverName)) {
      throw new Refusal(
          AlertDescription.unrecognized_name,
          FailureReason.UNKNOWN_SERVER_NAME,
          serverName == null
              ? "client asks for no server name, and strict-sni demands one"
              : "no certificate of keyring " + keyring.name() + " is for " + serverName);
    }
  }

  /// The certificate that the request names.
  CertifiedKey requested() throws Refusal {
    CertifiedKey key =
        keyring
            .certificate(request.myCert())
            .orElseThrow(() ->
                missing("keyring " + keyring.name() + " holds no certificate " + request.myCert()));
    if (!key.privateKey().equals(request.myPrivkey())) {
      throw new Refusal(
          AlertDescription.internal_error,
          FailureReason.KEY_MISMATCH,
          "private key "
              + request.myPrivkey()
              + " does not belong to certificate "
              + request.myCert());
    }
    return key;
  }

  private static Refusal missing(String detail) {
    return new Refusal(AlertDescription.internal_error, FailureReason.NO_CERTIFICATE, detail);
  }
}
