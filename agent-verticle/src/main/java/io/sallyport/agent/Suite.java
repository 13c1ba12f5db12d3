package io.sallyport.agent;

import io.sallyport.handshake.HandshakeKind;
import io.sallyport.keyring.KeyType;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.TlsVersion;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The cipher suites that are spoken, most preferred first: those of TLS 1.3 (RFC 9846 §B.4), and
/// of TLS 1.2 the ones with forward secrecy and an AEAD (RFC 5289, RFC 7905, RFC 8442, RFC 9325
/// §4.2).
enum Suite {
  TLS_AES_128_GCM_SHA256(0x1301, Authentication.ANY, CipherType.AES_GCM_128),
  TLS_AES_256_GCM_SHA384(0x1302, Authentication.ANY, CipherType.AES_GCM_256),
  TLS_CHACHA20_POLY1305_SHA256(0x1303, Authentication.ANY, CipherType.CHACHA20_POLY1305),
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256(0xC02B, Authentication.ECDSA, CipherType.AES_GCM_128),
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384(0xC02C, Authentication.ECDSA, CipherType.AES_GCM_256),
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256(
      0xCCA9, Authentication.ECDSA, CipherType.CHACHA20_POLY1305),
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256(0xC02F, Authentication.RSA, CipherType.AES_GCM_128),
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384(0xC030, Authentication.RSA, CipherType.AES_GCM_256),
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256(
      0xCCA8, Authentication.RSA, CipherType.CHACHA20_POLY1305),
  TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256(0xD001, Authentication.PSK, CipherType.AES_GCM_128),
  TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384(0xD002, Authentication.PSK, CipherType.AES_GCM_256),
  TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256(
      0xCCAC, Authentication.PSK, CipherType.CHACHA20_POLY1305);

  /// What authenticates. TLS 1.3 leaves it to its extensions.
  private enum Authentication {
    ANY,
    ECDSA,
    RSA,
    PSK
  }

  /// All of them, in their order.
  static final List<Suite> ALL = List.of(values());

  private static final Map<Integer, Suite> BY_NUMBER =
      ALL.stream().collect(Collectors.toUnmodifiableMap(Suite::number, Function.identity()));

  private final int number;
  private final Authentication authentication;
  private final CipherType cipherType;

  Suite(int number, Authentication authentication, CipherType cipherType) {
    this.number = number;
    this.authentication = authentication;
    this.cipherType = cipherType;
  }

  /// The 16-bit number on the wire.
  int number() {
    return number;
  }

  TlsVersion version() {
    return authentication == Authentication.ANY ? TlsVersion.TLS_1_3 : TlsVersion.TLS_1_2;
  }

  CipherType cipherType() {
    return cipherType;
  }

  private boolean fits(KeyType key) {
    return switch (authentication) {
      case ANY -> true;
      case ECDSA -> key.isEcdsa();
      case RSA -> !key.isEcdsa();
      case PSK -> false;
    };
  }

  /// Whether it can be used with certificates, or else with pre-shared keys.
  boolean fits(HandshakeKind kind) {
    return authentication == Authentication.ANY
        ? !kind.isPsk() || !usesSha384()
        : (authentication == Authentication.PSK) == kind.isPsk();
  }

  /// Whether its hash is SHA-384; all others have SHA-256.
  boolean usesSha384() {
    return cipherType == CipherType.AES_GCM_256;
  }

  static Suite of(int number) {
    Suite suite = find(number);
    if (suite == null) {
      throw new IllegalArgumentException("cipher suite " + number);
    }
    return suite;
  }

  /// The suite with this number; null when none that is spoken has it.
  static @Nullable Suite find(int number) {
    return BY_NUMBER.get(number);
  }

  /// Whether a suite of this number is spoken.
  static boolean isKnown(int number) {
    return find(number) != null;
  }

  /// Chooses among what the client offers, for a certificate; null when nothing fits.
  ///
  /// The order here decides, but for a client that puts ChaCha20-Poly1305 first: it has no AES in
  /// its processor, and says so that way.
  static @Nullable Suite select(TlsVersion version, KeyType key, List<Integer> offered) {
    return select(offered, suite -> suite.version() == version && suite.fits(key));
  }

  /// Chooses among what the client offers, for a pre-shared key; null when nothing fits.
  ///
  /// In TLS 1.3 a key made for another place goes with SHA-256 (RFC 9846 §4.3.11).
  static @Nullable Suite selectForPsk(TlsVersion version, List<Integer> offered) {
    return select(
        offered, suite -> suite.version() == version && suite.fits(HandshakeKind.SERVER_HELLO_PSK));
  }

  private static @Nullable Suite select(List<Integer> offered, Predicate<Suite> fits) {
    boolean chachaFirst = beginsWithChacha(offered);
    Suite best = null;
    for (Suite suite : ALL) {
      if (fits.test(suite) && offered.contains(suite.number)) {
        if (chachaFirst && suite.cipherType == CipherType.CHACHA20_POLY1305) {
          return suite;
        }
        best = best == null ? suite : best;
      }
    }
    return best;
  }

  private static boolean beginsWithChacha(List<Integer> offered) {
    for (int number : offered) {
      Suite suite = find(number);
      if (suite != null) {
        return suite.cipherType == CipherType.CHACHA20_POLY1305;
      }
    }
    return false;
  }
}
