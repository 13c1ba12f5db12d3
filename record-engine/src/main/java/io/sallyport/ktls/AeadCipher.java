package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;

/// One key of one direction: the only seam between records and a crypto provider.
///
/// For each record: [#nonce], one of the `aad` methods, then [#seal] or [#open]. The key is fixed
/// at creation, together with the direction and the first four bytes of the nonce.
interface AeadCipher extends AutoCloseable {

  /// Sets the last eight bytes of the nonce of the next record, big-endian.
  void nonce(long tail);

  /// Additional data of TLS 1.3 (RFC 9846 §5.2): the record header with the ciphertext's length.
  void aad(int contentType, int length);

  /// Additional data of TLS 1.2 (RFC 5246 §6.2.3.3): sequence number, then a header with the
  /// plaintext's length.
  void aad(long recSeq, int contentType, int length);

  /// Encrypts `length` bytes of `source` from `sourceIndex` into `target` at `targetIndex`,
  /// followed by the tag. Indexes only: neither buffer's reader or writer index moves.
  ///
  /// Also in place: `source` and `target` may be one buffer and their indexes the same, as for a
  /// record that was filled bit by bit. They must not overlap in any other way.
  void seal(ByteBuf source, int sourceIndex, int length, ByteBuf target, int targetIndex);

  /// Like [#seal], with one more byte of plaintext behind `source`: the content type that ends a
  /// `TLSInnerPlaintext` (RFC 9846 §5.4). In place, that byte of the buffer is overwritten.
  void sealInner(
      ByteBuf source, int sourceIndex, int length, int innerType, ByteBuf target, int targetIndex);

  /// Decrypts `length` bytes of `record` at `index` in place; the tag lies behind them. False when
  /// the tag does not fit: the bytes are then undefined.
  boolean open(ByteBuf record, int index, int length);

  /// Wipes the key.
  @Override
  void close();
}
