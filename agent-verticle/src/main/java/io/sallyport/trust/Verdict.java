package io.sallyport.trust;

import io.sallyport.handshake.FailureReason;
import java.security.cert.X509Certificate;
import java.util.List;

/// Whether the certificates of a peer are trusted.
public sealed interface Verdict {
  /// They are.
  ///
  /// @param path from the peer's certificate to the trust anchor, both included; a certificate that
  ///   is an anchor itself is alone in it
  record Trusted(List<X509Certificate> path) implements Verdict {
    public Trusted {
      if (path.isEmpty()) {
        throw new IllegalArgumentException("a path has a certificate");
      }
      path = List.copyOf(path);
    }

    /// The peer's own certificate.
    public X509Certificate leaf() {
      return path.getFirst();
    }
  }

  /// They are not.
  ///
  /// @param reason for counters; one that concerns certificates
  /// @param detail for the operator: one line of at most [#DETAIL_LENGTH_MAX] printable ASCII
  ///   characters, whatever the peer put into its certificates; other characters are given as `?`
  record Untrusted(FailureReason reason, String detail) implements Verdict {
    /// The most characters in a detail.
    public static final int DETAIL_LENGTH_MAX = 400;

    private static final short BAD_CERTIFICATE = 42;
    private static final short UNSUPPORTED_CERTIFICATE = 43;
    private static final short CERTIFICATE_REVOKED = 44;
    private static final short CERTIFICATE_EXPIRED = 45;
    private static final short CERTIFICATE_UNKNOWN = 46;
    private static final short UNKNOWN_CA = 48;
    private static final short ACCESS_DENIED = 49;
    private static final short CERTIFICATE_REQUIRED = 116;

    /// @throws IllegalArgumentException for a reason that does not concern certificates
    public Untrusted {
      alertFor(reason);
      detail = printable(detail);
    }

    /// The description of the alert that tells the peer (RFC 9846 §6.2; 8446 §6.2).
    ///
    /// `certificate_required` is new in TLS 1.3; RFC 5246 §7.4.6 has `handshake_failure` (40) in
    /// its place.
    public short alert() {
      return alertFor(reason);
    }

    private static short alertFor(FailureReason reason) {
      return switch (reason) {
        case CERTIFICATE_MISSING -> CERTIFICATE_REQUIRED;
        case CERTIFICATE_MALFORMED, CERTIFICATE_BAD_SIGNATURE, TOO_MUCH_DATA -> BAD_CERTIFICATE;
        case CERTIFICATE_UNKNOWN_CA -> UNKNOWN_CA;
        case CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID -> CERTIFICATE_EXPIRED;
        case CERTIFICATE_REVOKED -> CERTIFICATE_REVOKED;
        case CERTIFICATE_WRONG_USAGE -> UNSUPPORTED_CERTIFICATE;
        case CERTIFICATE_REVOCATION_UNKNOWN, CERTIFICATE_CONSTRAINED, CERTIFICATE_WRONG_HOST ->
            CERTIFICATE_UNKNOWN;
        case CERTIFICATE_NOT_ALLOWED -> ACCESS_DENIED;
        default -> throw new IllegalArgumentException("no verdict on a certificate: " + reason);
      };
    }

    private static String printable(String text) {
      int length = Math.min(text.length(), DETAIL_LENGTH_MAX);
      StringBuilder line = new StringBuilder(length);
      for (int i = 0; i < length; i++) {
        char c = text.charAt(i);
        line.append(c >= ' ' && c <= '~' ? c : '?');
      }
      return line.toString();
    }
  }
}
