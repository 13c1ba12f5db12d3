package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.Session;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.testing.LeakCheck;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The agent in both roles against other TLS stacks: each dimension of a handshake over its values,
/// the others at their defaults. Prints a table, also to `target/handshake-matrix.txt`.
///
/// A peer that is not on this machine skips its rows; where `CI` is `true` that is a failure. For
/// some rows only, name a part of their first columns: `-Dmatrix="SERVER GNUTLS"`.
@ExtendWith(LeakCheck.class)
class HandshakeMatrixTest {
  private static final Path TABLE = Path.of("target", "handshake-matrix.txt");
  private static final int AT_A_TIME = 2;
  private static final List<String> HEAD =
      List.of(
          "we are",
          "peer",
          "version",
          "suite",
          "group",
          "certificate",
          "client-auth",
          "alpn",
          "extra",
          "result");

  private enum State {
    PASSED,
    FAILED,
    SKIPPED
  }

  private record Row(State state, List<String> cells) {}

  @TempDir private static Path folder;

  private final Map<MatrixPeer, String> peers = new EnumMap<>(MatrixPeer.class);

  @Test
  void theAgentSpeaksToEveryPeerInBothRoles() throws Exception {
    MatrixKeys keys = new MatrixKeys(folder);
    for (MatrixPeer peer : MatrixPeer.values()) {
      String found = peer.find();
      if (found != null) {
        peers.put(peer, found);
      }
    }
    keys.makeEarlySession();
    Vertx vertx = Vertx.vertx();
    try (LocalKeyringStore store = new LocalKeyringStore()) {
      keys.load(store);
      AgentVerticle agent = new AgentVerticle(store, AgentOptions.defaults());
      vertx.deployVerticle(agent).await();
      try (MatrixEndpoint endpoint = new MatrixEndpoint(agent.service(), store)) {
        List<Row> rows = run(new MatrixRunner(endpoint, keys), cases(keys));
        print(rows);
        assertThat(rows).filteredOn(row -> row.state() == State.FAILED).isEmpty();
      }
    } finally {
      vertx.close().await();
    }
  }

  private static List<MatrixCase> cases(MatrixKeys keys) {
    String only = System.getProperty("matrix", "");
    return Stream.concat(new ServerCases(keys).all().stream(), new ClientCases().all().stream())
        .filter(one -> (one.role + " " + one.peer + " " + one.extra).contains(only))
        .toList();
  }

  private List<Row> run(MatrixRunner runner, List<MatrixCase> cases) throws Exception {
    List<Row> rows = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME)) {
      List<Future<Row>> running =
          cases.stream().map(one -> threads.submit(() -> row(runner, one))).toList();
      for (Future<Row> one : running) {
        rows.add(one.get());
      }
    }
    return rows;
  }

  private Row row(MatrixRunner runner, MatrixCase one) {
    if (!peers.containsKey(one.peer)) {
      boolean fails = one.peer.isDemanded() && Objects.equals(System.getenv("CI"), "true");
      return row(
          one, null, fails ? State.FAILED : State.SKIPPED, "not on this machine: " + one.peer);
    }
    try {
      MatrixRunner.Verdict verdict = runner.run(one);
      MatrixExchange.Result result = verdict.result();
      return verdict.faults().isEmpty()
          ? row(one, result, State.PASSED, end(result))
          : row(one, result, State.FAILED, "FAILED " + String.join("; ", verdict.faults()));
    } catch (Exception e) {
      return row(one, null, State.FAILED, "FAILED " + e);
    }
  }

  private static String end(MatrixExchange.Result result) {
    return switch (result.outcome()) {
      case HandshakeOutcome.Established _ ->
          result.alerts().isEmpty() ? "ok" : "ok, then alert " + result.alerts().getFirst();
      case HandshakeOutcome.Failed failed -> "refused: " + failed.reason();
    };
  }

  private Row row(MatrixCase one, MatrixExchange.@Nullable Result result, State state, String end) {
    Session session =
        result != null && result.outcome() instanceof HandshakeOutcome.Established established
            ? established.session()
            : null;
    return new Row(
        state,
        List.of(
            one.role.toString(),
            peers.getOrDefault(one.peer, one.peer.toString()),
            session == null ? text(one.version) : session.version().toString(),
            session == null ? text(one.suite) : session.cipherSuite(),
            session == null ? text(one.group) : session.group(),
            one.isPsk() ? "psk" : one.certificate,
            one.clientAuth + (one.clientCertificate == null ? "" : " " + one.clientCertificate),
            session == null ? String.join(",", one.clientAlpn) : text(session.alpn()),
            one.extra,
            end));
  }

  private static String text(@Nullable Object value) {
    return value == null ? "-" : value.toString();
  }

  private static void print(List<Row> rows) throws IOException {
    List<List<String>> lines = new ArrayList<>(List.of(HEAD));
    rows.forEach(row -> lines.add(row.cells()));
    int[] widths =
        IntStream.range(0, HEAD.size() - 1)
            .map(column ->
                lines.stream().mapToInt(line -> line.get(column).length()).max().orElse(0))
            .toArray();
    StringBuilder table = new StringBuilder();
    for (List<String> line : lines) {
      for (int column = 0; column < widths.length; column++) {
        String cell = line.get(column);
        table.append(cell).append(" ".repeat(widths[column] - cell.length() + 2));
      }
      table.append(line.getLast()).append('\n');
    }
    table
        .append(count(rows, State.PASSED))
        .append(" passed, ")
        .append(count(rows, State.FAILED))
        .append(" failed, ")
        .append(count(rows, State.SKIPPED))
        .append(" skipped\n");
    System.out.print(table);
    Files.writeString(TABLE, table);
  }

  private static long count(List<Row> rows, State state) {
    return rows.stream().filter(row -> row.state() == state).count();
  }
}
