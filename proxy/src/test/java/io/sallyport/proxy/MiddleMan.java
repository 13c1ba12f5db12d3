package io.sallyport.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/// Stands between a client and the proxy and can spoil what the client sends.
final class MiddleMan implements AutoCloseable {
  /// Changes the bytes of one read in place.
  interface Spoiler {
    void spoil(byte[] bytes);
  }

  private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final Socket toProxy;
  private final AtomicLong carried = new AtomicLong();
  private volatile Spoiler spoiler = _ -> {};

  MiddleMan(int proxyPort) throws IOException {
    toProxy = new Socket(InetAddress.getLoopbackAddress(), proxyPort);
    Thread.ofVirtual().start(this::carry);
  }

  int port() {
    return listener.getLocalPort();
  }

  void spoil(Spoiler next) {
    spoiler = next;
  }

  /// Drops the connection to the proxy.
  void reset() throws IOException {
    toProxy.setSoLinger(true, 0);
    toProxy.close();
  }

  /// Waits until the proxy takes no more of what the client sends.
  void awaitStandstill() {
    Eventually.standsStill(carried);
  }

  /// Ends the connection to the proxy without a word of TLS.
  void cut() throws IOException {
    toProxy.shutdownOutput();
  }

  private void carry() {
    try (Socket client = listener.accept()) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              toProxy.getInputStream().transferTo(client.getOutputStream());
            } catch (IOException _) {
              // One of the two is gone.
            }
          });
      InputStream in = client.getInputStream();
      byte[] buffer = new byte[65536];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        spoiler.spoil(buffer);
        toProxy.getOutputStream().write(buffer, 0, n);
        carried.addAndGet(n);
      }
    } catch (IOException _) {
      // One of the two is gone.
    }
  }

  @Override
  public void close() throws IOException {
    toProxy.close();
    listener.close();
  }
}
