package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.Alert;
import io.sallyport.ktls.ContentType;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;

/// Frames over one TLS session. Every buffer that held a frame is wiped: it may have held keys.
///
/// Bounded by [FrameCodec#LENGTH_MAX] and one read to receive, by [#UNSENT_MAX] bytes to send: what
/// is sent beyond is dropped, and then the session has to be ended. Owned by the event loop of its
/// socket.
final class FrameSocket implements KtlsSocket.Callbacks {
  /// Who the frames are for.
  interface Handler {
    /// The next frame, whose buffers and secrets are handed over.
    void received(LinkFrame frame);

    /// The session is over; the last call.
    ///
    /// @param why for a log line
    void ended(String why);
  }

  private static final int ROOM = 4 << 10;

  /// Unsent bytes above which nothing more is read, and no frame that came is handed on: who asks
  /// without taking answers gets no more.
  private static final int CLOGGED = 1 << 20;

  /// Room for the largest frame behind those, and for what was asked before.
  static final int UNSENT_MAX = 16 << 20;

  private final KtlsSocket socket;
  private final Handler handler;

  /// What came of frames that are not whole.
  private ByteBuf input = Unpooled.directBuffer(ROOM);

  private boolean ended;

  /// Whether a frame was dropped, because the other side does not take what is sent.
  private boolean overfull;

  /// @param socket with its keys installed; from now on this object's
  FrameSocket(KtlsSocket socket, Handler handler) {
    this.socket = socket;
    this.handler = handler;
  }

  /// Begins to receive.
  void start() {
    socket.setCallbacks(this);
    socket.setReading(true);
    dataReady();
  }

  /// Whether the other side takes what is sent.
  boolean isWritable() {
    return !ended && socket.isWritable();
  }

  /// Whether something that was sent did not find room; the session is of no use then.
  boolean isOverfull() {
    return overfull;
  }

  /// Sends a frame, unless the session is over. Its buffers and secrets stay the caller's.
  void send(LinkFrame frame) {
    overfull |= !ended && socket.unsent() > UNSENT_MAX;
    if (ended || overfull) {
      return;
    }
    ByteBuf bytes = FrameCodec.write(frame);
    try {
      socket.send(bytes.retainedDuplicate());
      socket.flush();
    } finally {
      wipe(bytes);
    }
  }

  @Override
  public void dataReady() {
    takeFrames();
    while (!ended && !isClogged()) {
      switch (socket.recv()) {
        case Received.ApplicationData data -> take(data.content());
        case Received.Control(int type, ByteBuf content) -> control(type, content);
        case Received.Failed failed -> end("the session broke (" + failed.errno() + ")");
        case Received.Nothing.END_OF_STREAM -> end("it closed the connection");
        case Received.Nothing.WOULD_BLOCK -> {
          return;
        }
      }
    }
  }

  private boolean isClogged() {
    boolean clogged = socket.unsent() > CLOGGED;
    if (clogged) {
      socket.setReading(false);
    }
    return clogged;
  }

  private void control(int type, ByteBuf content) {
    boolean isClose =
        type == ContentType.ALERT && Alert.parse(content).filter(Alert::isCloseNotify).isPresent();
    content.release();
    end(isClose ? "it closed the session" : "it sent a record of type " + type);
  }

  private void take(ByteBuf content) {
    makeRoom(content.readableBytes());
    input.writeBytes(content, content.readerIndex(), content.readableBytes());
    // Only what is this object's: the rest of the memory may be other records.
    content.setZero(content.readerIndex(), content.readableBytes());
    content.release();
    takeFrames();
  }

  /// Hands on the frames that are whole.
  private void takeFrames() {
    try {
      while (!ended
          && !isClogged()
          && input.readableBytes() >= FrameCodec.HEADER_LENGTH
          && readFrame()) {}
    } catch (MalformedFrameException e) {
      end("it sent " + e.getMessage());
    }
  }

  /// False when the next frame is not whole.
  private boolean readFrame() throws MalformedFrameException {
    int at = input.readerIndex();
    int length = input.getInt(at);
    if (length <= 0 || length > FrameCodec.LENGTH_MAX) {
      throw new MalformedFrameException(
          "a frame of " + Integer.toUnsignedString(length) + " bytes");
    }
    if (input.readableBytes() < FrameCodec.HEADER_LENGTH + length) {
      makeRoom(FrameCodec.HEADER_LENGTH + length - input.readableBytes());
      return false;
    }
    LinkFrame frame;
    try {
      frame = FrameCodec.read(input.slice(at + FrameCodec.HEADER_LENGTH, length));
    } finally {
      input.setZero(at, FrameCodec.HEADER_LENGTH + length);
    }
    input.skipBytes(FrameCodec.HEADER_LENGTH + length);
    handler.received(frame);
    return true;
  }

  /// Room for so many bytes more, in a buffer of the right size: one that grew by itself would
  /// leave its content behind.
  private void makeRoom(int bytes) {
    if (!input.isReadable()) {
      input.clear();
    }
    if (input.writableBytes() >= bytes) {
      return;
    }
    int length = input.readableBytes();
    ByteBuf larger = Unpooled.directBuffer(Math.max(ROOM, length + bytes));
    larger.writeBytes(input, input.readerIndex(), length);
    wipe(input);
    input = larger;
  }

  @Override
  public void writeSpace() {
    if (!ended) {
      socket.setReading(true);
      dataReady();
    }
  }

  /// Ends the session and tells the handler why, once.
  void end(String why) {
    if (ended) {
      return;
    }
    ended = true;
    wipe(input);
    socket.sendCloseNotify();
    socket.close();
    handler.ended(why);
  }

  private static void wipe(ByteBuf bytes) {
    bytes.setZero(0, bytes.capacity());
    bytes.release();
  }
}
