package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.ktls.KeyUpdateStat;
import io.sallyport.ktls.TlsStat;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Goal: a connection outlives any number of key updates. Method: clients that really make them:
/// s_client on command, and JSSE, which updates with every record once it has passed its limit
/// (JDK-8329548, the peer of haproxy/haproxy#3450).
@ExtendWith(LeakCheck.class)
class KeyUpdateIT {
  private static final int MIB = 1 << 20;
  private static final int MEGABYTES = 16;

  @TempDir Path folder;

  @Test
  void aConversationGoesOnOverKeyUpdatesOfEitherSide() throws Exception {
    try (TestServer server = TestServer.echo();
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port());
        Client client = new Client(proxy)) {
      client.say("one");
      assertThat(client.hear()).isEqualTo("one");
      // s_client takes a line with only a k for an update, with a K for one that asks for another.
      client.say("k");
      awaitCount(proxy, KeyUpdateStat.Counter.TAKEN, 1);
      client.say("two");
      assertThat(client.hear()).isEqualTo("two");
      for (int i = 2; i < 5; i++) {
        client.say("K");
        awaitCount(proxy, KeyUpdateStat.Counter.TAKEN, i);
        awaitCount(proxy, KeyUpdateStat.Counter.ANSWERS, i - 1);
        client.say("more" + i);
        assertThat(client.hear()).isEqualTo("more" + i);
      }
      assertThat(proxy.count(TlsStat.Counter.TlsRxRekeyOk)).isEqualTo(4);
      assertThat(proxy.count(TlsStat.Counter.TlsTxRekeyOk)).isEqualTo(3);
      assertThat(proxy.count(TlsStat.Counter.TlsRxSw)).isEqualTo(1);
    }
  }

  @Test
  void anUploadOfAClientThatUpdatesItsKeyWithEveryRecordArrivesWhole() throws Exception {
    CompletableFuture<String> hash = new CompletableFuture<>();
    try (TestServer server =
            new TestServer(socket -> hash.complete(hashOf(socket.getInputStream())));
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port())) {
      Command client = jsse(proxy, "upload");
      assertThat(client.exitCode()).as(client.out()).isZero();
      assertThat(client.out().strip()).isEqualTo(hash.get(30, TimeUnit.SECONDS));
      proxy.awaitClosed(CloseReason.COMPLETE, 1);
      assertThat(keyUpdates(proxy).value(KeyUpdateStat.Counter.TAKEN)).isGreaterThan(10);
    }
  }

  /// Such a client sends no data between its key updates: only the proxy does.
  @Test
  void aDownloadOfAClientThatAsksForANewKeyAgainAndAgainArrivesWhole() throws Exception {
    byte[] content = new byte[MIB];
    new Random(5).nextBytes(content);
    try (TestServer server =
            new TestServer(socket -> {
              for (int i = 0; i < MEGABYTES; i++) {
                socket.getOutputStream().write(content);
              }
            });
        ProxyFixture proxy = ProxyFixture.forwardingTo(folder, server.port())) {
      Command client = jsse(proxy, "download");
      assertThat(client.exitCode()).as(client.out()).isZero();
      MessageDigest expected = MessageDigest.getInstance("SHA-256");
      for (int i = 0; i < MEGABYTES; i++) {
        expected.update(content);
      }
      assertThat(client.out().strip()).isEqualTo(HexFormat.of().formatHex(expected.digest()));
      assertThat(keyUpdates(proxy).value(KeyUpdateStat.Counter.TAKEN)).isGreaterThan(32);
      assertThat(keyUpdates(proxy).value(KeyUpdateStat.Counter.RUN_LIMITED)).isZero();
    }
  }

  private static String hashOf(InputStream in) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    new DigestInputStream(in, digest).transferTo(OutputStream.nullOutputStream());
    return HexFormat.of().formatHex(digest.digest());
  }

  /// A virtual machine of its own, since JSSE reads the limits of keys once.
  private Command jsse(ProxyFixture proxy, String direction) throws Exception {
    Path security =
        Files.writeString(
            folder.resolve("limits.security"),
            "jdk.tls.keyLimits=AES/GCM/NoPadding KeyUpdate 2^16\n");
    return Command.run(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Djava.security.properties=" + security,
        "-cp",
        Path.of(JsseClient.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .toString(),
        JsseClient.class.getName(),
        direction,
        Integer.toString(proxy.port()),
        Integer.toString(MEGABYTES));
  }

  private static KeyUpdateStat keyUpdates(ProxyFixture proxy) {
    return ProxyFixture.await(proxy.member.statistics()).loops().keyUpdates();
  }

  private static void awaitCount(ProxyFixture proxy, KeyUpdateStat.Counter counter, long count) {
    Eventually.holds(
        () -> keyUpdates(proxy).value(counter) == count,
        () -> "expected " + counter + " " + count + ", found " + keyUpdates(proxy).value(counter));
  }

  /// s_client, spoken to line by line.
  private static final class Client implements AutoCloseable {
    private final Process process;
    private final OutputStream in;
    private final BufferedReader out;

    Client(ProxyFixture proxy) throws IOException {
      process =
          new ProcessBuilder(
                  List.of(
                      "openssl",
                      "s_client",
                      "-tls1_3",
                      "-brief",
                      "-connect",
                      proxy.address().toString()))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      in = process.getOutputStream();
      out = process.inputReader(StandardCharsets.US_ASCII);
    }

    void say(String line) throws IOException {
      in.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      in.flush();
    }

    String hear() throws IOException {
      return out.readLine();
    }

    @Override
    public void close() throws IOException {
      in.close();
      process.destroy();
      process.onExit().join();
    }
  }
}
