package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import java.io.IOException;
import java.util.Hashtable;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsExtensionsUtils;

/// The longest records that a peer takes.
///
/// @param maxPayload bytes of data in one record
/// @param answered whether this side names its own limit in turn, as record_size_limit demands (RFC
///   8449 §4); max_fragment_length (RFC 6066 §4) is answered by Bouncy Castle
record RecordSizeLimit(int maxPayload, boolean answered) {
  /// RFC 9846 §5.1.
  private static final int PLAINTEXT_MAX = 1 << 14;

  private static final int LIMIT_MIN = 64;

  /// What holds for a peer that says nothing.
  static final RecordSizeLimit NONE = new RecordSizeLimit(PLAINTEXT_MAX, false);

  /// What a client says: record_size_limit before max_fragment_length (RFC 8449 §5).
  ///
  /// @param maxFragmentLength what it says there, -1 for nothing
  static RecordSizeLimit of(Hashtable<?, ?> extensions, short maxFragmentLength, boolean tls13)
      throws IOException {
    int limit = TlsExtensionsUtils.getRecordSizeLimitExtension(extensions);
    if (limit < 0) {
      return maxFragmentLength < 0
          ? NONE
          : new RecordSizeLimit(1 << (8 + maxFragmentLength), false);
    }
    if (limit < LIMIT_MIN) {
      throw new Refusal(
          AlertDescription.illegal_parameter,
          FailureReason.ILLEGAL_PARAMETER,
          "peer sent a record size limit of " + limit + ", less than " + LIMIT_MIN);
    }
    return new RecordSizeLimit(Math.min(limit - typeLength(tls13), PLAINTEXT_MAX), true);
  }

  /// Adds this side's own limit, which is the protocol's.
  @SuppressWarnings("rawtypes") // Bouncy Castle's type.
  void answer(Hashtable extensions, boolean tls13) throws IOException {
    if (answered) {
      TlsExtensionsUtils.addRecordSizeLimitExtension(extensions, PLAINTEXT_MAX + typeLength(tls13));
    }
  }

  /// In TLS 1.3 a limit counts the content type, which is encrypted with the data.
  private static int typeLength(boolean tls13) {
    return tls13 ? 1 : 0;
  }
}
