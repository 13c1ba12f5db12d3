package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.testing.LeakCheck;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// A member that is told to stop accepts nothing more and lets its connections finish, for a time.
@ExtendWith(LeakCheck.class)
class DrainIT {
  @TempDir Path folder;

  @Test
  void anOpenConnectionFinishesAndANewOneIsRefused() throws Exception {
    try (TestServer server = TestServer.echo();
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port())) {
      TlsClient tls = new TlsClient(proxy.certificates.ca());
      Future<Void> drained;
      try (SSLSocket client = tls.connect(proxy.port())) {
        assertEcho(client, 1);
        drained = proxy.drain();
        Eventually.holds(() -> isRefused(tls, proxy), () -> "it still accepts");
        assertThat(drained.isComplete()).isFalse();
        assertEcho(client, 2);
      }
      ProxyFixture.await(drained);
    }
  }

  @Test
  void aConnectionThatDoesNotFinishIsClosedWhenTheTimeIsOver() throws Exception {
    try (TestServer server = TestServer.echo();
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port());
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      assertEcho(client, 1);
      ProxyFixture.await(proxy.drain());
      assertThatThrownBy(() -> assertEcho(client, 2))
          .isInstanceOfAny(IOException.class, AssertionError.class);
    }
  }

  private static boolean isRefused(TlsClient tls, ProxyFixture proxy) {
    try {
      tls.connect(proxy.port()).close();
      return false;
    } catch (IOException _) {
      return true;
    }
  }

  private static void assertEcho(SSLSocket client, int value) throws IOException {
    client.getOutputStream().write(value);
    assertThat(client.getInputStream().read()).isEqualTo(value);
  }
}
