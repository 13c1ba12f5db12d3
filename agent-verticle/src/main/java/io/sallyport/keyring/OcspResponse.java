package io.sallyport.keyring;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a certificate's issuer says about it (RFC 6960), to be stapled to a handshake: in TLS 1.2
/// as a CertificateStatus message (RFC 6066 §8), in TLS 1.3 with the certificate (RFC 9846 §4.5.1,
/// 8446 §4.4.2.1).
///
/// Immutable; any thread may use it.
public final class OcspResponse {
  /// Bytes of a response; more is refused.
  static final int LENGTH_MAX = 1 << 16;

  /// By how much the issuer's clock may be ahead of ours.
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  private final byte[] der;
  private final Instant thisUpdate;
  private final @Nullable Instant nextUpdate;

  /// @param der the whole OCSPResponse
  /// @param nextUpdate null when the issuer promises no newer one
  OcspResponse(byte[] der, Instant thisUpdate, @Nullable Instant nextUpdate) {
    this.der = der.clone();
    this.thisUpdate = thisUpdate;
    this.nextUpdate = nextUpdate;
  }

  /// The response in DER, a copy, whether it is current or not.
  public byte[] der() {
    return der.clone();
  }

  /// From when on it holds.
  public Instant thisUpdate() {
    return thisUpdate;
  }

  /// Until when it holds; empty when that is not said.
  public Optional<Instant> nextUpdate() {
    return Optional.ofNullable(nextUpdate);
  }

  /// The response in DER, a copy; empty when a client whose clock is right would not take it.
  public Optional<byte[]> stapledAt(Instant now) {
    boolean isCurrent =
        !thisUpdate.isAfter(now.plus(CLOCK_SKEW))
            && (nextUpdate == null || !nextUpdate.isBefore(now));
    return isCurrent ? Optional.of(der.clone()) : Optional.empty();
  }
}
