package io.sallyport.proxy.training;

import io.sallyport.config.HostPort;
import io.sallyport.keyring.SelfSignedCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The training of one member: its certificate, its config file, the server behind it, and the
/// clients before it, all on loopback.
public final class Training implements AutoCloseable {
  /// The name of the listener that is trained.
  public static final String LISTENER = "training";

  private final Path folder;
  private final TrainingServer server;

  private Training(Path folder, TrainingServer server) {
    this.folder = folder;
    this.server = server;
  }

  /// Makes what it needs in an empty folder, which stays the caller's.
  public static Training prepare(Path folder) throws IOException {
    Training training = new Training(folder, new TrainingServer());
    SelfSignedCertificate.writeIfMissing(training.certificate(), folder.resolve("localhost.key"));
    Files.writeString(training.configFile(), training.config());
    return training;
  }

  /// The config file, valid and ready to be loaded.
  public Path configFile() {
    return folder.resolve("training.yaml");
  }

  private Path certificate() {
    return folder.resolve("localhost.pem");
  }

  private String config() {
    return """
    node: {name: training, data-dir: ., event-loops: 1, drain-timeout: 1s}
    admin: {listen: none}
    keyrings:
      training:
        certificates: [{chain: localhost.pem, key: localhost.key}]
    listeners:
      - {name: %s, bind: 127.0.0.1:0, tls: {keyring: training}, backend: echo}
    backends:
      - {name: echo, servers: [{address: 127.0.0.1:%d}]}
    """
        .formatted(LISTENER, server.port());
  }

  /// Makes the load, by a process that says on stderr what went wrong. Blocks for some seconds.
  ///
  /// @param address of the listener
  /// @throws IOException when anything did
  public void run(HostPort address) throws IOException, InterruptedException {
    Process clients =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                TrainingClients.class.getName(),
                address.toString(),
                certificate().toString())
            .inheritIO()
            .start();
    if (clients.waitFor() != 0) {
      throw new IOException("its clients failed");
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
