package io.sallyport.container;

import static java.util.Objects.requireNonNull;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.Ports;
import io.sallyport.config.HostPort;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.output.OutputFrame;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/// The image as one member. Clients and the servers behind it use the default network, members the
/// cluster's, so that either can be cut alone.
final class MemberContainer implements AutoCloseable {
  static final int HTTPS = 8443;

  /// A second listener, with a keyring of its own.
  static final int MORE = 8444;

  private static final String CONFIG = "/etc/sallyport/";
  private static final String LISTENING = "listening on .* \\(https\\)";
  private static final Duration START_MAX = Duration.ofSeconds(90);

  final String name;
  private final String address;
  private final Network network;
  private final Connected container;

  /// Guarded by this.
  private final List<String> lines = new ArrayList<>();

  /// Takes part in the cluster's network from its start.
  private static final class Connected extends GenericContainer<Connected> {
    private final Network network;
    private final String address;

    Connected(String image, Network network, String address) {
      super(DockerImageName.parse(image));
      this.network = network;
      this.address = address;
    }

    @Override
    protected void containerIsCreated(String id) {
      connect(getDockerClient(), id, network, address);
    }
  }

  /// @param address in the cluster's network
  /// @param config text of the config file
  /// @param files to lie beside it
  MemberContainer(
      String image,
      Network network,
      String name,
      String address,
      String config,
      List<Path> files,
      Map<String, String> environment) {
    this.name = name;
    this.address = address;
    this.network = network;
    container =
        new Connected(image, network, address)
            .withExposedPorts(HTTPS, MORE)
            .withExtraHost("backend", "host-gateway")
            .withEnv(environment)
            .withEnv("SALLYPORT_JAVA_OPTS", "-XX:TieredStopAtLevel=1 -Xmx128m")
            .withCopyToContainer(Transferable.of(config), CONFIG + "sallyport.yaml")
            .withLogConsumer(this::add)
            .waitingFor(
                Wait.forLogMessage("(?s).*" + LISTENING + ".*", 1).withStartupTimeout(START_MAX));
    for (Path file : files) {
      container.withCopyFileToContainer(readable(file), CONFIG + file.getFileName());
    }
  }

  /// The image's user is not that of the files here.
  private static MountableFile readable(Path file) {
    return MountableFile.forHostPath(file, 0644);
  }

  /// Puts files beside the config of the running member.
  void copy(List<Path> files) {
    for (Path file : files) {
      container.copyFileToContainer(readable(file), CONFIG + file.getFileName());
    }
  }

  void start() {
    container.start();
  }

  private synchronized void add(OutputFrame frame) {
    lines.add(frame.getUtf8StringWithoutLineEnding());
    notifyAll();
  }

  /// Returns when it has said something that fits so many times since it was started.
  synchronized void awaitLines(String pattern, int count) throws InterruptedException {
    while (lines.stream().filter(line -> line.matches(".*" + pattern + ".*")).count() < count) {
      wait();
    }
  }

  /// How often it has said something that fits.
  synchronized int lines(String pattern) {
    return (int) lines.stream().filter(line -> line.matches(".*" + pattern + ".*")).count();
  }

  /// What it said so far.
  synchronized String log() {
    return String.join("\n", lines);
  }

  /// Where clients reach a listener of it. Another one after each start.
  HostPort listener(int port) {
    Ports ports = container.getCurrentContainerInfo().getNetworkSettings().getPorts();
    Ports.Binding[] bindings = requireNonNull(ports.getBindings().get(ExposedPort.tcp(port)));
    return new HostPort(container.getHost(), Integer.parseInt(bindings[0].getHostPortSpec()));
  }

  /// Its own counters.
  JsonObject statistics() throws IOException, InterruptedException {
    return new JsonObject(get("stats"));
  }

  /// Those of all members.
  JsonObject clusterStatistics() throws IOException, InterruptedException {
    return new JsonObject(get("cluster/stats"));
  }

  private String get(String path) throws IOException, InterruptedException {
    ExecResult result =
        container.execInContainer("wget", "-q", "-O", "-", "http://127.0.0.1:9901/" + path);
    if (result.getExitCode() != 0) {
      throw new AssertionError(name + ": " + path + ": " + result.getStderr());
    }
    return result.getStdout();
  }

  /// What a command of the launcher printed, and how it ended.
  ExecResult sallyport(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("/opt/sallyport/bin/sallyport"));
    command.addAll(List.of(words));
    command.addAll(List.of("-c", CONFIG + "sallyport.yaml"));
    return container.execInContainer(command.toArray(String[]::new));
  }

  /// What `sallyport keys` printed, which has to be fine.
  String keys(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("keys"));
    command.addAll(List.of(words));
    ExecResult result = sallyport(command.toArray(String[]::new));
    if (result.getExitCode() != 0) {
      throw new AssertionError(name + ": " + command + ": " + result);
    }
    return result.getStdout();
  }

  /// Ends it without a word to anybody.
  void kill() {
    docker().killContainerCmd(container.getContainerId()).exec();
    docker().waitContainerCmd(container.getContainerId()).start().awaitStatusCode();
  }

  /// Starts it again after [#kill()], with the data that it had, and returns when it listens.
  void startAgain() throws InterruptedException {
    synchronized (this) {
      lines.clear();
    }
    docker().startContainerCmd(container.getContainerId()).exec();
    // Tells everything since the first start.
    container.followOutput(this::add);
    awaitLines(LISTENING, 2);
  }

  /// Stops it where it is.
  void pause() {
    docker().pauseContainerCmd(container.getContainerId()).exec();
  }

  void resume() {
    docker().unpauseContainerCmd(container.getContainerId()).exec();
  }

  /// Takes it out of the cluster's network; clients and servers still reach it.
  void cut() {
    docker()
        .disconnectFromNetworkCmd()
        .withNetworkId(network.getId())
        .withContainerId(container.getContainerId())
        .withForce(true)
        .exec();
  }

  /// Puts it back, with the address that it had.
  void mend() {
    connect(docker(), container.getContainerId(), network, address);
  }

  private static void connect(DockerClient docker, String id, Network network, String address) {
    docker
        .connectToNetworkCmd()
        .withNetworkId(network.getId())
        .withContainerId(id)
        .withContainerNetwork(
            new ContainerNetwork()
                .withIpamConfig(new ContainerNetwork.Ipam().withIpv4Address(address)))
        .exec();
  }

  private DockerClient docker() {
    return container.getDockerClient();
  }

  @Override
  public void close() {
    container.stop();
  }
}
