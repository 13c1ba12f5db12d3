package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.HandshakeType;
import org.bouncycastle.tls.TlsFatalAlert;

/// Finds the reason behind an alert that Bouncy Castle decided on.
final class FailureReasons {
  private FailureReasons() {}

  /// @param message type of the message that the peer sent last
  static FailureReason of(TlsFatalAlert alert, int message) {
    return switch (alert.getAlertDescription()) {
      case AlertDescription.bad_record_mac -> FailureReason.BAD_RECORD;
      case AlertDescription.record_overflow -> FailureReason.RECORD_OVERFLOW;
      case AlertDescription.decode_error -> FailureReason.MALFORMED_MESSAGE;
      case AlertDescription.unexpected_message -> FailureReason.UNEXPECTED_MESSAGE;
      case AlertDescription.illegal_parameter -> FailureReason.ILLEGAL_PARAMETER;
      case AlertDescription.missing_extension -> FailureReason.MISSING_EXTENSION;
      case AlertDescription.unsupported_extension -> FailureReason.UNSUPPORTED_EXTENSION;
      case AlertDescription.protocol_version -> FailureReason.NO_SHARED_VERSION;
      case AlertDescription.inappropriate_fallback -> FailureReason.INAPPROPRIATE_FALLBACK;
      case AlertDescription.no_application_protocol -> FailureReason.NO_SHARED_APPLICATION_PROTOCOL;
      case AlertDescription.unrecognized_name -> FailureReason.UNKNOWN_SERVER_NAME;
      case AlertDescription.unknown_psk_identity -> FailureReason.UNKNOWN_PSK_IDENTITY;
      case AlertDescription.certificate_required -> FailureReason.CERTIFICATE_MISSING;
      case AlertDescription.bad_certificate, AlertDescription.unsupported_certificate ->
          FailureReason.CERTIFICATE_MALFORMED;
      case AlertDescription.decrypt_error -> undecrypted(message);
      // Its remaining uses are about groups and suites.
      case AlertDescription.handshake_failure, AlertDescription.insufficient_security ->
          message == HandshakeType.certificate
              ? FailureReason.CERTIFICATE_MISSING
              : FailureReason.NO_SHARED_CIPHER_SUITE;
      default -> FailureReason.INTERNAL;
    };
  }

  /// One alert for four proofs that can be wrong.
  private static FailureReason undecrypted(int message) {
    return switch (message) {
      case HandshakeType.client_hello -> FailureReason.BAD_PSK_BINDER;
      case HandshakeType.certificate_verify, HandshakeType.server_key_exchange ->
          FailureReason.BAD_HANDSHAKE_SIGNATURE;
      default -> FailureReason.BAD_FINISHED;
    };
  }
}
