package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.sallyport.config.ConfigLoader;
import io.sallyport.config.HostPort;
import io.sallyport.config.ProxyConfig;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.handshake.PostHandshake;
import io.sallyport.handshake.Session;
import io.sallyport.keyring.KeySerial;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.SessionKeys;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.testing.LeakCheck;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Goal: whom the configuration wants verified gets nothing without it, even when an agent is at
/// fault. Method: an agent that answers every request with a session, and verifies nobody.
@ExtendWith(LeakCheck.class)
class CarelessAgentIT {
  @TempDir Path folder;
  private final LogLines log = new LogLines();

  @AfterEach
  void stopListening() {
    log.close();
  }

  @Test
  void aClientThatWasNotVerifiedIsNotLetInWhereThatIsRequired() throws Exception {
    assertThat(firstByteAtServerBehind("{keyring: web, client-auth: required}", ""))
        .isNotCompleted();
    log.awaitLine("handshake failed: client was not verified");
  }

  @Test
  void aServerThatWasNotVerifiedGetsNoDataWhereThatIsRequired() throws Exception {
    assertThat(firstByteAtServerBehind("{keyring: web}", "tls: {keyring: web}"))
        .as("the end, without data")
        .succeedsWithin(20, TimeUnit.SECONDS)
        .isEqualTo(-1);
    log.awaitLine("handshake failed: the server was not verified");
  }

  /// What the server reads first, once the connection of a client that sends something has ended.
  private CompletableFuture<Integer> firstByteAtServerBehind(String listenerTls, String backendTls)
      throws Exception {
    CompletableFuture<Integer> firstByte = new CompletableFuture<>();
    Vertx vertx = Vertx.vertx();
    try (TestServer server = new TestServer(socket -> firstByte.complete(firstByteOf(socket)))) {
      ProxyVerticle proxy =
          new ProxyVerticle(shared(vertx, config(listenerTls, backendTls, server)));
      ProxyFixture.await(vertx.deployVerticle(proxy));
      HostPort address = Objects.requireNonNull(ProxyFixture.await(proxy.addresses()).get("https"));
      try (Socket client = new Socket(InetAddress.getLoopbackAddress(), address.port())) {
        client.getOutputStream().write(1);
        client.setSoTimeout(20_000);
        readToTheEnd(client);
      }
      Eventually.holds(
          () -> ended(proxy) == 1, () -> "expected the connection to end without being verified");
      return firstByte;
    } finally {
      ProxyFixture.await(vertx.close());
    }
  }

  private static long ended(ProxyVerticle proxy) {
    var connections = ProxyFixture.await(proxy.statistics()).connections();
    return connections.closed(CloseReason.HANDSHAKE) + connections.closed(CloseReason.NO_SERVER);
  }

  /// -1 for a reset, too.
  private static int firstByteOf(Socket socket) {
    try {
      return socket.getInputStream().read();
    } catch (IOException _) {
      return -1;
    }
  }

  private static void readToTheEnd(Socket client) {
    try {
      client.getInputStream().readAllBytes();
    } catch (IOException _) {
      // A reset is an end, too.
    }
  }

  private ProxyConfig config(String listenerTls, String backendTls, TestServer server)
      throws IOException {
    // Nobody looks into them.
    Files.writeString(folder.resolve("empty.pem"), "");
    Path file =
        Files.writeString(
            folder.resolve("sallyport.yaml"),
            """
            keyrings:
              web:
                certificates: [{chain: empty.pem, key: empty.pem}]
                client-ca: empty.pem
                server-ca: empty.pem
            listeners:
              - {name: https, bind: 127.0.0.1:0, tls: %s, backend: app}
            backends:
              - name: app
                servers: [{address: 127.0.0.1:%d}]
                %s
            """
                .formatted(listenerTls, server.port(), backendTls));
    return switch (ConfigLoader.load(file)) {
      case ConfigLoader.Loaded(ProxyConfig loaded) -> loaded;
      case ConfigLoader.Rejected(var errors) -> throw new AssertionError(errors);
    };
  }

  private static ProxyVerticle.Shared shared(Vertx vertx, ProxyConfig config) {
    return ProxyVerticle.Shared.of(
        vertx, config, AeadBackend.probe(), PooledByteBufAllocator.DEFAULT, new CarelessAgent());
  }

  private static final class CarelessAgent implements HandshakeService {
    @Override
    public Submission submit(HandshakeRequest request, Answers answers) {
      Thread.ofVirtual().start(() -> answers.answer(established()));
      return new Submission.Accepted(new Done());
    }

    private static HandshakeAnswer established() {
      return new HandshakeAnswer.Established(
          Unpooled.EMPTY_BUFFER,
          Unpooled.EMPTY_BUFFER,
          new SessionKeys.Fixed(key(), key()),
          Unpooled.EMPTY_BUFFER,
          PostHandshake.NONE,
          KeySerial.NONE,
          new Session(
              TlsVersion.TLS_1_2,
              "ECDHE-ECDSA-AES128-GCM-SHA256",
              "x25519",
              null,
              null,
              false,
              16384));
    }

    private static CryptoInfo key() {
      return new CryptoInfo(
          TlsVersion.TLS_1_2,
          CipherType.AES_GCM_128,
          SecretBytes.wiping(new byte[16]),
          SecretBytes.wiping(new byte[12]),
          1);
    }
  }

  private static final class Done implements HandshakeService.Exchange {
    @Override
    public void received(ByteBuf bytes) {
      bytes.release();
    }

    @Override
    public void cancel() {}
  }
}
