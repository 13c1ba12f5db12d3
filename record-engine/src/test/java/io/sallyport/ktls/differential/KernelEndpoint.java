package io.sallyport.ktls.differential;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// A socket of the Linux kernel, connected over loopback to a raw socket that is the wire.
///
/// Loopback delivers a moment later. What the script must see is waited for by TCP's own account of
/// it, TCP_INFO, never by time alone; the limit only tells a defect from a wait.
final class KernelEndpoint implements Endpoint {
  private static final Path TLS_STAT = Path.of("/proc/net/tls_stat");
  private static final long LIMIT_NANOS = 5_000_000_000L;
  private static final int CMSG_ROOM = 64;
  private static final int PEER_READ = 1 << 18;
  private static final byte[] FILLER = new byte[16384];

  // Offsets in struct tcp_info of linux/tcp.h.
  private static final int TCPI_LENGTH = 232;
  private static final int TCPI_STATE = 0;
  private static final int TCPI_BYTES_RECEIVED = 128;
  private static final int TCPI_NOTSENT_BYTES = 144;
  private static final int TCPI_BYTES_SENT = 200;
  private static final int TCPI_BYTES_RETRANS = 208;

  private static final int TCP_CLOSE = 7;
  private static final int TCP_CLOSE_WAIT = 8;
  private static final int TCP_LAST_ACK = 9;
  private static final int TCP_CLOSING = 11;
  private static final int TCP_TIME_WAIT = 6;

  private static final int NONE = -1;

  private int socket;
  private int peer = NONE;
  private long injected;
  private long taken;
  private boolean endSent;
  private String end = "";

  /// @param connected false for a socket that is not connected, which has no wire
  KernelEndpoint(boolean connected) {
    if (!connected) {
      socket = KernelSockets.socket();
      return;
    }
    int listener = KernelSockets.listener();
    peer = KernelSockets.socket();
    KernelSockets.connect(peer, listener);
    socket = KernelSockets.accept(listener);
    KernelSockets.close(listener);
    KernelSockets.setsockoptInt(socket, Linux.SOL_TCP, Linux.TCP_NODELAY, 1);
    KernelSockets.setsockoptInt(peer, Linux.SOL_TCP, Linux.TCP_NODELAY, 1);
  }

  @Override
  public String setsockopt(int level, int name, byte[] value) {
    return Answers.result(KernelSockets.setsockopt(socket, level, name, value));
  }

  @Override
  public String getsockopt(int level, int name, int length) {
    KernelSockets.Option option = KernelSockets.getsockopt(socket, level, name, length);
    return option.result() < 0 ? Answers.result(option.result()) : Answers.option(option.value());
  }

  @Override
  public String soError() {
    byte[] value = KernelSockets.getsockopt(socket, Linux.SOL_SOCKET, Linux.SO_ERROR, 4).value();
    return Answers.result(-littleEndian(value).getInt(0));
  }

  @Override
  public String send(byte[] data, int flags) {
    return Answers.result(KernelSockets.send(socket, data, flags));
  }

  @Override
  public String sendControl(int contentType, byte[] data, int flags) {
    return Answers.result(
        KernelSockets.send(socket, Linux.TLS_SET_RECORD_TYPE, contentType, data, flags));
  }

  @Override
  public String sendFile(byte[] content, long offset, long count) {
    return Answers.result(KernelSockets.sendFile(socket, content, offset, count));
  }

  @Override
  public String recv(int length, boolean withType, int flags) {
    KernelSockets.Message message =
        KernelSockets.recv(socket, length, withType ? CMSG_ROOM : 0, flags);
    return message.result() < 0
        ? Answers.result(message.result())
        : Answers.message(
            message.data(), message.contentType(), (message.flags() & Linux.MSG_EOR) != 0);
  }

  @Override
  public String splice(int length) {
    KernelSockets.Message message = KernelSockets.splice(socket, length);
    return message.result() < 0
        ? Answers.result(message.result())
        : Answers.message(message.data(), 0, false);
  }

  @Override
  public String poll() {
    int asked = Linux.POLLIN | Linux.POLLPRI | Linux.POLLOUT | Linux.POLLRDHUP;
    return Answers.events(KernelSockets.poll(socket, asked, 0));
  }

  @Override
  public String fill() {
    long result = 0;
    while (result >= 0) {
      result = KernelSockets.send(socket, FILLER, 0);
    }
    return Answers.result(result);
  }

  @Override
  public void drain() {
    receiveWire();
  }

  @Override
  public void inject(byte[] bytes) {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    int at = 0;
    while (at < bytes.length) {
      long sent = KernelSockets.send(peer, Arrays.copyOfRange(bytes, at, bytes.length), 0);
      if (sent > 0) {
        at += (int) sent;
        injected += sent;
      } else if (sent == -11) {
        await(peer, Linux.POLLOUT, deadline, "the wire takes no more");
      } else {
        // The socket is closed; as on a wire in memory, what is sent to it is lost.
        return;
      }
    }
    while (tcpInfo().getLong(TCPI_BYTES_RECEIVED) < injected && !isGone()) {
      spin(deadline, "bytes do not arrive");
    }
  }

  @Override
  public String takeWire() {
    if (peer == NONE) {
      return "wire gone";
    }
    byte[] wire = receiveWire();
    return Answers.wire(wire) + end;
  }

  /// Reads until everything is here that the socket has handed to TCP.
  private byte[] receiveWire() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (end.isEmpty()) {
      uncork();
      KernelSockets.Message message = KernelSockets.recv(peer, PEER_READ, 0, 0);
      if (message.result() > 0) {
        all.writeBytes(message.data());
        taken += message.result();
      } else if (message.result() == 0) {
        end = " FIN";
      } else if (message.result() == -104) {
        end = " RST";
      } else if (isWireEmpty()) {
        break;
      } else {
        spin(deadline, "the wire does not end");
      }
    }
    return all.toByteArray();
  }

  /// The kernel hands a record that MSG_MORE filled to TCP with MSG_MORE, and TCP may keep it for
  /// 200 ms. What TLS handed over is what scripts look at, so TCP is told to let go.
  private void uncork() {
    if (socket != NONE) {
      KernelSockets.setsockoptInt(socket, Linux.SOL_TCP, Linux.TCP_NODELAY, 1);
    }
  }

  private boolean isWireEmpty() {
    if (socket == NONE || endSent) {
      return false;
    }
    ByteBuffer info = tcpInfo();
    return isGone()
        || (info.getInt(TCPI_NOTSENT_BYTES) == 0
            && info.getLong(TCPI_BYTES_SENT) - info.getLong(TCPI_BYTES_RETRANS) <= taken);
  }

  @Override
  public void peerFin() {
    KernelSockets.required(KernelSockets.shutdown(peer, Linux.SHUT_WR));
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (!isFinReceived()) {
      spin(deadline, "FIN does not arrive");
    }
  }

  private boolean isFinReceived() {
    int state = tcpInfo().get(TCPI_STATE);
    return state == TCP_CLOSE_WAIT
        || state == TCP_LAST_ACK
        || state == TCP_CLOSING
        || state == TCP_TIME_WAIT
        || state == TCP_CLOSE;
  }

  @Override
  public void peerReset() {
    KernelSockets.closeWithReset(peer);
    peer = NONE;
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (!isGone()) {
      spin(deadline, "RST does not arrive");
    }
  }

  private boolean isGone() {
    return tcpInfo().get(TCPI_STATE) == TCP_CLOSE;
  }

  @Override
  public String shutdownWrite() {
    long result = KernelSockets.shutdown(socket, Linux.SHUT_WR);
    endSent |= result == 0;
    return Answers.result(result);
  }

  @Override
  public String shutdownRead() {
    return Answers.result(KernelSockets.shutdown(socket, Linux.SHUT_RD));
  }

  @Override
  public void closeSocket() {
    KernelSockets.close(socket);
    socket = NONE;
  }

  @Override
  public Map<String, Long> counters() {
    Map<String, Long> counters = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(TLS_STAT)) {
        int nameEnd = line.indexOf(' ');
        counters.put(line.substring(0, nameEnd), Long.parseLong(line.substring(nameEnd).strip()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return counters;
  }

  @Override
  public void close() {
    if (socket != NONE) {
      closeSocket();
    }
    if (peer != NONE) {
      KernelSockets.closeWithReset(peer);
      peer = NONE;
    }
  }

  private ByteBuffer tcpInfo() {
    byte[] info =
        KernelSockets.getsockopt(socket, Linux.SOL_TCP, Linux.TCP_INFO, TCPI_LENGTH).value();
    return littleEndian(Arrays.copyOf(info, TCPI_LENGTH));
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void await(int socket, int events, long deadline, String complaint) {
    if ((KernelSockets.poll(socket, events, 100) & events) == 0) {
      spin(deadline, complaint);
    }
  }

  private static void spin(long deadline, String complaint) {
    if (System.nanoTime() > deadline) {
      throw new IllegalStateException(complaint);
    }
    Thread.onSpinWait();
  }
}
