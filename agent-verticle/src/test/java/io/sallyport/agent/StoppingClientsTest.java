package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import io.sallyport.agent.HostileStage.Scene;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.testing.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Goal: clients that fall silent are gone after the timeout, wherever they stopped, and leave
/// nothing behind. Method: a thousand over TCP, each of which says a part of what a good one says.
@Timeout(120)
@ExtendWith(LeakCheck.class)
class StoppingClientsTest {
  private static final int CLIENTS = 1000;
  private static final int TIMEOUT_MS = 1000;

  /// The client may have a certificate or none.
  private static final List<Scene> SCENES =
      List.of(
          Scene.CLIENT_TLS_1_3,
          Scene.CLIENT_TLS_1_3_RETRY,
          Scene.CLIENT_TLS_1_3_CERTIFICATE,
          Scene.CLIENT_TLS_1_2,
          Scene.CLIENT_TLS_1_2_CERTIFICATE);

  @TempDir private Path folder;

  @SuppressWarnings("NullAway.Init")
  private HostileStage stage;

  @SuppressWarnings("NullAway.Init")
  private AgentThreads agent;

  @SuppressWarnings("NullAway.Init")
  private TestServer server;

  @BeforeEach
  void start() {
    stage = new HostileStage(folder);
    agent = new AgentThreads(stage.store(), new AgentOptions(2, 10_000));
    agent.start();
    TlsPolicy policy =
        TlsPolicy.DEFAULT.withClientAuth(new ClientAuth(ClientAuth.Mode.OPTIONAL, List.of()));
    server = new TestServer(agent, HostileStage.KEYRING, policy, TIMEOUT_MS);
  }

  @AfterEach
  void stop() throws InterruptedException {
    server.close();
    agent.stop();
    stage.close();
  }

  @Test
  void aThousandAreGoneAfterTheTimeout() throws Exception {
    assertIsServed();
    assertThat(next()).isInstanceOf(HandshakeOutcome.Established.class);
    awaitClosed();
    long pinned = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
    List<Socket> clients = new ArrayList<>();
    try {
      List<Integer> lengths = new ArrayList<>();
      for (Scene scene : SCENES) {
        lengths.add(length(scene));
      }
      int cuts = CLIENTS / SCENES.size();
      for (int i = 0; i < CLIENTS; i++) {
        int scene = i % SCENES.size();
        // A signature can be a few bytes shorter than the one that was measured.
        int last = lengths.get(scene) - 8;
        clients.add(stopping(SCENES.get(scene), i / SCENES.size() * last / (cuts - 1)));
      }
      assertIsServed();
      assertReasons();
      for (Socket client : clients) {
        assertIsClosed(client);
      }
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
    assertNothingIsLeft(pinned);
    assertIsServed();
  }

  private void assertReasons() throws InterruptedException {
    Map<FailureReason, Integer> reasons = new EnumMap<>(FailureReason.class);
    int established = 0;
    for (int i = 0; i < CLIENTS + 1; i++) {
      switch (next()) {
        case HandshakeOutcome.Failed failed -> reasons.merge(failed.reason(), 1, Integer::sum);
        case HandshakeOutcome.Established _ -> established++;
      }
    }
    assertThat(established).as("good clients").isEqualTo(1);
    assertThat(reasons)
        .isEqualTo(
            Map.of(
                FailureReason.TIMEOUT_BEFORE_HELLO,
                SCENES.size(),
                FailureReason.TIMEOUT_WAITING_FOR_PEER,
                CLIENTS - SCENES.size()));
  }

  private void assertNothingIsLeft(long pinned) throws InterruptedException {
    assertThat(agent.pending()).isZero();
    assertThat(agent.live()).isZero();
    awaitClosed();
    assertThat(server.connections().size()).isZero();
    assertThat(PooledByteBufAllocator.DEFAULT.pinnedDirectMemory()).isEqualTo(pinned);
  }

  private void awaitClosed() throws InterruptedException {
    assertThat(server.connections().newCloseFuture().await(10, TimeUnit.SECONDS)).isTrue();
  }

  private HandshakeOutcome next() throws InterruptedException {
    HandshakeOutcome outcome = server.outcomes().poll(20, TimeUnit.SECONDS);
    assertThat(outcome).as("an outcome within 20 s").isNotNull();
    return Objects.requireNonNull(outcome);
  }

  private Socket connected() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  /// Bytes that the client of a scene sends for its handshake.
  private int length(Scene scene) throws Exception {
    HostilePeer client = stage.peer(scene, -1, HostileMutation.NONE);
    int length = 0;
    try (Socket socket = connected()) {
      byte[] flight = client.flight();
      length += flight.length;
      while (!client.messages().contains("finished")) {
        socket.getOutputStream().write(flight);
        client.receive(heard(socket));
        flight = client.flight();
        length += flight.length;
      }
    }
    // It left before its last flight.
    assertThat(next()).isInstanceOf(HandshakeOutcome.Failed.class);
    return length;
  }

  /// A connection over which the client of a scene has sent that many bytes.
  private Socket stopping(Scene scene, int bytes) throws IOException {
    HostilePeer client = stage.peer(scene, -1, HostileMutation.NONE);
    Socket socket = connected();
    int left = bytes;
    byte[] flight = client.flight();
    while (true) {
      int part = Math.min(left, flight.length);
      socket.getOutputStream().write(flight, 0, part);
      left -= part;
      if (left == 0) {
        return socket;
      }
      flight = new byte[0];
      while (flight.length == 0) {
        client.receive(heard(socket));
        flight = client.flight();
      }
    }
  }

  private static byte[] heard(Socket socket) throws IOException {
    byte[] buffer = new byte[1 << 14];
    int length = socket.getInputStream().read(buffer);
    assertThat(length).isPositive();
    return Arrays.copyOf(buffer, length);
  }

  private static void assertIsClosed(Socket socket) throws IOException {
    try {
      socket.getInputStream().readAllBytes();
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException _) {
      // Reset, which is closed too.
    }
  }

  private void assertIsServed() throws IOException {
    JdkClient client = new JdkClient(_ -> {});
    boolean asked = false;
    try (Socket socket = connected()) {
      while (client.data().isEmpty()) {
        socket.getOutputStream().write(client.flight());
        if (client.isComplete() && !asked) {
          asked = true;
          socket.getOutputStream().write(client.seal("GET / HTTP/1.1\r\n\r\n"));
        }
        client.receive(heard(socket));
      }
    }
    assertThat(client.data()).startsWith("HTTP/1.1 200 OK");
  }
}
