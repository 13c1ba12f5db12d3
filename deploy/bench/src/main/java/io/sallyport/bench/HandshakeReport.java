package io.sallyport.bench;

import io.sallyport.agent.AgentOptions;
import io.sallyport.agent.AgentVerticle;
import io.sallyport.config.CertificateConfig;
import io.sallyport.config.FilePath;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.Position;
import io.sallyport.config.StaplingConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.KeyringLoader;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.LocalKeyringStore;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/// Compares the agent's handshakes with those of OpenSSL and prints a table.
///
/// Not with JMH: what counts is the processor time of one side only, and the two sides take turns.
/// Machines are noisy, so windows of the two servers alternate in the same process, with the same
/// client; a ratio is made of two neighbours, and the median of several is what counts.
public final class HandshakeReport {
  private static final int PAIRS = 201;
  private static final int WINDOW = 50;
  private static final int WARM_UP = 8000;
  private static final TrustConfig NOBODY = new TrustConfig.None();

  private final HandshakeService agent;
  private final Path folder;
  private final KeyringStore store;

  private HandshakeReport(HandshakeService agent, Path folder, KeyringStore store) {
    this.agent = agent;
    this.folder = folder;
    this.store = store;
  }

  /// Takes names of cases, none for all.
  public static void main(String[] args) throws IOException {
    Path folder = Files.createTempDirectory("handshakes");
    Vertx vertx = Vertx.vertx();
    try (KeyringStore store = new LocalKeyringStore()) {
      AgentVerticle verticle = new AgentVerticle(store, new AgentOptions(1, 1));
      vertx.deployVerticle(verticle).await();
      HandshakeReport report = new HandshakeReport(verticle.service(), folder, store);
      report.print(System.out, args);
    } finally {
      vertx.close().await();
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  private void print(PrintStream out, String[] names) throws IOException {
    out.println(
        "| handshake | libssl us | agent us | ratio, median (quartiles) | target | libssl to its full one"
            + " | agent to its full one | target | agent B |");
    out.println("|---|---|---|---|---|---|---|---|---|");
    for (HandshakeCase which : HandshakeCase.values()) {
      if (names.length == 0 || List.of(names).contains(which.name())) {
        System.err.println("handshakes: " + which.title());
        out.println(row(which));
      }
    }
    System.err.println("handshakes: the operations on curves alone");
    out.println();
    out.println(primitives());
  }

  /// What "to its full one" would come to if everything else cost nothing.
  private static String primitives() {
    PrimitivesWindow windows = new PrimitivesWindow();
    ThreadCost.Average _ = windows.full(WARM_UP);
    ThreadCost.Average _ = windows.resumed(WARM_UP);
    List<ThreadCost.Average> full = new ArrayList<>();
    List<ThreadCost.Average> resumed = new ArrayList<>();
    for (int i = 0; i < PAIRS; i++) {
      full.add(windows.full(WINDOW));
      resumed.add(windows.resumed(WINDOW));
    }
    return number(
            "X25519 alone: %.1f us; with a signature of ECDSA P-256: %.1f us. ",
            median(resumed, ThreadCost.Average::micros), median(full, ThreadCost.Average::micros))
        + "The least that a resumed handshake can be of a full one: "
        + quartiles(ratios(resumed, full));
  }

  /// The two servers of a case.
  private final class Servers {
    private final IntFunction<ThreadCost.Average> floor;
    private final IntFunction<ThreadCost.Average> agent;
    private final List<ThreadCost.Average> floors = new ArrayList<>();
    private final List<ThreadCost.Average> agents = new ArrayList<>();

    Servers(HandshakeCase which) throws IOException {
      HandshakeFiles files = HandshakeFiles.make(folder, which.keyAlgorithm());
      agent = agentWindow(which, request(which, files));
      floor = floorWindow(which, files);
      ThreadCost.Average _ = floor.apply(WARM_UP);
      ThreadCost.Average _ = agent.apply(WARM_UP);
    }

    /// A window of either. Each goes first every second time: a drift in one direction then does
    /// not favour either.
    void measure(boolean floorFirst) {
      if (floorFirst) {
        floors.add(floor.apply(WINDOW));
        agents.add(agent.apply(WINDOW));
      } else {
        agents.add(agent.apply(WINDOW));
        floors.add(floor.apply(WINDOW));
      }
    }
  }

  /// Of neighbours, in order of their size.
  private static double[] ratios(
      List<ThreadCost.Average> windows, List<ThreadCost.Average> references) {
    return IntStream.range(0, windows.size())
        .mapToDouble(i -> windows.get(i).micros() / references.get(i).micros())
        .sorted()
        .toArray();
  }

  private String row(HandshakeCase which) throws IOException {
    Servers servers = new Servers(which);
    Servers full =
        which == HandshakeCase.TLS13_ECDSA ? servers : new Servers(HandshakeCase.TLS13_ECDSA);
    for (int i = 0; i < PAIRS; i++) {
      servers.measure(i % 2 == 0);
      if (full != servers) {
        full.measure(i % 2 == 0);
      }
    }
    return cells(
        which.title(),
        number("%.1f", median(servers.floors, ThreadCost.Average::micros)),
        number("%.1f", median(servers.agents, ThreadCost.Average::micros)),
        quartiles(ratios(servers.agents, servers.floors)),
        target(which.targetToFloor()),
        number("%.2f", ratios(servers.floors, full.floors)[PAIRS / 2]),
        number("%.2f", ratios(servers.agents, full.agents)[PAIRS / 2]),
        target(which.targetToFull()),
        number("%.0f", median(servers.agents, ThreadCost.Average::bytes)));
  }

  private IntFunction<ThreadCost.Average> agentWindow(
      HandshakeCase which, HandshakeRequest request) {
    if (!which.hasFloor()) {
      return count -> AgentWindow.measure(agent, request, HybridClient::new, count);
    }
    Libssl clients = Libssl.client(which);
    if (!which.isResumed()) {
      return count -> AgentWindow.measure(agent, request, clients::peer, count);
    }
    TicketClient first = new TicketClient(clients);
    AgentWindow.measure(agent, request, () -> first, 1);
    return first.session() == 0
        ? _ -> ThreadCost.NONE
        : count -> AgentWindow.measure(agent, request, resuming(clients, first.session()), count);
  }

  private static IntFunction<ThreadCost.Average> floorWindow(
      HandshakeCase which, HandshakeFiles files) {
    if (!which.hasFloor()) {
      return _ -> ThreadCost.NONE;
    }
    Libssl server = Libssl.server(which, files.chain(), files.key());
    Libssl clients = Libssl.client(which);
    if (!which.isResumed()) {
      return count -> FloorWindow.measure(server, clients::peer, count);
    }
    server.setTickets(1);
    TicketClient first = new TicketClient(clients);
    FloorWindow.measure(server, () -> first, 1);
    server.setTickets(0);
    return count -> FloorWindow.measure(server, resuming(clients, first.session()), count);
  }

  /// One session for all of them: neither server counts how often a ticket comes.
  private static Supplier<BenchClient> resuming(Libssl clients, long session) {
    return () -> {
      LibsslPeer client = clients.peer();
      client.resume(session);
      return client;
    };
  }

  private HandshakeRequest request(HandshakeCase which, HandshakeFiles files) {
    Position nowhere = new Position(folder, 1, 1);
    CertificateConfig certificate =
        new CertificateConfig(
            new FilePath(files.chain(), nowhere),
            new FilePath(files.key(), nowhere),
            new StaplingConfig.Off());
    KeyringConfig config =
        new KeyringConfig(which.name(), List.of(certificate), NOBODY, NOBODY, List.of());
    switch (KeyringLoader.load(config, store)) {
      case KeyringLoader.Loaded loaded -> store.put(loaded.keyring());
      case KeyringLoader.Rejected(var errors) -> throw new IllegalStateException(errors.toString());
    }
    TlsPolicy policy =
        TlsPolicy.DEFAULT
            .withVersions(which.version(), which.version())
            .withGroups(List.of(which.group()));
    // As libssl's server, which gives no ticket while it is measured.
    if (!which.isResumed()) {
      policy = policy.withTicketLifetime(Duration.ZERO);
    }
    return new HandshakeRequest(
        HandshakeKind.SERVER_HELLO_X509,
        null,
        which.name(),
        KeySerial.NONE,
        KeySerial.NONE,
        List.of(),
        policy,
        "bench",
        "");
  }

  private static String cells(String... cells) {
    return "| " + String.join(" | ", cells) + " |";
  }

  private static String target(OptionalDouble target) {
    return number("%.2f", target.orElse(Double.NaN));
  }

  private static String quartiles(double[] sorted) {
    return number(
        "%.3f (%.3f to %.3f)",
        sorted[sorted.length / 2], sorted[sorted.length / 4], sorted[sorted.length * 3 / 4]);
  }

  /// Empty for what was not measured.
  private static String number(String format, double... values) {
    return Double.isNaN(values[0])
        ? ""
        : String.format(Locale.ROOT, format, Arrays.stream(values).boxed().toArray());
  }

  private static double median(
      List<ThreadCost.Average> windows, ToDoubleFunction<ThreadCost.Average> column) {
    return windows.stream().mapToDouble(column).sorted().toArray()[windows.size() / 2];
  }
}
