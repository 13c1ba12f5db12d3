package io.sallyport.ktls;

/// How long TLS 1.3 records are made with zeros behind their type, so that their length tells less
/// (RFC 9846 §5.4).
public sealed interface RecordPadding {
  /// Not at all, as the kernel.
  enum None implements RecordPadding {
    /// The one there is.
    NONE;

    @Override
    public int zeros(int innerLength, int room) {
      return 0;
    }
  }

  /// To the next multiple of `size` bytes of `TLSInnerPlaintext`, or to the longest record.
  record ToBlock(int size) implements RecordPadding {
    /// Checks the size.
    ///
    /// @throws KtlsException EINVAL unless `size` is from 1 to 2^14
    public ToBlock {
      if (size < 1 || size > RecordHeader.MAX_PLAINTEXT) {
        throw new KtlsException(
            KtlsErrno.EINVAL, "found padding to " + size + " bytes, expected 1 to 16384");
      }
    }

    @Override
    public int zeros(int innerLength, int room) {
      return Math.min(room, Math.floorMod(-innerLength, size));
    }
  }

  /// Zero bytes for a record.
  ///
  /// @param innerLength bytes of its content and type
  /// @param room bytes that may be added at most
  int zeros(int innerLength, int room);
}
