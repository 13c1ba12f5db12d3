package io.sallyport.proxy;

import io.sallyport.proxy.cli.Main;
import io.sallyport.testing.Certificates;
import io.sallyport.testing.Certificates.KeyKind;
import io.sallyport.testing.Certificates.Pair;
import io.sallyport.testing.Command;
import io.sallyport.testing.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Three members as processes: `member-1` and `member-2` hold the key of keyring `web`, `member-3`
/// holds none and was granted it. Number N is on 127.0.0.N.
final class ProcessCluster {
  static final int HOLDER = 1;
  static final int OTHER_HOLDER = 2;
  static final int EDGE = 3;

  private static final int READER = 4;
  private static final int CLUSTER_PORTS = 3;

  final Certificates certificates;
  final Pair site;
  private final Path folder;
  private final String mode;
  private final String tickets;
  private final int serverPort;
  private final int port;

  /// @param mode of the keyring, `sign` or `relay`
  ProcessCluster(Path folder, String mode, int serverPort) throws IOException {
    this(folder, mode, "shared", serverPort);
  }

  /// @param mode of the keyring, `sign` or `relay`
  /// @param tickets of the keyring, `shared` or `sealed`
  ProcessCluster(Path folder, String mode, String tickets, int serverPort) throws IOException {
    this.folder = folder;
    this.mode = mode;
    this.tickets = tickets;
    this.serverPort = serverPort;
    certificates = new Certificates(folder);
    site = certificates.issue("site", KeyKind.P256, "localhost", "127.0.0.1", "127.0.0.3");
    port = FreePorts.inARow(CLUSTER_PORTS + EDGE, EDGE);
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    Path file = Files.writeString(folder.resolve("kek"), HexFormat.of().formatHex(key));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  int adminPort(int number) {
    return port + CLUSTER_PORTS + number - 1;
  }

  /// Where a member keeps its audit log.
  Path dataDir(int number) {
    return folder.resolve("data-" + number);
  }

  /// What `sallyport keys` prints about a running member.
  String keys(int number, String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "keys"));
    command.addAll(List.of(words));
    command.addAll(List.of("-c", folder.resolve("member-" + number + ".yaml").toString()));
    Command ended = Command.run(new byte[0], command);
    if (ended.exitCode() != 0) {
      throw new AssertionError(command + ": " + ended.out());
    }
    return ended.out();
  }

  MemberProcess start(int number) throws IOException {
    return start(number, "{keyring: web}");
  }

  /// @param tls of its listener
  MemberProcess start(int number, String tls) throws IOException {
    return new MemberProcess(configFile(number, tls));
  }

  /// A member in this process which has the key-encryption key and looks at the ticket keys.
  ///
  /// @param clock what it takes for now
  TicketKeysReader reader(InstantSource clock) throws Exception {
    return TicketKeysReader.join(configFile(READER, "{keyring: web}"), clock);
  }

  private Path configFile(int number, String tls) throws IOException {
    Pair link = certificates.issue("member-" + number, KeyKind.P256, "member-" + number);
    String head =
        """
        node: {name: member-%d, event-loops: 1, data-dir: %s, drain-timeout: 1s}
        admin: {listen: 127.0.0.1:%d}
        cluster:
          name: processes
          bind: 127.0.0.%d:%d
          members: [%s]
          link: {chain: %s, key: %s, ca: %s}
        """
            .formatted(
                number,
                dataDir(number),
                adminPort(number),
                number,
                port,
                IntStream.rangeClosed(1, Math.max(EDGE, number))
                    .mapToObj(member -> "127.0.0." + member + ":" + port)
                    .collect(Collectors.joining(", ")),
                link.chain(),
                link.key(),
                certificates.ca());
    String encryptionKey = "  key-encryption-key-file: %s\n".formatted(folder.resolve("kek"));
    String keyrings =
        """
        keyrings:
          web:
            certificates: [{chain: %s, key: %s}]
            mode: %s
            tickets: %s
            members: [member-3]
        """
            .formatted(site.chain(), site.key(), mode, tickets);
    String keys =
        switch (number) {
          case EDGE -> "  holders: [member-1, member-2]\n";
          case READER -> encryptionKey;
          default -> encryptionKey + keyrings;
        };
    String rest =
        """
        listeners:
          - {name: https, bind: 127.0.0.%d:0, tls: %s, backend: app}
        backends:
          - {name: app, servers: [{address: 127.0.0.1:%d}]}
        """
            .formatted(number, tls, serverPort);
    return Files.writeString(folder.resolve("member-" + number + ".yaml"), head + keys + rest);
  }
}
