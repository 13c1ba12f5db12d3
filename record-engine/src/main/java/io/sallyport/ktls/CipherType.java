package io.sallyport.ktls;

import java.util.Arrays;
import java.util.Optional;

/// The ciphers of `linux/tls.h`, with the sizes their keys have there.
///
/// All have a 16-byte tag and an 8-byte record sequence number. `ivLength + saltLength` is always
/// 12, the nonce of the AEAD.
public enum CipherType {
  /// AES-128 in Galois/Counter Mode (RFC 5288, RFC 9846 §B.4).
  AES_GCM_128(51, "aes-gcm-128", 16, 8, 4, 8),
  /// AES-256 in Galois/Counter Mode.
  AES_GCM_256(52, "aes-gcm-256", 32, 8, 4, 8),
  /// AES-128 in Counter with CBC-MAC Mode (RFC 6655, RFC 9846 §B.4).
  AES_CCM_128(53, "aes-ccm-128", 16, 8, 4, 8),
  /// ChaCha20-Poly1305 (RFC 7905, RFC 9846 §B.4).
  CHACHA20_POLY1305(54, "chacha20-poly1305", 32, 12, 0, 0),
  /// SM4 in Galois/Counter Mode (RFC 8998).
  SM4_GCM(55, "sm4-gcm", 16, 8, 4, 8),
  /// SM4 in Counter with CBC-MAC Mode (RFC 8998).
  SM4_CCM(56, "sm4-ccm", 16, 8, 4, 8),
  /// ARIA-128 in Galois/Counter Mode (RFC 6209): TLS 1.2 only.
  ARIA_GCM_128(57, "aria-gcm-128", 16, 8, 4, 8),
  /// ARIA-256 in Galois/Counter Mode: TLS 1.2 only.
  ARIA_GCM_256(58, "aria-gcm-256", 32, 8, 4, 8);

  /// Length of the authentication tag in bytes, for every cipher.
  public static final int TAG_LENGTH = 16;

  private final int number;
  private final String displayName;
  private final int keyLength;
  private final int ivLength;
  private final int saltLength;
  private final int explicitNonceLength;

  CipherType(
      int number,
      String displayName,
      int keyLength,
      int ivLength,
      int saltLength,
      int explicitNonceLength) {
    this.number = number;
    this.displayName = displayName;
    this.keyLength = keyLength;
    this.ivLength = ivLength;
    this.saltLength = saltLength;
    this.explicitNonceLength = explicitNonceLength;
  }

  /// The cipher with this number in `linux/tls.h`; empty when there is none.
  public static Optional<CipherType> ofNumber(int number) {
    return Arrays.stream(values()).filter(cipher -> cipher.number == number).findFirst();
  }

  /// The number of this cipher in `linux/tls.h`.
  public int number() {
    return number;
  }

  /// The name that `ss` prints.
  public String displayName() {
    return displayName;
  }

  /// Whether a socket can be set to this cipher with this version: TLS 1.3 has no suite with ARIA,
  /// and the kernel refuses it.
  public boolean supports(TlsVersion version) {
    return switch (this) {
      case ARIA_GCM_128, ARIA_GCM_256 -> version == TlsVersion.TLS_1_2;
      case AES_GCM_128, AES_GCM_256, AES_CCM_128, CHACHA20_POLY1305, SM4_GCM, SM4_CCM -> true;
    };
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

  /// Bytes of nonce that each record carries on the wire: only in TLS 1.2, and not for ChaCha20.
  public int explicitNonceLength(TlsVersion version) {
    return switch (version) {
      case TLS_1_2 -> explicitNonceLength;
      case TLS_1_3 -> 0;
    };
  }
}
