package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import java.io.EOFException;
import java.io.IOException;
import java.util.Hashtable;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.AlertLevel;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.ExtensionType;
import org.bouncycastle.tls.HandshakeType;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.TlsException;
import org.jspecify.annotations.Nullable;

/// Faults of a peer that Bouncy Castle lets pass, or takes for faults of this side.
final class PeerFaults {
  /// A version that Bouncy Castle refuses to read (RFC 6347 §4.1 passes over it).
  private static final int RESERVED_VERSION = 0xFEFE;

  /// A version that nobody speaks, and nobody stumbles over (RFC 8701 §2).
  private static final int GREASE_VERSION = 0x7A7A;

  private PeerFaults() {}

  /// Something that reads what the peer sent.
  interface Reading<T> {
    T read() throws IOException;
  }

  /// Reads or handles one message.
  ///
  /// @throws Refusal decode_error when it ends too early, bad_certificate when a part of a
  ///   certificate that is only now looked at cannot be decoded (RFC 9846 §6.2)
  static void inMessage(short type, Reading<?> reading) throws IOException {
    try {
      reading.read();
    } catch (TlsException e) {
      throw e;
    } catch (EOFException _) {
      throw new Refusal(
          AlertDescription.decode_error,
          FailureReason.MALFORMED_MESSAGE,
          "peer sent a " + HandshakeType.getName(type) + " that is cut short");
    } catch (IOException _) {
      // Nothing is read here but memory: it is ASN.1.
      throw new Refusal(
          AlertDescription.bad_certificate,
          FailureReason.CERTIFICATE_MALFORMED,
          "peer sent a certificate that cannot be decoded");
    }
  }

  /// Reads versions.
  ///
  /// @throws Refusal illegal_parameter when one is reserved
  static <T> T inVersions(Reading<T> reading) throws IOException {
    try {
      return reading.read();
    } catch (IllegalArgumentException _) {
      throw new Refusal(
          AlertDescription.illegal_parameter,
          FailureReason.ILLEGAL_PARAMETER,
          "peer sent the reserved version 0xFEFE");
    }
  }

  /// Makes the reserved version in a client's supported_versions one that is passed over, as a
  /// server does with those that it does not know (RFC 9846 §4.3.1, 8446 §4.2.1).
  ///
  /// @param extensions of a ClientHello; null for none
  static void passOverReservedVersion(@Nullable Hashtable<Integer, byte[]> extensions) {
    byte[] versions = extensions == null ? null : extensions.get(ExtensionType.supported_versions);
    if (versions == null) {
      return;
    }
    for (int at = 1; at + 1 < versions.length; at += Short.BYTES) {
      if ((versions[at] & 0xFF) == RESERVED_VERSION >> Byte.SIZE
          && (versions[at + 1] & 0xFF) == (RESERVED_VERSION & 0xFF)) {
        versions[at] = (byte) (GREASE_VERSION >> Byte.SIZE);
        versions[at + 1] = (byte) GREASE_VERSION;
      }
    }
  }

  /// Looks at the content of a record of any type, before it is acted on.
  ///
  /// @param received the messages so far
  /// @param parameters what is negotiated so far; null before the first message
  /// @throws Refusal when an alert is cut or glued, or when the record stands within a message that
  ///   is split over several, which TLS 1.2 allows (RFC 9846 §5.1, 8446 §5.1)
  static void checkRecord(
      short type,
      byte[] content,
      int offset,
      int length,
      MessageWalker received,
      @Nullable SecurityParameters parameters)
      throws Refusal {
    boolean isAlert = type == ContentType.alert;
    if (isAlert && length != Short.BYTES) {
      throw new Refusal(
          AlertDescription.decode_error,
          FailureReason.MALFORMED_MESSAGE,
          "peer sent an alert of " + length + " bytes");
    }
    // An alert that ends the handshake is heard wherever it stands.
    boolean isHeard =
        type == ContentType.handshake || (isAlert && content[offset] == AlertLevel.fatal);
    if (!isHeard && received.isWithinMessage() && !is(ProtocolVersion.TLSv12, parameters)) {
      throw new Refusal(
          AlertDescription.unexpected_message,
          FailureReason.UNEXPECTED_MESSAGE,
          "peer sent a record of " + ContentType.getName(type) + " within a message");
    }
  }

  /// The level of an alert: in TLS 1.3 all but two are fatal, whatever the peer says (RFC 9846 §6,
  /// 8446 §6).
  static short alertLevel(short level, short description, @Nullable SecurityParameters parameters) {
    boolean isClosure =
        description == AlertDescription.close_notify
            || description == AlertDescription.user_canceled;
    return is(ProtocolVersion.TLSv13, parameters) && !isClosure ? AlertLevel.fatal : level;
  }

  private static boolean is(ProtocolVersion version, @Nullable SecurityParameters parameters) {
    return parameters != null && version.equals(parameters.getNegotiatedVersion());
  }

  /// @throws Refusal unexpected_message when `condition` holds
  static void refuseIf(boolean condition, short type, String missing) throws Refusal {
    if (condition) {
      throw new Refusal(
          AlertDescription.unexpected_message,
          FailureReason.UNEXPECTED_MESSAGE,
          "peer sent a " + HandshakeType.getName(type) + " without a " + missing);
    }
  }
}
