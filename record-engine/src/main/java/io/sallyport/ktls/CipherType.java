package io.sallyport.ktls;

/// The ciphers of `linux/tls.h` that this engine speaks, with the sizes their keys have there.
///
/// All have a 16-byte tag and an 8-byte record sequence number. `ivLength + saltLength` is always
/// 12, the nonce of the AEAD.
public enum CipherType {
  /// AES-128 in Galois/Counter Mode (RFC 5288, RFC 9846 §B.4).
  AES_GCM_128(51, 16, 8, 4, 8),
  /// AES-256 in Galois/Counter Mode.
  AES_GCM_256(52, 32, 8, 4, 8),
  /// ChaCha20-Poly1305 (RFC 7905, RFC 9846 §B.4).
  CHACHA20_POLY1305(54, 32, 12, 0, 0);

  /// Length of the authentication tag in bytes, for every cipher.
  public static final int TAG_LENGTH = 16;

  private final int number;
  private final int keyLength;
  private final int ivLength;
  private final int saltLength;
  private final int explicitNonceLength;

  CipherType(int number, int keyLength, int ivLength, int saltLength, int explicitNonceLength) {
    this.number = number;
    this.keyLength = keyLength;
    this.ivLength = ivLength;
    this.saltLength = saltLength;
    this.explicitNonceLength = explicitNonceLength;
  }

  /// The number of this cipher in `linux/tls.h`.
  public int number() {
    return number;
  }

  /// Bytes of key.
  public int keyLength() {
    return keyLength;
  }

  /// Bytes of initialization vector, without the salt.
  public int ivLength() {
    return ivLength;
  }

  /// Bytes of salt, the fixed part of the nonce.
  public int saltLength() {
    return saltLength;
  }

  /// Bytes of nonce that each record carries on the wire: only in TLS 1.2, and only for GCM.
  public int explicitNonceLength(TlsVersion version) {
    return switch (version) {
      case TLS_1_2 -> explicitNonceLength;
      case TLS_1_3 -> 0;
    };
  }
}
