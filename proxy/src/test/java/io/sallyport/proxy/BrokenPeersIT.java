package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.testing.LeakCheck;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Goal: peers that reset, stall or answer early cost what they are worth: no byte of what was said
/// is lost, no connection stays, no memory piles up. Method: servers and clients that do just that.
@ExtendWith(LeakCheck.class)
class BrokenPeersIT {
  private static final int MIB = 1 << 20;

  @TempDir Path folder;

  @Test
  void aServerThatResetsEndsTheConnectionAndFreesItsPlace() throws Exception {
    try (TestServer server = new TestServer(BrokenPeersIT::readOneByteAndReset);
        ProxyFixture proxy = with(server.port(), "{client: 1m}", 2)) {
      TlsClient tls = new TlsClient(proxy.certificates.ca());
      for (int i = 1; i <= 5; i++) {
        try (SSLSocket client = tls.connect(proxy.port())) {
          client.getOutputStream().write(1);
          assertThat(isCutOff(client)).as("the client must not take it for a clean end").isTrue();
        }
        proxy.awaitClosed(CloseReason.UPSTREAM_RESET, i);
      }
      assertThat(proxy.connections().open()).isZero();
    }
  }

  @Test
  void anAnswerGivenBeforeTheRequestWasReadIsNotLost() throws Exception {
    byte[] answer = "413 too much\n".getBytes(StandardCharsets.US_ASCII);
    try (TestServer server =
            new TestServer(socket -> {
              socket.getInputStream().read();
              socket.getOutputStream().write(answer);
              // Closing with unread bytes resets.
            });
        ProxyFixture proxy = with(server.port(), "{client: 1m}", 100)) {
      TlsClient tls = new TlsClient(proxy.certificates.ca());
      for (int i = 0; i < 20; i++) {
        try (SSLSocket client = tls.connect(proxy.port())) {
          Thread upload = Thread.ofVirtual().start(() -> uploadUntilRefused(client));
          assertThat(client.getInputStream().readNBytes(answer.length)).isEqualTo(answer);
          upload.join();
        }
      }
    }
  }

  @Test
  void aServerThatResetsBehindItsEndIsNoticedAtOnce() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (TestServer server =
            new TestServer(socket -> {
              socket.getInputStream().read();
              socket.shutdownOutput();
              ended.await();
              socket.setSoLinger(true, 0);
            });
        ProxyFixture proxy = with(server.port(), "{client: 1m, client-fin: 1m}", 100);
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      client.getOutputStream().write(1);
      assertThat(client.getInputStream().read()).isEqualTo(-1);
      ended.countDown();
      uploadUntilRefused(client);
      proxy.awaitClosed(CloseReason.UPSTREAM_RESET, 1);
    }
  }

  @Test
  void aClientThatStopsReadingIsGoneWhenItsTimeIsOver() throws Exception {
    try (TestServer server = new TestServer(BrokenPeersIT::sendForEver);
        ProxyFixture proxy = with(server.port(), "{client: 500ms}", 100);
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      client.getInputStream().read();
      proxy.awaitClosed(CloseReason.IDLE, 1);
      assertThat(isCutOff(client)).isTrue();
    }
  }

  @Test
  void aClientThatStopsReadingDoesNotHoldUpADrain() throws Exception {
    try (TestServer server = new TestServer(BrokenPeersIT::sendForEver);
        ProxyFixture proxy = with(server.port(), "{client: 1m}", 100);
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      client.getInputStream().read();
      ProxyFixture.await(proxy.drain());
    }
  }

  @Test
  void aClientThatResetsWhileTheServerIsFullIsNoticedAtOnce() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (TestServer server = new TestServer(_ -> never.await());
        ProxyFixture proxy = with(server.port(), "{client: 1m}", 100)) {
      try (MiddleMan man = new MiddleMan(proxy.port());
          SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(man.port())) {
        Thread upload = Thread.ofVirtual().start(() -> uploadUntilRefused(client));
        man.awaitStandstill();
        man.reset();
        proxy.awaitClosed(CloseReason.DOWNSTREAM_RESET, 1);
        upload.join();
      }
    }
  }

  @Test
  void whatAClientSendsWhileTheServerIsAwaitedIsBounded() throws Exception {
    try (FullServer full = new FullServer();
        ProxyFixture proxy = with(full.port(), "{client: 1m}", 100);
        MiddleMan man = new MiddleMan(proxy.port());
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(man.port())) {
      long before = PlatformDependent.usedDirectMemory();
      Thread upload = Thread.ofVirtual().start(() -> uploadUntilRefused(client));
      man.awaitStandstill();
      assertThat(PlatformDependent.usedDirectMemory() - before).isLessThan(16L * MIB);
      man.reset();
      upload.join();
    }
  }

  private ProxyFixture with(int serverPort, String clientTimeouts, int maxconn) throws Exception {
    return new ProxyFixture(
        folder,
        """
        listeners:
          - name: https
            bind: 127.0.0.1:0
            tls: {keyring: web}
            backend: app
            timeout: %s
            maxconn: %d
        backends:
          - {name: app, servers: [{address: 127.0.0.1:%d}]}
        """
            .formatted(clientTimeouts, maxconn, serverPort));
  }

  private static void readOneByteAndReset(Socket socket) throws IOException {
    socket.getInputStream().read();
    socket.setSoLinger(true, 0);
  }

  private static void sendForEver(Socket socket) throws IOException {
    byte[] block = new byte[MIB];
    while (true) {
      socket.getOutputStream().write(block);
    }
  }

  private static void uploadUntilRefused(SSLSocket client) {
    byte[] block = new byte[MIB];
    try {
      for (int i = 0; i < 256; i++) {
        client.getOutputStream().write(block);
      }
    } catch (IOException _) {
      // That is what it waits for.
    }
  }

  /// Whether the connection breaks; false when it ends with a close_notify.
  private static boolean isCutOff(SSLSocket client) {
    try {
      InputStream in = client.getInputStream();
      byte[] part = new byte[MIB];
      while (in.read(part) >= 0) {
        // What was sent before the end is of no interest.
      }
      return false;
    } catch (IOException _) {
      return true;
    }
  }
}
