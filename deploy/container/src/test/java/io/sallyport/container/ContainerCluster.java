package io.sallyport.container;

import static java.util.Objects.requireNonNull;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Network.Ipam;
import io.sallyport.testing.Certificates;
import io.sallyport.testing.Certificates.KeyKind;
import io.sallyport.testing.Certificates.Pair;
import io.sallyport.testing.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Network;

/// Three members in containers, `member-1` to `member-3`, started by the constructor. All of them
/// may use both keyrings.
final class ContainerCluster implements AutoCloseable {
  static final int SIZE = 3;

  /// The keyring of listener [MemberContainer#HTTPS].
  static final String WEB = "web";

  /// The keyring of listener [MemberContainer#MORE].
  static final String MORE = "more";

  private static final String BASE = "sallyport-base:25";
  private static final String IMAGE = "sallyport-test:latest";

  /// Addresses below are the network's own.
  private static final int FIRST_HOST = 10;

  final Certificates certificates;
  final TlsClient client;
  private final Network network;
  private final List<MemberContainer> members = new ArrayList<>();
  private final List<String> addresses;
  private final Pair site;
  private final String key;
  private final int serverPort;
  private final String logs;

  /// Where no Docker answers, or has no base image, the test is skipped. Builds the image of the
  /// product.
  static void prepare() {
    Assumptions.assumeTrue(
        DockerClientFactory.instance().isDockerAvailable(),
        "found no Docker, so members in containers are not tested: run deploy/container/docker-up");
    Assumptions.assumeTrue(
        hasImage(DockerClientFactory.lazyClient(), BASE),
        "found no image " + BASE + " to put members on: run deploy/container/docker-up");
    Command built = Command.run(folder().resolve("build-image").toString(), IMAGE, BASE);
    if (built.exitCode() != 0) {
      throw new AssertionError("build-image: " + built.out());
    }
  }

  private static boolean hasImage(DockerClient docker, String image) {
    try {
      docker.inspectImageCmd(image).exec();
      return true;
    } catch (NotFoundException _) {
      return false;
    }
  }

  /// @param holders how many of the members, the first ones, have the key-encryption key; the
  ///   others are edges
  /// @param mode of the keyrings
  /// @param what is tested, for the names of the members' logs in `target`
  ContainerCluster(Path folder, int holders, String mode, int serverPort, String what)
      throws Exception {
    this.serverPort = serverPort;
    this.logs = what.replaceAll("[^a-z]+", "-");
    certificates = new Certificates(folder);
    client = new TlsClient(certificates.ca());
    site = certificates.issue("site", KeyKind.P256, "localhost");
    byte[] bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    key = HexFormat.of().formatHex(bytes);
    String subnet = freeSubnet();
    network = network(subnet);
    String prefix = subnet.replaceFirst("\\.\\d+/\\d+$", ".");
    addresses =
        IntStream.rangeClosed(1, SIZE).mapToObj(number -> prefix + (FIRST_HOST + number)).toList();
    for (int number = 1; number <= SIZE; number++) {
      members.add(member(number, number <= holders, mode));
    }
    try {
      // The others then find a cluster, and do not have to agree on who begins it.
      members.getFirst().start();
      CompletableFuture.allOf(
              members.stream().skip(1).map(this::startBeside).toArray(CompletableFuture[]::new))
          .join();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private CompletableFuture<Void> startBeside(MemberContainer member) {
    return CompletableFuture.runAsync(member::start, task -> Thread.ofPlatform().start(task));
  }

  /// Addresses can be chosen only in a network whose subnet was chosen, so Docker is asked for one
  /// that nobody has.
  private static String freeSubnet() {
    try (Network probe = Network.newNetwork()) {
      return requireNonNull(
              DockerClientFactory.lazyClient()
                  .inspectNetworkCmd()
                  .withNetworkId(probe.getId())
                  .exec()
                  .getIpam()
                  .getConfig())
          .getFirst()
          .getSubnet();
    }
  }

  /// Internal: it leads nowhere, so clients' ports are those of the default network.
  private static Network network(String subnet) {
    return Network.builder()
        .createNetworkCmdModifier(command ->
            command
                .withInternal(true)
                .withIpam(new Ipam().withConfig(new Ipam.Config().withSubnet(subnet))))
        .build();
  }

  private MemberContainer member(int number, boolean isHolder, String mode) {
    String name = "member-" + number;
    Pair link = certificates.issue(name, KeyKind.P256, name);
    String all =
        addresses.stream()
            .map(address -> "\"" + address + ":5701\"")
            .collect(Collectors.joining(", "));
    String head =
        """
        node: {name: %s, event-loops: 1, data-dir: /var/lib/sallyport, drain-timeout: 1s}
        cluster:
          name: containers
          bind: %s:5701
          members: [%s]
          link: {chain: %s.pem, key: %s.key, ca: ca.pem}
        """
            .formatted(name, addresses.get(number - 1), all, name, name);
    String keys =
        """
          key-encryption-keys: [{environment: KEK}]
        keyrings:
          web: {certificates: [{chain: site.pem, key: site.key}], mode: %s, members: [member-3]}
          more: {certificates: [{chain: site.pem, key: site.key}], mode: %s, members: [member-3]}
        """
            .formatted(mode, mode);
    String rest =
        """
        listeners:
          - {name: https, bind: 0.0.0.0:8443, tls: {keyring: web}, backend: app}
          - {name: more, bind: 0.0.0.0:8444, tls: {keyring: more}, backend: app}
        backends:
          - {name: app, servers: [{address: backend:%d}]}
        """
            .formatted(serverPort);
    List<Path> files = new ArrayList<>(List.of(link.chain(), link.key(), certificates.ca()));
    if (isHolder) {
      files.addAll(List.of(site.chain(), site.key()));
    }
    return new MemberContainer(
        IMAGE,
        network,
        name,
        addresses.get(number - 1),
        head + (isHolder ? keys : "  holders: [member-1, member-2]\n") + rest,
        files,
        isHolder ? Map.of("KEK", key) : Map.of());
  }

  /// @param number from 1
  MemberContainer member(int number) {
    return members.get(number - 1);
  }

  List<MemberContainer> members() {
    return List.copyOf(members);
  }

  /// Leaves the logs of the members behind.
  @Override
  public void close() {
    for (MemberContainer member : members) {
      writeLog(member);
    }
    members.parallelStream().forEach(MemberContainer::close);
    network.close();
  }

  private void writeLog(MemberContainer member) {
    Path target = folder().resolve("target");
    try {
      Files.createDirectories(target);
      Files.writeString(target.resolve(logs + "-" + member.name + ".log"), member.log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Where this module is.
  private static Path folder() {
    return Path.of(requireNonNull(System.getProperty("container.folder")));
  }
}
