package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.sallyport.config.HostPort;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which secrets are in whose memory: of a member without keys, and of two that have them and sign
/// for it, each a process of its own. Heap, native memory and stacks are searched.
@Timeout(value = 300, unit = TimeUnit.SECONDS)
final class EdgeSecretsIT {
  private static final String CLIENT_SECRET = "CLIENT_TRAFFIC_SECRET_0";
  private static final String SERVER_SECRET = "SERVER_TRAFFIC_SECRET_0";
  private static final String EXPORTER_SECRET = "EXPORTER_SECRET";
  private static final String CLIENT_KEY = "key of the client";
  private static final String SERVER_KEY = "key of the server";

  private static final int AES_128_KEY_LENGTH = 16;
  private static final String PING = "from one end to the other and back\n";

  @TempDir private Path folder;

  /// A connection that stays open, and what its client logs of its secrets.
  private static final class LiveClient implements AutoCloseable {
    private final Process process;
    private final Path keyLog;

    LiveClient(OpenSslClient client, HostPort address, Path keyLog) throws IOException {
      this.keyLog = keyLog;
      process =
          new ProcessBuilder(
                  client.command(
                      address,
                      "-tls1_3",
                      "-ciphersuites",
                      "TLS_AES_128_GCM_SHA256",
                      "-keylogfile",
                      keyLog.toString()))
              .redirectErrorStream(true)
              .start();
    }

    /// Returns when something has been to the server and back: keys are in use in both directions.
    void echo() throws IOException {
      OutputStream out = process.getOutputStream();
      out.write(PING.getBytes(StandardCharsets.US_ASCII));
      out.flush();
      BufferedReader in = process.inputReader(StandardCharsets.UTF_8);
      String line = in.readLine();
      while (line != null && !line.equals(PING.strip())) {
        line = in.readLine();
      }
      assertThat(line).as("the echo").isNotNull();
    }

    /// The secrets of the session, and the keys of AES-128-GCM that come of them.
    Map<String, byte[]> secrets() throws Exception {
      Map<String, byte[]> secrets = new HashMap<>();
      for (String line : Files.readAllLines(keyLog)) {
        String[] words = line.split(" ", 3);
        if (Set.of(CLIENT_SECRET, SERVER_SECRET, EXPORTER_SECRET).contains(words[0])) {
          byte[] secret = HexFormat.of().parseHex(words[2]);
          secrets.put(words[0], secret);
          switch (words[0]) {
            case CLIENT_SECRET -> secrets.put(CLIENT_KEY, key(secret));
            case SERVER_SECRET -> secrets.put(SERVER_KEY, key(secret));
            default -> {}
          }
        }
      }
      assertThat(secrets).hasSize(5);
      return secrets;
    }

    /// HKDF-Expand-Label with SHA-256, of one block (RFC 9846 §7.1, 8446 §7.1; §7.3 in both).
    private static byte[] key(byte[] secret) throws GeneralSecurityException {
      byte[] label = "tls13 key".getBytes(StandardCharsets.US_ASCII);
      Mac hmac = Mac.getInstance("HmacSHA256");
      hmac.init(new SecretKeySpec(secret, "HmacSHA256"));
      hmac.update(
          ByteBuffer.allocate(2 + 1 + label.length + 1 + 1)
              .putShort((short) AES_128_KEY_LENGTH)
              .put((byte) label.length)
              .put(label)
              .put((byte) 0)
              .put((byte) 1)
              .array());
      return Arrays.copyOf(hmac.doFinal(), AES_128_KEY_LENGTH);
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }

  /// Goal: with mode `sign` no secret of a client's session gets to the holders, and no private key
  /// to the edge; ticket keys get there when they are shared and not when they are sealed. Method:
  /// the secrets that a client logged of its open connection, the site's private key and the keys
  /// of the cluster's ring are looked for in the memory of all three. Each is found where it must
  /// be.
  @ParameterizedTest
  @ValueSource(strings = {"shared", "sealed"})
  void everySecretIsWhereItBelongsAndNowhereElse(String tickets) throws Exception {
    try (TestServer server = TestServer.echo()) {
      ProcessCluster cluster = new ProcessCluster(folder, "sign", tickets, server.port());
      OpenSslClient client = new OpenSslClient(cluster.certificates.ca());
      try (MemberProcess one = cluster.start(ProcessCluster.HOLDER);
          MemberProcess two = cluster.start(ProcessCluster.OTHER_HOLDER);
          MemberProcess edge = cluster.start(ProcessCluster.EDGE)) {
        one.address();
        two.address();
        try (LiveClient live = new LiveClient(client, edge.address(), folder.resolve("keylog"))) {
          live.echo();
          Map<String, byte[]> session = live.secrets();
          Map<String, byte[]> privateKey = privateKey(cluster.site.key());
          Map<String, byte[]> ring = ring(cluster);
          Map<String, byte[]> all = new LinkedHashMap<>(session);
          all.putAll(privateKey);
          all.putAll(ring);

          Set<String> onEdge = edge.memory().find(all);
          assertThat(onEdge).as("the edge").contains(CLIENT_KEY, SERVER_KEY);
          assertThat(onEdge).as("the edge").doesNotContainAnyElementsOf(privateKey.keySet());
          Path dump = folder.resolve("holder.hprof");
          for (MemberProcess holder : List.of(one, two)) {
            Set<String> found = holder.memory().find(all);
            assertThat(found).as("a holder").doesNotContainAnyElementsOf(session.keySet());
            assertThat(found).as("a holder").containsAnyElementsOf(privateKey.keySet());
            Files.deleteIfExists(dump);
            holder.dumpHeap(dump);
            byte[] heap = Files.readAllBytes(dump);
            session.forEach((name, secret) ->
                assertThat(ProcessMemory.contains(heap, heap.length, secret)).as(name).isFalse());
          }
          // A holder that only hands the ring out keeps none of it.
          Set<String> onHolders = one.memory().find(ring);
          onHolders.addAll(two.memory().find(ring));
          boolean isShared = tickets.equals("shared");
          assertThat(isShared ? onEdge : onHolders).as(tickets).containsAll(ring.keySet());
          if (!isShared) {
            assertThat(onEdge).as("the edge").doesNotContainAnyElementsOf(ring.keySet());
          }
          live.echo();
        }
      }
    }
  }

  /// The secret number as it is in the file, and as libcrypto keeps it. Without the byte that may
  /// be a sign or zero.
  private static Map<String, byte[]> privateKey(Path pem) throws Exception {
    String text = Files.readString(pem);
    int start = text.indexOf("-----\n") + 6;
    byte[] der = Base64.getMimeDecoder().decode(text.substring(start, text.indexOf("-----END")));
    ECPrivateKey key =
        (ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
    byte[] number = key.getS().toByteArray();
    byte[] bigEndian = Arrays.copyOfRange(number, Math.max(0, number.length - 31), number.length);
    byte[] littleEndian = new byte[bigEndian.length];
    for (int i = 0; i < bigEndian.length; i++) {
      littleEndian[i] = bigEndian[bigEndian.length - 1 - i];
    }
    return Map.of("private key", bigEndian, "private key, turned round", littleEndian);
  }

  /// All of them: those that seal now and next.
  private static Map<String, byte[]> ring(ProcessCluster cluster) throws Exception {
    Map<String, byte[]> ring = new HashMap<>();
    try (TicketKeysReader reader = cluster.reader(InstantSource.system())) {
      for (TicketKeysReader.Named named : reader.read()) {
        ring.put("ticket key " + named.name(), ByteBufUtil.getBytes(named.key().reveal()));
        named.key().close();
      }
    }
    assertThat(ring).hasSize(2);
    return ring;
  }
}
