package io.sallyport.ktls.differential;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.KtlsErrno;
import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.PollEvent;
import io.sallyport.ktls.ReceivedMessage;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.RecvFlag;
import io.sallyport.ktls.SendFlag;
import io.sallyport.ktls.Sent;
import io.sallyport.ktls.SocketOptions;
import io.sallyport.ktls.TlsStat;
import io.sallyport.testing.MemoryTransport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// A socket of the record engine on a transport in memory, which is the wire.
final class EngineEndpoint implements Endpoint {
  private final RecordEngine engine =
      new RecordEngine(PooledByteBufAllocator.DEFAULT, AeadBackend.probe());
  private final MemoryTransport transport = new MemoryTransport();
  private final KtlsSocket socket = engine.socket(transport);

  /// Where data goes that is moved elsewhere.
  private final MemoryTransport elsewhere = new MemoryTransport();

  private final KtlsSocket sink = engine.socket(elsewhere);
  private boolean peerGone;

  /// @param connected false for a socket that is not connected
  EngineEndpoint(boolean connected) {
    transport.setEstablished(connected);
  }

  @Override
  public String setsockopt(int level, int name, byte[] value) {
    if (level == Linux.SOL_SOCKET && name == Linux.SO_RCVLOWAT) {
      socket.setReceiveLowWaterMark(ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt());
      return "0";
    }
    ByteBuf bytes = Unpooled.directBuffer(Math.max(1, value.length)).writeBytes(value);
    try {
      SocketOptions.setsockopt(socket, level, name, bytes);
      return "0";
    } catch (KtlsException e) {
      return e.errno().name();
    } finally {
      bytes.release();
    }
  }

  @Override
  public String getsockopt(int level, int name, int length) {
    try {
      ByteBuf value = SocketOptions.getsockopt(socket, level, name, length);
      try {
        return Answers.option(ByteBufUtil.getBytes(value));
      } finally {
        value.release();
      }
    } catch (KtlsException e) {
      return e.errno().name();
    }
  }

  @Override
  public String soError() {
    KtlsErrno error = socket.takeError();
    return error == null ? "0" : error.name();
  }

  @Override
  public String send(byte[] data, int flags) {
    return withBuffer(data, buffer -> answer(socket.sendmsg(buffer, sendFlags(flags))));
  }

  @Override
  public String sendControl(int contentType, byte[] data, int flags) {
    return withBuffer(
        data, buffer -> answer(socket.sendmsg(contentType, buffer, sendFlags(flags))));
  }

  private static Set<SendFlag> sendFlags(int flags) {
    Set<SendFlag> set = EnumSet.noneOf(SendFlag.class);
    if ((flags & Linux.MSG_MORE) != 0) {
      set.add(SendFlag.MORE);
    }
    if ((flags & Linux.MSG_EOR) != 0) {
      set.add(SendFlag.EOR);
    }
    if ((flags & Linux.MSG_OOB) != 0) {
      set.add(SendFlag.OOB);
    }
    return set;
  }

  private static String answer(Sent sent) {
    return switch (sent) {
      case Sent.Accepted(long length) -> Long.toString(length);
      case Sent.Failed(KtlsErrno errno) -> errno.name();
    };
  }

  @Override
  public String sendFile(byte[] content, long offset, long count) {
    try {
      Path file = Files.createTempFile("conformance", null);
      try {
        Files.write(file, content);
        try (FileChannel channel = FileChannel.open(file)) {
          return answer(socket.sendFile(channel, offset, count));
        }
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String recv(int length, boolean withType, int flags) {
    Set<RecvFlag> set = EnumSet.noneOf(RecvFlag.class);
    if ((flags & Linux.MSG_PEEK) != 0) {
      set.add(RecvFlag.PEEK);
    }
    if ((flags & Linux.MSG_WAITALL) != 0) {
      set.add(RecvFlag.WAITALL);
    }
    if ((flags & Linux.MSG_OOB) != 0) {
      set.add(RecvFlag.OOB);
    }
    ByteBuf into = Unpooled.directBuffer(length, length);
    try {
      return switch (socket.recvmsg(into, withType, set)) {
        case ReceivedMessage.Message(int received, int contentType, boolean endOfRecord) -> {
          byte[] data = ByteBufUtil.getBytes(into);
          String text = Answers.message(data, contentType, endOfRecord);
          yield received == data.length ? text : text + " but says " + received;
        }
        case ReceivedMessage.Failed(KtlsErrno errno) -> errno.name();
      };
    } finally {
      into.release();
    }
  }

  @Override
  public String splice(int length) {
    return switch (socket.transferTo(sink, length)) {
      case Sent.Accepted(long moved) -> {
        byte[] data = elsewhere.takeSent();
        String text = Answers.message(data, 0, false);
        yield moved == data.length ? text : text + " but says " + moved;
      }
      case Sent.Failed(KtlsErrno errno) -> errno.name();
    };
  }

  @Override
  public String poll() {
    int events = 0;
    for (PollEvent event : socket.poll()) {
      events |=
          switch (event) {
            case IN -> Linux.POLLIN;
            case OUT -> Linux.POLLOUT;
            case ERR -> Linux.POLLERR;
            case HUP -> Linux.POLLHUP;
            case RDHUP -> Linux.POLLRDHUP;
          };
    }
    return Answers.events(events);
  }

  @Override
  public String fill() {
    transport.setWritable(false);
    return send(new byte[1], 0);
  }

  @Override
  public void drain() {
    transport.takeSent();
    transport.setWritable(true);
    socket.writeSpaceAvailable();
  }

  @Override
  public void inject(byte[] bytes) {
    int at = 0;
    while (at < bytes.length) {
      ByteBuf buffer = socket.readBuffer(bytes.length - at);
      int length = Math.min(buffer.writableBytes(), bytes.length - at);
      buffer.writeBytes(bytes, at, length);
      at += length;
      socket.received(buffer);
    }
    socket.receiveComplete();
  }

  @Override
  public String takeWire() {
    if (peerGone) {
      return "wire gone";
    }
    socket.flush();
    String wire = Answers.wire(transport.takeSent());
    if (transport.isReset()) {
      return wire + " RST";
    }
    return transport.isClosed() || transport.isOutputShutdown() ? wire + " FIN" : wire;
  }

  @Override
  public void peerFin() {
    socket.receivedFin();
  }

  @Override
  public void peerReset() {
    peerGone = true;
    transport.setEstablished(false);
    socket.disconnected();
  }

  @Override
  public String shutdownWrite() {
    socket.shutdownOutput();
    return "0";
  }

  @Override
  public String shutdownRead() {
    socket.shutdownInput();
    return "0";
  }

  @Override
  public void closeSocket() {
    socket.close();
  }

  @Override
  public Map<String, Long> counters() {
    Map<String, Long> counters = new LinkedHashMap<>();
    for (TlsStat.Counter counter : TlsStat.Counter.values()) {
      counters.put(counter.name(), engine.stat().value(counter));
    }
    return counters;
  }

  @Override
  public void close() {
    socket.close();
    sink.close();
    transport.release();
    elsewhere.release();
  }

  private static String withBuffer(byte[] data, Function<ByteBuf, String> use) {
    ByteBuf buffer = Unpooled.directBuffer(Math.max(1, data.length)).writeBytes(data);
    try {
      return use.apply(buffer);
    } finally {
      buffer.release();
    }
  }
}
