package io.sallyport.container;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/// Stands behind the members, on this machine: sends back what it receives, on every address, since
/// containers reach it by that of their gateway.
final class EchoServer implements AutoCloseable {
  private static final int BACKLOG = 1024;

  private final ServerSocket listener = new ServerSocket(0, BACKLOG);

  EchoServer() throws IOException {
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        Thread.ofVirtual().start(() -> echo(socket));
      } catch (IOException _) {
        return;
      }
    }
  }

  private static void echo(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException _) {
      // The test looks at what its own side sees.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
