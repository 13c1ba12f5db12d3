package io.sallyport.proxy;

import io.sallyport.config.ConfigLoader;
import io.sallyport.config.HostPort;
import io.sallyport.config.ProxyConfig;
import io.sallyport.ktls.TlsStat;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.proxy.stat.ConnectionStat;
import io.sallyport.testing.Certificates;
import io.sallyport.testing.Certificates.KeyKind;
import io.sallyport.testing.Certificates.Pair;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/// A member started from a config file, with certificates of its own.
///
/// The keyring `web` holds an ECDSA certificate for localhost and 127.0.0.1, an RSA one for the
/// same names, and one for `*.other.test`.
final class ProxyFixture implements AutoCloseable {
  final Path folder;
  final Certificates certificates;
  final Member member;
  private final int port;
  private boolean closed;

  /// @param config as in the config file, from the end of `keyrings` on; may begin with more
  ///   keyrings
  ProxyFixture(Path folder, String config) throws Exception {
    this(folder, "none", config);
  }

  /// @param admin the admin address
  /// @param config as in the config file, from the end of `keyrings` on; may begin with more
  ///   keyrings
  ProxyFixture(Path folder, String admin, String config) throws Exception {
    this.folder = folder;
    certificates = new Certificates(folder);
    Pair ecdsa = certificates.issue("ecdsa", KeyKind.P256, "localhost", "127.0.0.1");
    Pair rsa = certificates.issue("rsa", KeyKind.RSA, "localhost", "127.0.0.1");
    Pair other = certificates.issue("other", KeyKind.P384, "*.other.test");
    String keyrings =
        """
        node: {event-loops: 2, drain-timeout: 5s}
        admin: {listen: %s}
        keyrings:
          web:
            certificates:
              - {chain: %s, key: %s}
              - {chain: %s, key: %s}
              - {chain: %s, key: %s}
          rsa: {certificates: [{chain: %s, key: %s}]}
        """
            .formatted(
                admin,
                ecdsa.chain(),
                ecdsa.key(),
                rsa.chain(),
                rsa.key(),
                other.chain(),
                other.key(),
                rsa.chain(),
                rsa.key());
    member = start(folder, keyrings + config);
    port = port("https");
  }

  /// One listener named https in front of one server.
  static ProxyFixture forwardingTo(Path folder, int serverPort) throws Exception {
    return new ProxyFixture(
        folder,
        """
        listeners:
          - name: https
            bind: 127.0.0.1:0
            tls: {keyring: web, alpn: [h2, http/1.1]}
            timeout: {client-hs: 2s, client: 30s, client-fin: 5s}
            backend: app
        backends:
          - name: app
            servers: [{address: 127.0.0.1:%d}]
        """
            .formatted(serverPort));
  }

  static Member start(Path folder, String text) throws Exception {
    Path file = Files.writeString(folder.resolve("sallyport.yaml"), text);
    ProxyConfig config =
        switch (ConfigLoader.load(file)) {
          case ConfigLoader.Loaded(ProxyConfig loaded) -> loaded;
          case ConfigLoader.Rejected(var errors) -> throw new AssertionError(errors);
        };
    return switch (Keyrings.load(config)) {
      case Keyrings.Loaded(var store, _) -> await(Member.start(config, store));
      case Keyrings.Rejected(var errors) -> throw new AssertionError(errors);
    };
  }

  /// The port of the listener named https.
  int port() {
    return port;
  }

  /// The port of the listener of this name.
  int port(String listener) {
    return Objects.requireNonNull(await(member.addresses()).get(listener)).port();
  }

  /// The address of the listener named https.
  HostPort address() {
    return new HostPort("127.0.0.1", port);
  }

  long count(TlsStat.Counter counter) {
    return await(member.statistics()).loops().tls().value(counter);
  }

  ConnectionStat connections() {
    return await(member.statistics()).loops().connections();
  }

  /// Waits until `count` connections have ended for `reason`.
  void awaitClosed(CloseReason reason, long count) {
    Eventually.holds(
        () -> connections().closed(reason) == count,
        () -> "expected " + count + " connections to end with \"" + reason + "\"");
  }

  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /// Stops the member; [#close()] then does nothing more.
  Future<Void> drain() {
    closed = true;
    return member.drain();
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      await(drain());
    }
  }
}
