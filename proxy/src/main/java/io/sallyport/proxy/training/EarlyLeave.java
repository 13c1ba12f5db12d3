package io.sallyport.proxy.training;

import io.sallyport.config.HostPort;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;

/// The ways in which a client leaves a member without the end that TLS asks for.
enum EarlyLeave {
  /// A health check of TCP.
  SILENT {
    @Override
    void run(HostPort address, SSLContext context) throws IOException {
      connect(address).close();
    }
  },
  /// Reset before the member's flight is there.
  BEHIND_CLIENT_HELLO {
    @Override
    void run(HostPort address, SSLContext context) throws IOException {
      try (Socket socket = connect(address)) {
        socket.getOutputStream().write(clientHello(context));
        socket.setSoLinger(true, 0);
      }
    }
  },
  /// Reset when the member waits for the Finished.
  BEHIND_SERVER_HELLO {
    @Override
    void run(HostPort address, SSLContext context) throws IOException {
      try (Socket socket = connect(address)) {
        socket.getOutputStream().write(clientHello(context));
        socket.getInputStream().read();
        socket.setSoLinger(true, 0);
      }
    }
  },
  /// Closed when the member waits for the Finished.
  CLOSED_IN_HANDSHAKE {
    @Override
    void run(HostPort address, SSLContext context) throws IOException {
      try (Socket socket = connect(address)) {
        socket.getOutputStream().write(clientHello(context));
        socket.getInputStream().read();
      }
    }
  },
  /// No TLS at all.
  PLAIN {
    @Override
    void run(HostPort address, SSLContext context) throws IOException {
      try (Socket socket = connect(address)) {
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        socket.getInputStream().readAllBytes();
      }
    }
  },
  /// Reset with a request under way.
  BEHIND_REQUEST {
    @Override
    void run(HostPort address, SSLContext context) throws IOException {
      try (Socket socket = connect(address)) {
        request(socket, address, context);
        socket.setSoLinger(true, 0);
      }
    }
  },
  /// Closed without a close_notify.
  CUT_OFF {
    @Override
    void run(HostPort address, SSLContext context) throws IOException {
      try (Socket socket = connect(address)) {
        request(socket, address, context);
      }
    }
  };

  private static final int TIMEOUT_MS = 20_000;
  private static final int RECORD_LENGTH_MAX = 1 << 15;

  /// Connects to `address` and leaves. Blocks until it has left.
  abstract void run(HostPort address, SSLContext context) throws IOException;

  private static Socket connect(HostPort address) throws IOException {
    Socket socket = new Socket(address.host(), address.port());
    socket.setSoTimeout(TIMEOUT_MS);
    return socket;
  }

  private static byte[] clientHello(SSLContext context) throws IOException {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(true);
    ByteBuffer record = ByteBuffer.allocate(RECORD_LENGTH_MAX);
    engine.wrap(ByteBuffer.allocate(0), record);
    byte[] bytes = new byte[record.flip().remaining()];
    record.get(bytes);
    return bytes;
  }

  /// Leaves the connection open.
  private static void request(Socket socket, HostPort address, SSLContext context)
      throws IOException {
    SSLSocket tls =
        (SSLSocket)
            context.getSocketFactory().createSocket(socket, address.host(), address.port(), false);
    tls.getOutputStream().write(0);
    tls.getInputStream().read();
    tls.getOutputStream().write(0);
  }
}
