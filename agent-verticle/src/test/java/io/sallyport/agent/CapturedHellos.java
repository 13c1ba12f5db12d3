package io.sallyport.agent;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLParameters;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.HandshakeType;

/// Gets the ClientHello of real clients: lets them connect, reads their first record, and hangs up.
final class CapturedHellos {
  private static final int TIMEOUT_SECONDS = 30;
  private static final int HEADERS_LENGTH = 9;

  private CapturedHellos() {}

  /// @param options of `s_client`
  static byte[] openssl(String... options) throws Exception {
    return capture(port -> {
      List<String> command =
          new ArrayList<>(List.of("openssl", "s_client", "-connect", "127.0.0.1:" + port));
      command.addAll(List.of(options));
      return command;
    });
  }

  static byte[] curl() throws Exception {
    return capture(port ->
        List.of(
            "curl",
            "-sS",
            "--noproxy",
            "*",
            "--max-time",
            "20",
            "--connect-to",
            "::127.0.0.1:" + port,
            "https://peer.test:" + port + "/"));
  }

  static byte[] jdk(Consumer<SSLParameters> configure) throws IOException {
    return body(new JdkClient(configure).flight());
  }

  private interface Command {
    List<String> to(int port);
  }

  private static byte[] capture(Command command) throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      listener.setSoTimeout((int) TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
      Process process =
          new ProcessBuilder(command.to(listener.getLocalPort()))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (Socket socket = listener.accept()) {
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
        return body(readRecord(new DataInputStream(socket.getInputStream())));
      } finally {
        process.destroyForcibly();
        process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      }
    }
  }

  private static byte[] readRecord(DataInputStream in) throws IOException {
    byte[] header = in.readNBytes(5);
    int length = Short.toUnsignedInt(ByteBuffer.wrap(header).getShort(3));
    return ByteBuffer.allocate(header.length + length)
        .put(header)
        .put(in.readNBytes(length))
        .array();
  }

  /// What is behind the headers of the record and of the message, which end together.
  static byte[] body(byte[] record) {
    int messageLength = ByteBuffer.wrap(record).getInt(5) & 0xFFFFFF;
    if (record[0] != ContentType.handshake
        || record[5] != HandshakeType.client_hello
        || messageLength != record.length - HEADERS_LENGTH) {
      throw new AssertionError("not one ClientHello in one record");
    }
    return Arrays.copyOfRange(record, HEADERS_LENGTH, record.length);
  }
}
