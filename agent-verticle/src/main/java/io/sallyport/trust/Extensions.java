package io.sallyport.trust;

import java.security.cert.X509Certificate;
import java.security.cert.X509Extension;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Reads the extensions of certificates that the JDK has no words for (RFC 5280 §4.2).
final class Extensions {
  static final String SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
  static final String KEY_USAGE = "2.5.29.15";
  static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
  static final String BASIC_CONSTRAINTS = "2.5.29.19";
  static final String NAME_CONSTRAINTS = "2.5.29.30";
  static final String CERTIFICATE_POLICIES = "2.5.29.32";
  static final String AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
  static final String EXTENDED_KEY_USAGE = "2.5.29.37";
  static final String ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";

  private static final int OCTET_STRING = 0x04;
  private static final int SEQUENCE = 0x30;
  private static final int KEY_IDENTIFIER = 0x80;

  private Extensions() {}

  /// What an extension holds, without the OCTET STRING around it, or null if there is none.
  static byte @Nullable [] value(X509Certificate certificate, String oid) {
    byte[] wrapped = certificate.getExtensionValue(oid);
    return wrapped == null ? null : content(wrapped, OCTET_STRING);
  }

  /// Whether the key identifiers say that `issuer`'s key did not sign `subject`. Where one has none
  /// they say nothing.
  static boolean nameAnotherKey(X509Certificate subject, X509Certificate issuer) {
    byte[] wanted = value(subject, AUTHORITY_KEY_IDENTIFIER);
    byte[] found = value(issuer, SUBJECT_KEY_IDENTIFIER);
    wanted = wanted == null ? null : content(wanted, SEQUENCE);
    wanted = wanted == null ? null : content(wanted, KEY_IDENTIFIER);
    found = found == null ? null : content(found, OCTET_STRING);
    return wanted != null && found != null && !Arrays.equals(wanted, found);
  }

  /// The critical extensions that are not among `understood`, in order.
  static Set<String> criticalBeyond(Set<String> understood, X509Extension of) {
    Set<String> critical = of.getCriticalExtensionOIDs();
    if (critical == null) {
      return Set.of();
    }
    Set<String> beyond = new TreeSet<>(critical);
    beyond.removeAll(understood);
    return beyond;
  }

  /// What the first DER element of `der` holds, or null if it is of another type or cut off.
  private static byte @Nullable [] content(byte[] der, int tag) {
    if (der.length < 2 || (der[0] & 0xff) != tag) {
      return null;
    }
    int length = der[1] & 0xff;
    int start = 2;
    if (length > 0x7f) {
      int lengthBytes = length & 0x7f;
      // A certificate is shorter than three bytes can say.
      if (lengthBytes == 0 || lengthBytes > 3 || der.length < 2 + lengthBytes) {
        return null;
      }
      length = 0;
      for (int i = 0; i < lengthBytes; i++) {
        length = length << 8 | (der[start++] & 0xff);
      }
    }
    return length > der.length - start ? null : Arrays.copyOfRange(der, start, start + length);
  }
}
