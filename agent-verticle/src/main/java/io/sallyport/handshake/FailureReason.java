package io.sallyport.handshake;

import java.util.Locale;

/// Why a handshake failed: a closed list, for counters and for the operator's log. The peer learns
/// only the alert (RFC 9846 §6.2).
///
/// Each has one word per idea, which [#toString()] gives as it stands in metrics and log lines.
public enum FailureReason {
  // What came is not a handshake.

  /// The first bytes are no TLS record.
  NOT_TLS(HandshakeStatus.EACCES),
  /// The first bytes are an HTTP request in clear.
  PLAIN_HTTP(HandshakeStatus.EACCES),
  /// A record has a type that TLS does not know.
  UNKNOWN_RECORD_TYPE(HandshakeStatus.EACCES),
  /// A record is longer than TLS allows.
  RECORD_OVERFLOW(HandshakeStatus.EACCES),
  /// A record does not decrypt.
  BAD_RECORD(HandshakeStatus.EACCES),
  /// A message cannot be decoded.
  MALFORMED_MESSAGE(HandshakeStatus.EACCES),
  /// A message is longer, or the handshake is, than this side accepts.
  TOO_MUCH_DATA(HandshakeStatus.EACCES),
  /// A message came out of turn, or data stands behind one that ends its record.
  UNEXPECTED_MESSAGE(HandshakeStatus.EACCES),
  /// A field has a value that it must not have.
  ILLEGAL_PARAMETER(HandshakeStatus.EACCES),
  /// An extension is missing that the protocol demands.
  MISSING_EXTENSION(HandshakeStatus.EACCES),
  /// An extension came that was not asked for.
  UNSUPPORTED_EXTENSION(HandshakeStatus.EACCES),
  /// More early data came than is skipped.
  TOO_MUCH_EARLY_DATA(HandshakeStatus.EACCES),

  // Nothing in common.

  NO_SHARED_VERSION(HandshakeStatus.EACCES),
  NO_SHARED_CIPHER_SUITE(HandshakeStatus.EACCES),
  NO_SHARED_GROUP(HandshakeStatus.EACCES),
  /// The peer can verify no certificate of the keyring.
  NO_SHARED_SIGNATURE_SCHEME(HandshakeStatus.ENOKEY),
  NO_SHARED_APPLICATION_PROTOCOL(HandshakeStatus.EACCES),
  /// The client fell back from a version that both speak (RFC 7507), or someone made it.
  INAPPROPRIATE_FALLBACK(HandshakeStatus.EACCES),
  /// A TLS 1.2 peer does not signal RFC 5746.
  NO_SECURE_RENEGOTIATION(HandshakeStatus.EACCES),
  /// A key share is no valid point or has the wrong length.
  BAD_KEY_SHARE(HandshakeStatus.EACCES),
  /// The Finished does not fit the handshake.
  BAD_FINISHED(HandshakeStatus.EACCES),

  // This side's keys.

  /// No certificate names the host, and the listener demands one that does.
  UNKNOWN_SERVER_NAME(HandshakeStatus.EACCES),
  /// The keyring holds no certificate, or not the one asked for.
  NO_CERTIFICATE(HandshakeStatus.ENOKEY),
  /// The keyring holds no trust anchors to verify the peer with.
  NO_TRUST_ANCHORS(HandshakeStatus.ENOKEY),
  /// The keyring holds none of the pre-shared keys asked for.
  NO_PSK(HandshakeStatus.ENOKEY),
  /// The private key does not belong to the certificate.
  KEY_MISMATCH(HandshakeStatus.EINVAL),
  /// The keyring was removed while the request waited.
  KEYRING_GONE(HandshakeStatus.ENOKEY),
  /// The keyring cannot be opened.
  KEYRING_UNUSABLE(HandshakeStatus.EACCES),
  /// The keyring is in the cluster, and this member was not granted its use.
  KEYRING_NOT_GRANTED(HandshakeStatus.EACCES),
  /// No member that holds the private key answered in time.
  KEY_HOLDER_UNREACHABLE(HandshakeStatus.ETIMEDOUT),
  /// The member that holds the private key would not sign.
  KEY_HOLDER_REFUSED(HandshakeStatus.EACCES),
  /// The use of the private key could not be logged, and so it was not used.
  KEY_USE_NOT_AUDITED(HandshakeStatus.EACCES),
  /// The members that hold the private key have too much to do.
  KEY_HOLDER_BUSY(HandshakeStatus.ETIMEDOUT),

  // The peer's certificate.

  /// The peer sent none and must.
  CERTIFICATE_MISSING(HandshakeStatus.EACCES),
  /// It cannot be decoded.
  CERTIFICATE_MALFORMED(HandshakeStatus.EACCES),
  /// No path leads from it to a trust anchor.
  CERTIFICATE_UNKNOWN_CA(HandshakeStatus.EACCES),
  CERTIFICATE_EXPIRED(HandshakeStatus.EACCES),
  CERTIFICATE_NOT_YET_VALID(HandshakeStatus.EACCES),
  CERTIFICATE_REVOKED(HandshakeStatus.EACCES),
  /// There is a CRL to ask, but none that is current and of the right issuer.
  CERTIFICATE_REVOCATION_UNKNOWN(HandshakeStatus.EACCES),
  /// Its key usage or extended key usage does not allow it.
  CERTIFICATE_WRONG_USAGE(HandshakeStatus.EACCES),
  /// A name constraint, path length or basic constraint of its path forbids it.
  CERTIFICATE_CONSTRAINED(HandshakeStatus.EACCES),
  /// A signature or key of its path is too weak, or a signature is wrong.
  CERTIFICATE_BAD_SIGNATURE(HandshakeStatus.EACCES),
  /// It is for another host.
  CERTIFICATE_WRONG_HOST(HandshakeStatus.EACCES),
  /// It is trusted, but has none of the names that are let in.
  CERTIFICATE_NOT_ALLOWED(HandshakeStatus.EACCES),
  /// Its owner's signature over the handshake is wrong (CertificateVerify, ServerKeyExchange).
  BAD_HANDSHAKE_SIGNATURE(HandshakeStatus.EACCES),

  // Pre-shared keys.

  /// None of the identities that the peer offers is known.
  UNKNOWN_PSK_IDENTITY(HandshakeStatus.EKEYREJECTED),
  /// The peer's proof of knowing the key is wrong.
  BAD_PSK_BINDER(HandshakeStatus.EKEYREJECTED),

  // The peer ended it.

  /// The peer sent a fatal alert; the detail names it.
  PEER_ALERT(HandshakeStatus.EACCES),
  /// The peer does not know the pre-shared key that was offered (alert 115).
  PSK_REJECTED_BY_PEER(HandshakeStatus.EKEYREJECTED),
  /// The peer closed the connection, with a close_notify or without.
  PEER_CLOSED(HandshakeStatus.ETIMEDOUT),
  /// The connection broke.
  CONNECTION_LOST(HandshakeStatus.ETIMEDOUT),

  // This side ended it.

  /// The time ran out before the peer sent anything.
  TIMEOUT_BEFORE_HELLO(HandshakeStatus.ETIMEDOUT),
  /// The time ran out while the peer's next message was awaited.
  TIMEOUT_WAITING_FOR_PEER(HandshakeStatus.ETIMEDOUT),
  /// The time ran out while the agent worked.
  TIMEOUT_WAITING_FOR_AGENT(HandshakeStatus.ETIMEDOUT),
  /// The socket was closed without a cancel.
  SOCKET_CLOSED(HandshakeStatus.ETIMEDOUT),
  /// The agent was stopped.
  AGENT_STOPPED(HandshakeStatus.ETIMEDOUT),
  /// The agent is on another member, and that or the way to it was lost in mid-handshake.
  AGENT_LOST(HandshakeStatus.ETIMEDOUT),
  /// The member that did the handshake answered what no agent answers.
  AGENT_MISBEHAVED(HandshakeStatus.EIO),
  OUT_OF_MEMORY(HandshakeStatus.ENOMEM),
  /// The session was established, but the socket did not take its keys.
  KEYS_NOT_INSTALLED(HandshakeStatus.EIO),
  /// A defect of this side.
  INTERNAL(HandshakeStatus.EACCES);

  private final HandshakeStatus status;

  FailureReason(HandshakeStatus status) {
    this.status = status;
  }

  /// What `done` says to a program.
  public HandshakeStatus status() {
    return status;
  }

  /// In lower case, as `no_shared_group`.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
