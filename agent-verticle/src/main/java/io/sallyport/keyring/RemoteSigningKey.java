package io.sallyport.keyring;

/// A private key that another member holds. Nothing of it is here.
public final class RemoteSigningKey implements SigningKey {
  /// The way to whoever holds the key.
  public interface Holder {
    /// Has `content` signed: what a CertificateVerify or a ServerKeyExchange is signed over, whole
    /// and not its digest, so that the holder sees that it signs a handshake and nothing else.
    ///
    /// Waits for the answer: to be called on a thread that may.
    ///
    /// @throws KeyElsewhereException when there is no signature
    byte[] sign(SignatureScheme scheme, byte[] content, KeyPurpose purpose)
        throws KeyElsewhereException;
  }

  private final KeyType type;
  private final Holder holder;

  public RemoteSigningKey(KeyType type, Holder holder) {
    this.type = type;
    this.holder = holder;
  }

  @Override
  public KeyType type() {
    return type;
  }

  /// As [Holder#sign].
  public byte[] sign(SignatureScheme scheme, byte[] content, KeyPurpose purpose)
      throws KeyElsewhereException {
    return holder.sign(scheme, content, purpose);
  }

  @Override
  public void close() {}
}
