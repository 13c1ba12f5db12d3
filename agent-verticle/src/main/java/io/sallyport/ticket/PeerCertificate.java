package io.sallyport.ticket;

import java.util.Arrays;

/// The certificate with which a client authenticated, and until when that counts. Immutable.
public final class PeerCertificate {
  /// Bytes of DER that a ticket takes. A session whose peer has a larger one gets no ticket.
  public static final int LENGTH_MAX = 8 << 10;

  private final byte[] der;
  private final long notAfterMs;

  /// @param der the peer's own certificate, copied
  /// @param notAfterMs the earliest end of validity in the chain that was verified, in milliseconds
  ///   of the epoch
  public PeerCertificate(byte[] der, long notAfterMs) {
    if (der.length == 0) {
      throw new IllegalArgumentException("found an empty certificate");
    }
    this.der = der.clone();
    this.notAfterMs = notAfterMs;
  }

  /// A copy of the certificate.
  public byte[] der() {
    return der.clone();
  }

  /// The last millisecond of the epoch at which it counts.
  public long notAfterMs() {
    return notAfterMs;
  }

  int length() {
    return der.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PeerCertificate that
        && notAfterMs == that.notAfterMs
        && Arrays.equals(der, that.der);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(der);
  }

  @Override
  public String toString() {
    return "PeerCertificate(" + der.length + " bytes)";
  }
}
