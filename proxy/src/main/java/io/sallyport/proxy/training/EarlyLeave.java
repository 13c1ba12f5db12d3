package io.sallyport.proxy.training;

import io.sallyport.config.HostPort;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;

/// A way in which a client leaves a member without the end that TLS asks for.
///
/// @param beginning how far it gets
/// @param end how it ends the connection then
record EarlyLeave(Beginning beginning, End end) {
  /// A health check of TCP; in the handshake, behind either side's hello; no TLS at all; with a
  /// request under way.
  static final List<EarlyLeave> ALL =
      List.of(
          new EarlyLeave((_, _) -> {}, Socket::close),
          new EarlyLeave(EarlyLeave::sendClientHello, EarlyLeave::reset),
          new EarlyLeave(EarlyLeave::awaitServerHello, EarlyLeave::reset),
          new EarlyLeave(EarlyLeave::awaitServerHello, Socket::close),
          new EarlyLeave(EarlyLeave::speakHttp, Socket::close),
          new EarlyLeave(EarlyLeave::request, EarlyLeave::reset),
          new EarlyLeave(EarlyLeave::request, Socket::close));

  interface Beginning {
    void make(Socket socket, SSLContext context) throws IOException;
  }

  interface End {
    void make(Socket socket) throws IOException;
  }

  /// Connects to `address` and leaves. Blocks until it has left.
  void run(HostPort address, SSLContext context) throws IOException {
    try (Socket socket = new Socket(address.host(), address.port())) {
      socket.setSoTimeout(TrainingClients.TIMEOUT_MS);
      beginning.make(socket, context);
      end.make(socket);
    }
  }

  private static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  private static void sendClientHello(Socket socket, SSLContext context) throws IOException {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(true);
    ByteBuffer record = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), record);
    socket.getOutputStream().write(record.array(), 0, record.position());
  }

  private static void awaitServerHello(Socket socket, SSLContext context) throws IOException {
    sendClientHello(socket, context);
    socket.getInputStream().read();
  }

  private static void speakHttp(Socket socket, SSLContext context) throws IOException {
    socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    socket.getInputStream().readAllBytes();
  }

  /// One that is answered, and one that is under way.
  private static void request(Socket socket, SSLContext context) throws IOException {
    String host = socket.getInetAddress().getHostAddress();
    SSLSocket tls =
        (SSLSocket) context.getSocketFactory().createSocket(socket, host, socket.getPort(), false);
    tls.getOutputStream().write(0);
    tls.getInputStream().read();
    tls.getOutputStream().write(0);
  }
}
