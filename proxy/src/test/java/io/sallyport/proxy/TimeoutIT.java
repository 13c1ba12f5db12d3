package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Nobody is waited for longer than the configuration says.
@ExtendWith(LeakCheck.class)
class TimeoutIT {
  @TempDir Path folder;

  @Test
  void aConnectionOnWhichNothingHappensIsClosed() throws Exception {
    try (TestServer server = TestServer.echo();
        ProxyFixture proxy = with(server.port(), "{client: 300ms}", "{server: 1m}");
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      client.getOutputStream().write(1);
      assertThat(client.getInputStream().read()).isEqualTo(1);
      proxy.awaitClosed(CloseReason.IDLE, 1);
    }
  }

  @Test
  void aSilentServerIsNotWaitedFor() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (TestServer server = new TestServer(_ -> never.await());
        ProxyFixture proxy = with(server.port(), "{client: 1m}", "{server: 300ms}");
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      client.getOutputStream().write(1);
      proxy.awaitClosed(CloseReason.IDLE, 1);
    }
  }

  @Test
  void aServerThatDoesNotFollowAHalfClosedClientIsNotWaitedFor() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (TestServer server = new TestServer(_ -> never.await());
        ProxyFixture proxy = with(server.port(), "{client-fin: 300ms}", "{server: 1m}");
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      client.shutdownOutput();
      proxy.awaitClosed(CloseReason.HALF_CLOSED, 1);
    }
  }

  @Test
  void aServerThatDoesNotAcceptIsNotWaitedFor() throws Exception {
    try (FullServer full = new FullServer();
        ProxyFixture proxy = with(full.port(), "{client: 1m}", "{connect: 300ms}");
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      assertThat(readFails(client)).isTrue();
      proxy.awaitClosed(CloseReason.NO_SERVER, 1);
    }
  }

  private static boolean readFails(SSLSocket client) {
    try {
      return client.getInputStream().read() < 0;
    } catch (IOException _) {
      return true;
    }
  }

  private ProxyFixture with(int serverPort, String clientTimeouts, String serverTimeouts)
      throws Exception {
    return new ProxyFixture(
        folder,
        """
        listeners:
          - name: https
            bind: 127.0.0.1:0
            tls: {keyring: web}
            backend: app
            timeout: %s
        backends:
          - {name: app, servers: [{address: 127.0.0.1:%d}], timeout: %s}
        """
            .formatted(clientTimeouts, serverPort, serverTimeouts));
  }
}
