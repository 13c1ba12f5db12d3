package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: every byte arrives, in order, in both directions, whatever the sizes, the number of
/// connections and the pace of the peers; and memory stays bounded. Method: real clients and
/// servers on real sockets, hashes and byte comparison at both ends.
@ExtendWith(LeakCheck.class)
class RelayIT {
  private static final int MIB = 1 << 20;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void aHundredMegabytesGoDownUnharmed(String version) throws Exception {
    byte[] block = randomBlock(1);
    try (TestServer server = new TestServer(socket -> sendBlocks(socket, block, 100));
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port())) {
      Command client =
          shell(
              "openssl s_client -quiet %s -connect %s </dev/null 2>/dev/null | sha256sum"
                  .formatted(version, proxy.address()));
      assertThat(client.out()).startsWith(hashOfBlocks(block, 100));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void aHundredMegabytesGoUpUnharmed(String version) throws Exception {
    byte[] block = randomBlock(2);
    Path upload = folder.resolve("upload");
    try (OutputStream file = Files.newOutputStream(upload)) {
      for (int i = 0; i < 100; i++) {
        file.write(block);
      }
    }
    try (TestServer server = new TestServer(socket -> answerHash(socket, 100L * MIB));
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port())) {
      Command client =
          shell(
              "openssl s_client -quiet %s -connect %s <%s 2>/dev/null"
                  .formatted(version, proxy.address(), upload));
      assertThat(client.out()).isEqualTo(hashOfBlocks(block, 100));
    }
  }

  @Test
  void twoHundredConnectionsOfAllSizesGetTheirOwnBytesBack() throws Exception {
    int[] sizes = {0, 1, 16383, 16384, 16385, 5 * MIB};
    try (TestServer server = TestServer.echo();
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port());
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      TlsClient tls = new TlsClient(proxy.certificates.ca());
      List<Future<byte[]>> answers = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        byte[] data = new byte[sizes[i % sizes.length]];
        new Random(i).nextBytes(data);
        answers.add(clients.submit(() -> echo(tls.connect(proxy.port()), data)));
      }
      for (int i = 0; i < 200; i++) {
        byte[] expected = new byte[sizes[i % sizes.length]];
        new Random(i).nextBytes(expected);
        assertThat(answers.get(i).get(120, TimeUnit.SECONDS)).isEqualTo(expected);
      }
      proxy.awaitClosed(CloseReason.COMPLETE, 200);
      assertThat(proxy.connections().open()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aClientThatHalfClosesStillGetsItsAnswer(String version) throws Exception {
    try (TestServer server = new TestServer(RelayIT::answerAfterTheEnd);
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port());
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port(), version)) {
      client.getOutputStream().write("question".getBytes(StandardCharsets.US_ASCII));
      client.shutdownOutput();
      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("question, answered");
      proxy.awaitClosed(CloseReason.COMPLETE, 1);
    }
  }

  @Test
  void aServerThatSpeaksFirstIsHeard() throws Exception {
    try (TestServer server =
            new TestServer(socket ->
                socket
                    .getOutputStream()
                    .write("220 ready\r\n".getBytes(StandardCharsets.US_ASCII)));
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port());
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("220 ready\r\n");
    }
  }

  @Test
  void aSlowReaderHoldsMemoryBoundedAndLosesNothing() throws Exception {
    byte[] block = randomBlock(3);
    int blocks = 256;
    AtomicLong sent = new AtomicLong();
    try (TestServer server =
            new TestServer(socket -> {
              for (int i = 0; i < blocks; i++) {
                socket.getOutputStream().write(block);
                sent.addAndGet(block.length);
              }
            });
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port());
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      long before = PlatformDependent.usedDirectMemory();
      Eventually.standsStill(sent);
      assertThat(sent.get()).isLessThan((long) blocks * MIB);
      assertThat(PlatformDependent.usedDirectMemory() - before).isLessThan(16L * MIB);
      MessageDigest hash = MessageDigest.getInstance("SHA-256");
      InputStream in = new DigestInputStream(client.getInputStream(), hash);
      assertThat(in.transferTo(OutputStream.nullOutputStream())).isEqualTo((long) blocks * MIB);
      assertThat(HexFormat.of().formatHex(hash.digest())).isEqualTo(hashOfBlocks(block, blocks));
    }
  }

  @Test
  void aSlowServerHoldsMemoryBoundedAndLosesNothing() throws Exception {
    byte[] block = randomBlock(4);
    int blocks = 64;
    AtomicLong sent = new AtomicLong();
    java.util.concurrent.CountDownLatch read = new java.util.concurrent.CountDownLatch(1);
    try (TestServer server =
            new TestServer(socket -> {
              read.await();
              answerHash(socket, (long) blocks * MIB);
            });
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port());
        SSLSocket client = new TlsClient(proxy.certificates.ca()).connect(proxy.port())) {
      long before = PlatformDependent.usedDirectMemory();
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int i = 0; i < blocks; i++) {
                    client.getOutputStream().write(block);
                    sent.addAndGet(block.length);
                  }
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      Eventually.standsStill(sent);
      assertThat(sent.get()).isLessThan((long) blocks * MIB);
      assertThat(PlatformDependent.usedDirectMemory() - before).isLessThan(16L * MIB);
      read.countDown();
      byte[] answer = client.getInputStream().readAllBytes();
      writer.join();
      assertThat(answer).asString().isEqualTo(hashOfBlocks(block, blocks));
    }
  }

  private static byte[] echo(SSLSocket client, byte[] data) throws IOException {
    try (client) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  client.getOutputStream().write(data);
                  client.shutdownOutput();
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      byte[] answer = client.getInputStream().readAllBytes();
      writer.join();
      return answer;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void answerAfterTheEnd(Socket socket) throws IOException {
    byte[] question = socket.getInputStream().readAllBytes();
    socket.getOutputStream().write(question);
    socket.getOutputStream().write(", answered".getBytes(StandardCharsets.US_ASCII));
  }

  private static void sendBlocks(Socket socket, byte[] block, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      socket.getOutputStream().write(block);
    }
  }

  private static void answerHash(Socket socket, long length) throws Exception {
    MessageDigest hash = MessageDigest.getInstance("SHA-256");
    DataInputStream in = new DataInputStream(socket.getInputStream());
    byte[] part = new byte[MIB];
    for (long left = length; left > 0; left -= MIB) {
      in.readFully(part);
      hash.update(part);
    }
    socket
        .getOutputStream()
        .write(HexFormat.of().formatHex(hash.digest()).getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] randomBlock(long seed) {
    byte[] block = new byte[MIB];
    new Random(seed).nextBytes(block);
    return block;
  }

  private static String hashOfBlocks(byte[] block, int count) throws Exception {
    MessageDigest hash = MessageDigest.getInstance("SHA-256");
    for (int i = 0; i < count; i++) {
      hash.update(block);
    }
    return HexFormat.of().formatHex(hash.digest());
  }

  private static Command shell(String script) {
    return Command.run("sh", "-c", script);
  }
}
