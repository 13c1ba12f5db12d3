package io.sallyport.proxy.training;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// The server behind the member that trains: sends back what comes, on a free port of loopback.
final class TrainingServer implements AutoCloseable {
  private static final int BACKLOG = 512;

  private final ServerSocket listening;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  TrainingServer() throws IOException {
    listening = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    var _ = threads.submit(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  private Void accept() throws IOException {
    while (true) {
      Socket socket = listening.accept();
      var _ =
          threads.submit(() -> {
            try (socket) {
              return socket.getInputStream().transferTo(socket.getOutputStream());
            }
          });
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    threads.shutdownNow();
  }
}
