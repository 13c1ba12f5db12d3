package io.sallyport.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/// A server that does not accept, and whose backlog is full: who connects hears nothing.
final class FullServer implements AutoCloseable {
  private static final int BACKLOG = 1;

  /// Linux keeps one connection more than the backlog, and then drops what asks for another one.
  private static final int WAITING = BACKLOG + 3;

  private final ServerSocket listener =
      new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
  private final List<SocketChannel> waiting = new ArrayList<>();

  FullServer() throws IOException {
    for (int i = 0; i < WAITING; i++) {
      SocketChannel channel = SocketChannel.open();
      channel.configureBlocking(false);
      channel.connect(new InetSocketAddress(listener.getInetAddress(), port()));
      waiting.add(channel);
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel channel : waiting) {
      channel.close();
    }
    listener.close();
  }
}
