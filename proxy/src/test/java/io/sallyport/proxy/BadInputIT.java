package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.ktls.TlsStat.Counter;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Goal: whatever arrives, the peer gets the alert that the RFC names, the reason is counted,
/// nothing is lost and the next client is served. Method: raw sockets, a middle-man that spoils
/// records of a real client, and a look at the process's descriptors before and after.
@ExtendWith(LeakCheck.class)
class BadInputIT {
  @TempDir Path folder;
  private TestServer server;
  private ProxyFixture proxy;
  private final LogLines log = new LogLines();
  private int sockets;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.echo();
    proxy = ProxyFixture.forwardingTo(folder, server.port());
    goodClientIsServed();
    sockets = openSockets();
  }

  @AfterEach
  void theProcessIsHealthy() throws Exception {
    goodClientIsServed();
    Eventually.holds(
        () -> proxy.connections().open() == 0, () -> "a connection stays open for ever");
    Eventually.holds(
        () -> openSockets() <= sockets,
        () -> "sockets leak: " + sockets + " before, " + openSockets() + " now");
    proxy.close();
    server.close();
    log.close();
  }

  @Test
  void plainHttpIsClosedAndNamed() throws Exception {
    byte[] answer =
        send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    assertThat(answer).as("no TLS to someone who speaks none").isEmpty();
    proxy.awaitClosed(CloseReason.HANDSHAKE, 1);
    log.awaitLine("handshake failed: plain HTTP request on a TLS port");
  }

  @Test
  void garbageIsClosedAndNamed() throws Exception {
    byte[] garbage = new byte[4096];
    new Random(1).nextBytes(garbage);
    garbage[0] = 0x55;
    assertThat(send(garbage)).isEmpty();
    proxy.awaitClosed(CloseReason.HANDSHAKE, 1);
    log.awaitLine("handshake failed: not a TLS record");
  }

  @Test
  void anOversizeFirstRecordIsAnsweredWithRecordOverflow() throws Exception {
    byte[] answer = send(HexFormat.of().parseHex("160301ffff010000"));
    assertAlert(answer);
    assertThat(answer[6]).as("record_overflow").isEqualTo((byte) 22);
    proxy.awaitClosed(CloseReason.HANDSHAKE, 1);
  }

  @Test
  void aRecordWithAFlippedBitIsAnsweredWithBadRecordMac() throws Exception {
    try (MiddleMan man = new MiddleMan(proxy.port());
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(man.port())) {
      assertEcho(client);
      man.spoil(bytes -> bytes[9] ^= 1);
      client.getOutputStream().write(new byte[100]);
      assertThatThrownBy(() -> client.getInputStream().read())
          .hasMessageContaining("bad_record_mac");
    }
    proxy.awaitClosed(CloseReason.BAD_RECORD, 1);
    assertThat(proxy.count(Counter.TlsDecryptError)).isEqualTo(1);
  }

  @Test
  void anOversizeRecordUnderKeysIsAnsweredWithRecordOverflow() throws Exception {
    try (MiddleMan man = new MiddleMan(proxy.port());
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(man.port())) {
      assertEcho(client);
      man.spoil(bytes -> {
        bytes[3] = 0x48;
        bytes[4] = 0;
      });
      client.getOutputStream().write(new byte[100]);
      assertThatThrownBy(() -> client.getInputStream().read())
          .hasMessageContaining("record_overflow");
    }
    proxy.awaitClosed(CloseReason.BAD_RECORD, 1);
    assertThat(proxy.count(Counter.TlsDecryptError)).isZero();
  }

  @Test
  void aSilentClientIsLetGoAfterItsTime() throws Exception {
    try (Socket client = connect()) {
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
    proxy.awaitClosed(CloseReason.HANDSHAKE_UNFINISHED, 1);
    log.awaitLine("handshake not finished: not finished within 2000 ms");
  }

  @Test
  void aClientThatLeavesInMidHandshakeIsForgotten() throws Exception {
    try (Socket client = connect()) {
      client.getOutputStream().write(HexFormat.of().parseHex("1603010200010001fc0303"));
    }
    proxy.awaitClosed(CloseReason.HANDSHAKE_UNFINISHED, 1);
  }

  @Test
  void aClientThatResetsInMidHandshakeIsForgotten() throws Exception {
    try (Socket client = connect()) {
      client.getOutputStream().write(HexFormat.of().parseHex("1603010200010001fc0303"));
      client.setSoLinger(true, 0);
    }
    proxy.awaitClosed(CloseReason.HANDSHAKE_UNFINISHED, 1);
  }

  @Test
  void aClientThatClosesWithoutCloseNotifyIsTruncated() throws Exception {
    try (MiddleMan man = new MiddleMan(proxy.port());
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(man.port())) {
      assertEcho(client);
      man.cut();
      proxy.awaitClosed(CloseReason.TRUNCATED, 1);
    }
  }

  @Test
  void aClientCanDenyTheCertificate() throws Exception {
    Command curl = Command.run("curl", "-sS", "https://localhost:" + proxy.port() + "/");
    assertThat(curl.exitCode()).isEqualTo(60);
    Eventually.holds(
        () ->
            proxy.connections().closed(CloseReason.ALERTED)
                    + proxy.connections().closed(CloseReason.HANDSHAKE)
                == 1,
        () -> "the client's alert was not counted");
  }

  @Test
  void aThousandBadClientsLeaveNothingBehind() throws Exception {
    Random random = new Random(7);
    for (int i = 0; i < 1000; i++) {
      try (Socket client = connect()) {
        byte[] bytes = new byte[random.nextInt(300)];
        random.nextBytes(bytes);
        if (bytes.length > 5 && random.nextBoolean()) {
          bytes[0] = 0x16;
          bytes[1] = 3;
          bytes[2] = 1;
          bytes[3] = 0;
        }
        client.getOutputStream().write(bytes);
      }
    }
    Eventually.holds(
        () ->
            proxy.connections().closed(CloseReason.HANDSHAKE)
                    + proxy.connections().closed(CloseReason.HANDSHAKE_UNFINISHED)
                == 1000,
        () -> "not all bad clients were counted");
  }

  private void goodClientIsServed() throws Exception {
    try (SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      assertEcho(client);
    }
  }

  /// After this the proxy has everything that the client sent for its handshake.
  private static void assertEcho(SSLSocket client) throws IOException {
    client.getOutputStream().write(42);
    assertThat(client.getInputStream().read()).isEqualTo(42);
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(20_000);
    return socket;
  }

  /// Everything the proxy answers to `bytes` until it closes.
  private byte[] send(byte[] bytes) throws IOException {
    try (Socket client = connect()) {
      client.getOutputStream().write(bytes);
      client.shutdownOutput();
      return client.getInputStream().readAllBytes();
    }
  }

  private static void assertAlert(byte[] answer) {
    assertThat(answer).as("a fatal alert record").hasSize(7);
    assertThat(answer[0]).isEqualTo((byte) 21);
    assertThat(answer[5]).isEqualTo((byte) 2);
  }

  /// TCP sockets that this process has open: what a connection could leave behind.
  private static int openSockets() {
    Set<String> tcp = new HashSet<>();
    for (String table : List.of("/proc/self/net/tcp", "/proc/self/net/tcp6")) {
      try {
        Files.readAllLines(Path.of(table)).stream()
            .skip(1)
            .forEach(line -> tcp.add("socket:[" + line.strip().split(" +", -1)[9] + "]"));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
    int open = 0;
    for (File descriptor : Objects.requireNonNull(new File("/proc/self/fd").listFiles())) {
      try {
        if (tcp.contains(Files.readSymbolicLink(descriptor.toPath()).toString())) {
          open++;
        }
      } catch (IOException _) {
        // Closed since the folder was listed.
      }
    }
    return open;
  }
}
