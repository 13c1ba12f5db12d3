package io.sallyport.ktls;

/// What one [KtlsSocket#recvmsg] answered.
public sealed interface ReceivedMessage {
  /// Bytes of one record type.
  ///
  /// @param length how many; 0 with a type is an empty record, 0 without is the end
  /// @param contentType the record type; [ContentType#NONE] of plain bytes, at the end, and when
  ///   the call had no room for it
  /// @param endOfRecord whether the last byte of a record is among them (kernel: `MSG_EOR`)
  record Message(int length, int contentType, boolean endOfRecord) implements ReceivedMessage {}

  /// Nothing was received.
  ///
  /// @param errno EAGAIN, EIO for a control record without room for its type, EFAULT, ENOMEM, and
  ///   those of [Received.Failed]
  record Failed(KtlsErrno errno) implements ReceivedMessage {}
}
