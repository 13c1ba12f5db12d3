package io.sallyport.proxy.quickstart;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/// A server to stand behind the proxy when there is no other: plain HTTP on a free port of
/// loopback, the JDK's own, apart from the proxy's event loops.
final class HelloBackend {
  private static final byte[] HELLO =
      "Hello from behind Sallyport.\n".getBytes(StandardCharsets.UTF_8);
  private static final int HTTP_OK = 200;

  private final HttpServer server;

  private HelloBackend(HttpServer server) {
    this.server = server;
  }

  static HelloBackend start() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", HelloBackend::hello);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    return new HelloBackend(server);
  }

  int port() {
    return server.getAddress().getPort();
  }

  private static void hello(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      exchange.sendResponseHeaders(HTTP_OK, HELLO.length);
      exchange.getResponseBody().write(HELLO);
    }
  }
}
