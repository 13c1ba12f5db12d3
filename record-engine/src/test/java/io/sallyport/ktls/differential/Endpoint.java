package io.sallyport.ktls.differential;

import java.util.Map;

/// One TLS socket under test, with a raw wire on its other side.
///
/// Nothing blocks: what the kernel would wait for is EAGAIN. Every answer is text, see [Answers].
/// Flags, levels and option names are Linux's numbers, see [Linux].
interface Endpoint extends AutoCloseable {

  /// `setsockopt`; the option's bytes as the kernel takes them.
  String setsockopt(int level, int name, byte[] value);

  /// `getsockopt` with room for `length` bytes.
  String getsockopt(int level, int name, int length);

  /// Reads and clears SO_ERROR: `0` or the error's name.
  String soError();

  /// Sends data with MSG_MORE, MSG_EOR or MSG_OOB.
  String send(byte[] data, int flags);

  /// Sends a record of a type.
  String sendControl(int contentType, byte[] data, int flags);

  /// Sends `count` bytes from `offset` on of a file that holds `content`.
  String sendFile(byte[] content, long offset, long count);

  /// Receives at most `length` bytes, with MSG_PEEK, MSG_WAITALL or MSG_OOB; `withType` gives room
  /// for the record's type.
  String recv(int length, boolean withType, int flags);

  /// Moves at most `length` bytes of data to elsewhere.
  String splice(int length);

  /// IN, OUT, PRI, RDHUP and what is always told.
  String poll();

  /// Sends until nothing more is taken, and answers why.
  String fill();

  /// The peer takes everything that was sent, unseen: room for more.
  void drain();

  /// The peer sends bytes. Returns when they have arrived.
  void inject(byte[] bytes);

  /// What the peer received since the last time, `FIN` or `RST` behind it.
  String takeWire();

  /// The peer sends FIN. Returns when it has arrived.
  void peerFin();

  /// The peer sends RST. Returns when it has arrived.
  void peerReset();

  /// `shutdown(SHUT_WR)`.
  String shutdownWrite();

  /// `shutdown(SHUT_RD)`.
  String shutdownRead();

  /// Closes the socket; the wire can still be taken.
  void closeSocket();

  /// The counters of `tls_stat` by name, all of them.
  Map<String, Long> counters();

  /// Closes what is still open.
  @Override
  void close();
}
