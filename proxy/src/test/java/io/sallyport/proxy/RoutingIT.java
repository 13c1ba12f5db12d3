package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Routes by server name, servers in turn, and what happens when none is there.
@ExtendWith(LeakCheck.class)
class RoutingIT {
  @TempDir Path folder;

  @Test
  void theServerNameChoosesTheBackendAndAnUnknownOneIsRefused() throws Exception {
    try (TestServer one = saying("one");
        TestServer two = saying("two");
        ProxyFixture proxy =
            new ProxyFixture(
                folder,
                """
                listeners:
                  - name: https
                    bind: 127.0.0.1:0
                    tls: {keyring: web}
                    routes:
                      - {sni: [localhost], backend: one}
                      - {sni: ["*.other.test"], backend: two}
                backends:
                  - {name: one, servers: [{address: 127.0.0.1:%d}]}
                  - {name: two, servers: [{address: 127.0.0.1:%d}]}
                """
                    .formatted(one.port(), two.port()))) {
      assertThat(s_client(proxy, "-servername", "localhost").out()).contains("one");
      assertThat(s_client(proxy, "-servername", "a.other.test").out()).contains("two");
      assertThat(s_client(proxy, "-servername", "a.b.other.test").out()).contains("number 112");
      assertThat(s_client(proxy, "-noservername").out()).contains("number 112");
      proxy.awaitClosed(CloseReason.NO_ROUTE, 2);
    }
  }

  @Test
  void aDeadServerIsPassedOver() throws Exception {
    try (TestServer alive = saying("alive");
        ProxyFixture proxy = forwardingToServers(List.of(deadPort(), alive.port(), deadPort()))) {
      for (int i = 0; i < 6; i++) {
        assertThat(s_client(proxy).out()).contains("alive");
      }
    }
  }

  @Test
  void aDeadBackendIsAnInternalErrorToTheClient() throws Exception {
    try (ProxyFixture proxy = forwardingToServers(List.of(deadPort(), deadPort()))) {
      assertThat(s_client(proxy).out()).contains("alert number 80");
      proxy.awaitClosed(CloseReason.NO_SERVER, 1);
    }
  }

  private ProxyFixture forwardingToServers(List<Integer> ports) throws Exception {
    StringBuilder servers = new StringBuilder();
    for (int port : ports) {
      servers.append("      - {address: 127.0.0.1:").append(port).append("}\n");
    }
    return new ProxyFixture(
        folder,
        """
        listeners:
          - {name: https, bind: 127.0.0.1:0, tls: {keyring: web}, backend: app}
        backends:
          - name: app
            servers:
        """
            + servers);
  }

  private static TestServer saying(String word) throws IOException {
    return new TestServer(socket ->
        socket.getOutputStream().write((word + "\n").getBytes(StandardCharsets.US_ASCII)));
  }

  private static int deadPort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static Command s_client(ProxyFixture proxy, String... options) {
    List<String> words =
        new java.util.ArrayList<>(
            List.of("openssl", "s_client", "-ign_eof", "-connect", proxy.address().toString()));
    words.addAll(List.of(options));
    return Command.run(new byte[0], words);
  }
}
