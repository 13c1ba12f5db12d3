package io.sallyport.proxy.admin;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.sallyport.cluster.ClusterKeyringStore;
import io.sallyport.cluster.KeyringOperations;
import io.sallyport.config.HostPort;
import io.sallyport.envelope.KeyEncryptionKey;
import io.sallyport.envelope.KeyEncryptionKeys;
import io.sallyport.ktls.SecretBytes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;

/// A cluster of one member, on the loopback, and the member's admin server.
public final class KeysFixture implements AutoCloseable {
  private static final int LIMIT_MS = 60_000;

  // Held, since the JDK holds loggers weakly.
  private static final Logger HAZELCAST = Logger.getLogger("com.hazelcast");

  private final Path dataDir;
  private final HazelcastInstance hazelcast;
  private final KeyEncryptionKeys keys;
  private final ClusterKeyringStore store;
  private final Vertx vertx;
  private final HostPort address;

  public KeysFixture(Path dataDir) throws IOException {
    this.dataDir = dataDir;
    HAZELCAST.setLevel(Level.SEVERE);
    hazelcast = Hazelcast.newHazelcastInstance(config());
    SecureRandom random = new SecureRandom();
    keys =
        new KeyEncryptionKeys(
            List.of(KeyEncryptionKey.of(SecretBytes.wiping(new byte[32]), random)));
    store = ClusterKeyringStore.open(hazelcast, keys, "edge-1");
    vertx = Vertx.vertx();
    KeysHandler handler =
        new KeysHandler(
            vertx,
            AdminToken.write(dataDir),
            new KeyringOperations(store, random, InstantSource.system()));
    address =
        new AdminServer(
                vertx,
                new HostPort("127.0.0.1", 0),
                () -> Future.failedFuture("no statistics"),
                Optional.empty(),
                Optional.of(handler))
            .listen()
            .toCompletionStage()
            .toCompletableFuture()
            .join();
  }

  private static Config config() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      port = free.getLocalPort();
    }
    Config config = new Config();
    config.setClusterName("test-" + UUID.randomUUID());
    config.setProperty("hazelcast.logging.type", "jdk");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    config.setProperty("hazelcast.socket.bind.any", "false");
    config.setProperty("hazelcast.partition.count", "31");
    config.getJetConfig().setEnabled(false);
    NetworkConfig network = config.getNetworkConfig();
    network.setPort(port).setPortAutoIncrement(false);
    network.getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    JoinConfig join = network.getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    return config;
  }

  /// Where the admin server listens.
  public HostPort address() {
    return address;
  }

  /// Where its token is.
  public Path dataDir() {
    return dataDir;
  }

  /// The member's keyrings.
  public ClusterKeyringStore store() {
    return store;
  }

  /// Sends these bytes, and answers with everything that comes until the server closes.
  String exchange(String request) {
    try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), address.port())) {
      socket.setSoTimeout(LIMIT_MS);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
    store.close();
    keys.close();
    hazelcast.shutdown();
  }
}
