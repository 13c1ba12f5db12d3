package io.sallyport.proxy.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/// Answers one request as a member would that is in a state hard to bring about.
final class AdminPeer implements AutoCloseable {
  private final ServerSocket listener;
  private final CompletableFuture<String> asked = new CompletableFuture<>();

  /// @param head the status and headers of the answer, each with the end of its line
  AdminPeer(String head) throws IOException {
    listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(() -> answer("HTTP/1.1 " + head));
  }

  String address() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  /// The first line of the request.
  String asked() {
    return asked.join();
  }

  private void answer(String head) {
    try (Socket socket = listener.accept()) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      String first = in.readLine();
      for (String line = first; line != null && !line.isEmpty(); line = in.readLine()) {}
      String answer = head + "Content-Length: 8\r\nConnection: close\r\n\r\nnumbers\n";
      socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
      asked.complete(first);
    } catch (IOException e) {
      asked.completeExceptionally(e);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
