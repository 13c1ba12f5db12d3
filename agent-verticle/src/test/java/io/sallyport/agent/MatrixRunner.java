package io.sallyport.agent;

import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.Session;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bouncycastle.tls.AlertDescription;
import org.jspecify.annotations.Nullable;

/// Runs one case of the matrix and judges it. Any thread.
final class MatrixRunner {
  private static final int SECONDS_MAX = 20;
  private static final Pattern RECORD =
      Pattern.compile("<<< [^\\n]*RecordHeader \\[length 0005\\]\\R\\s+17 03 03 (\\w\\w) (\\w\\w)");

  /// What a case came to.
  ///
  /// @param faults empty when it passed
  record Verdict(MatrixExchange.Result result, List<String> faults) {}

  private record Peer(int exit, String output) {}

  private final MatrixEndpoint endpoint;
  private final MatrixKeys keys;

  MatrixRunner(MatrixEndpoint endpoint, MatrixKeys keys) {
    this.endpoint = endpoint;
    this.keys = keys;
  }

  Verdict run(MatrixCase one) throws Exception {
    if (one.peer == MatrixPeer.SALLYPORT) {
      return meet(one);
    }
    return switch (one.role) {
      case SERVER -> serve(one);
      case CLIENT -> connect(one);
    };
  }

  // ---- The agent is the server.

  private Verdict serve(MatrixCase one) throws Exception {
    try (MatrixEndpoint.Listening listening = endpoint.listen(one)) {
      Peer peer = client(one, listening.port());
      List<MatrixExchange.Result> results = new ArrayList<>();
      for (CompletableFuture<MatrixExchange.Result> result : listening.results()) {
        results.add(end(result, peer::output));
      }
      List<String> faults = judge(one, results, peer);
      List<MatrixExchange.Result> exchanges =
          results.subList(one.connections - exchanges(one), one.connections);
      if (one.isGood() && !exchanges.stream().allMatch(result -> received(one, result))) {
        faults.add("the request came in other bytes");
      }
      if (one.isGood() && bodies(peer) < exchanges(one)) {
        faults.add("the answer came in other bytes");
      }
      return new Verdict(results.getLast(), faults);
    }
  }

  /// On how many of its last connections the client sends something: `gnutls-cli` leaves the first
  /// as soon as it has the session.
  private static int exchanges(MatrixCase one) {
    return one.peer == MatrixPeer.GNUTLS ? 1 : one.connections;
  }

  private static int bodies(Peer peer) {
    return normal(peer.output()).split(normal(MatrixExchange.BODY), -1).length - 1;
  }

  /// curl makes a request of its own.
  private static boolean received(MatrixCase one, MatrixExchange.Result result) {
    return one.peer == MatrixPeer.CURL
        ? result.received().endsWith("\r\n\r\n" + MatrixExchange.BODY)
        : result.received().equals(one.request);
  }

  private Peer client(MatrixCase one, int port) throws InterruptedException, IOException {
    if (one.peer == MatrixPeer.JDK) {
      return new Peer(0, new JdkPeer(one, keys).exchange(port));
    }
    if (one.peer == MatrixPeer.BOUNCY_CASTLE) {
      return new Peer(0, new BcPskPeer(one).exchange(port));
    }
    if (one.peer == MatrixPeer.OPENSSL && one.connections > 1) {
      return returningClient(one, port);
    }
    return client(one, port, List.of());
  }

  /// `s_client` connects once, and leaves its session in a file.
  private Peer returningClient(MatrixCase one, int port) throws InterruptedException, IOException {
    String session = keys.file("session-" + port);
    StringBuilder output = new StringBuilder();
    int exit = 0;
    for (int i = 0; i < one.connections; i++) {
      Peer peer =
          client(
              one,
              port,
              i == 0
                  ? List.of("-sess_out", session)
                  : List.of("-sess_in", session, "-sess_out", session));
      output.append(peer.output());
      exit = Math.max(exit, peer.exit());
    }
    return new Peer(exit, output.toString());
  }

  private Peer client(MatrixCase one, int port, List<String> arguments)
      throws InterruptedException, IOException {
    List<String> line = new ArrayList<>(one.peer.clientCommand(one, keys, port));
    line.addAll(arguments);
    try (PeerProcess process = new PeerProcess(line)) {
      for (String[] command : one.commands) {
        process.write(command[0] + "\n");
        process.await(command[1]);
      }
      if (!one.renegotiates && (one.peer == MatrixPeer.OPENSSL || one.peer == MatrixPeer.GNUTLS)) {
        process.write(one.request);
      }
      int exit = process.exit();
      return new Peer(
          exit,
          one.messages
              ? process.output() + Files.readString(Path.of(keys.messages(port)))
              : process.output());
    }
  }

  private static MatrixExchange.Result end(
      CompletableFuture<MatrixExchange.Result> result, Supplier<String> output) throws Exception {
    try {
      return result.get(SECONDS_MAX, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("no end; peer said: " + tail(output.get()), e);
    }
  }

  // ---- The agent is the client.

  private Verdict connect(MatrixCase one) throws Exception {
    if (one.peer == MatrixPeer.JDK) {
      JdkPeer peer = new JdkPeer(one, keys);
      try (ServerSocket listener = peer.listen()) {
        return connect(one, listener, peer.serve(listener));
      }
    }
    if (one.peer == MatrixPeer.BOUNCY_CASTLE) {
      try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        return connect(one, listener, new BcPskPeer(one).serve(listener));
      }
    }
    int port = one.peer.choosePort();
    try (PeerProcess process = new PeerProcess(one.peer.serverCommand(one, keys, port))) {
      int listens = Integer.parseInt(process.await(one.peer.listening()));
      List<MatrixExchange.Result> results = connect(one, listens, process::output);
      // It may take a while to hear of it.
      if (one.alert != null) {
        process.await(mention(one.alert));
      }
      process.stop();
      return judgeClient(one, results, new Peer(0, process.output()));
    }
  }

  /// To a server in this process.
  private Verdict connect(MatrixCase one, ServerSocket listener, CompletableFuture<String> served)
      throws Exception {
    List<MatrixExchange.Result> results =
        connect(one, listener.getLocalPort(), () -> String.valueOf(served.getNow("nothing")));
    return judgeClient(one, results, new Peer(0, served.get(SECONDS_MAX, TimeUnit.SECONDS)));
  }

  private List<MatrixExchange.Result> connect(MatrixCase one, int port, Supplier<String> output)
      throws Exception {
    List<MatrixExchange.Result> results = new ArrayList<>();
    while (results.size() < one.connections) {
      results.add(end(endpoint.connect(one, port), output));
    }
    return results;
  }

  private static Verdict judgeClient(
      MatrixCase one, List<MatrixExchange.Result> results, Peer peer) {
    List<String> faults = judge(one, results, peer);
    String body = MatrixExchange.BODY;
    String expected =
        one.peer == MatrixPeer.OPENSSL
            ? body.lines()
                .map(line -> new StringBuilder(line).reverse() + "\n")
                .collect(Collectors.joining())
            : body;
    for (MatrixExchange.Result result : results) {
      if (one.leaves && !result.received().isEmpty()) {
        faults.add("data came");
      }
      if (one.isGood() && !result.received().equals(expected)) {
        faults.add("the echo came in other bytes, " + result.received().length() + " of them");
      }
    }
    return new Verdict(results.getLast(), faults);
  }

  // ---- The agent is both.

  private Verdict meet(MatrixCase one) throws Exception {
    try (MatrixEndpoint.Listening listening = endpoint.listen(one)) {
      MatrixCase counterpart = one.asClient();
      MatrixExchange.Result client =
          endpoint.connect(counterpart, listening.port()).get(SECONDS_MAX, TimeUnit.SECONDS);
      MatrixExchange.Result server =
          listening.results().getFirst().get(SECONDS_MAX, TimeUnit.SECONDS);
      List<String> faults = judge(one, List.of(server), new Peer(0, ""));
      faults.addAll(judge(counterpart, List.of(client), new Peer(0, "")));
      if (!client.received().endsWith(MatrixExchange.BODY)) {
        faults.add("the answer came in other bytes");
      }
      return new Verdict(server, faults);
    }
  }

  // ---- Judgement.

  private static List<String> judge(
      MatrixCase one, List<MatrixExchange.Result> results, Peer peer) {
    List<String> faults = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      judge(one, one.resumes && i > 0, results.get(i), faults);
    }
    judge(one, peer, faults);
    if (!faults.isEmpty()) {
      faults.add("peer said: " + tail(peer.output()));
    }
    return faults;
  }

  private static void judge(
      MatrixCase one, boolean resumes, MatrixExchange.Result result, List<String> faults) {
    switch (result.outcome()) {
      case HandshakeOutcome.Established established -> {
        Session session = established.session();
        if (one.reason != null) {
          faults.add("established, expected " + one.reason);
        }
        expect(faults, "version", one.version, session.version());
        expect(faults, "version", one.expectedVersion, session.version());
        expect(faults, "suite", one.suite, session.cipherSuite());
        expect(faults, "group", one.group, session.group());
        expect(faults, "protocol", one.protocol, session.alpn());
        expect(faults, "name", sentName(one), session.sni());
        expect(faults, "resumption", resumes, session.resumed());
        if (established.peerid().isNone() == isPeerKnown(one)) {
          faults.add("found peerid " + established.peerid());
        }
        if (one.payloadMax != 0) {
          expect(faults, "payload", one.payloadMax, session.maxPayloadLength());
        }
      }
      case HandshakeOutcome.Failed failed -> {
        if (failed.reason() != one.reason) {
          faults.add(failed.reason() + ": " + failed.detail());
        }
      }
    }
    expect(faults, "alerts", one.laterAlerts, result.alerts());
    if (one.isGood() && one.peer.saysGoodbye(one.role) && !result.ending().equals("clean")) {
      faults.add("ended " + result.ending());
    }
  }

  private static void judge(MatrixCase one, Peer peer, List<String> faults) {
    if (one.alert != null && !Pattern.compile(mention(one.alert)).matcher(peer.output()).find()) {
      faults.add("peer does not mention alert " + one.alert);
    }
    if (one.isGood() && peer.exit() != 0) {
      faults.add("peer exited with " + peer.exit());
    }
    for (String pattern : one.says) {
      if (!Pattern.compile(pattern).matcher(peer.output()).find()) {
        faults.add("peer does not say " + pattern);
      }
    }
    checkRecords(one, peer, faults);
  }

  /// The name that the server is asked for, where all peers can be told one: never an address.
  private static @Nullable String sentName(MatrixCase one) {
    return one.isPsk() || "127.0.0.1".equals(one.name) ? null : one.name;
  }

  private static boolean isPeerKnown(MatrixCase one) {
    return one.isPsk()
        || switch (one.role) {
          case SERVER -> one.clientCertificate != null && one.clientAuth != ClientAuth.Mode.NONE;
          case CLIENT -> !one.anonymous;
        };
  }

  private static void expect(
      List<String> faults, String what, @Nullable Object expected, @Nullable Object found) {
    if (expected != null && !expected.equals(found)) {
      faults.add("found " + what + " " + found + ", expected " + expected);
    }
  }

  /// What a peer prints of an alert: its number, or its name however that is written.
  private static String mention(int alert) {
    return "alert (?:number |\\[)%d|(?i:%s)"
        .formatted(alert, AlertDescription.getName((short) alert).replace("_", "[ _]"));
  }

  private static void checkRecords(MatrixCase one, Peer peer, List<String> faults) {
    if (one.recordMax == 0) {
      return;
    }
    int records = 0;
    for (Matcher header = RECORD.matcher(peer.output()); header.find(); records++) {
      int length = Integer.parseInt(header.group(1) + header.group(2), 16);
      if (length > one.recordMax) {
        faults.add("a record of " + length + " bytes, expected at most " + one.recordMax);
      }
    }
    if (records < MatrixExchange.BODY.length() / one.recordMax) {
      faults.add("only " + records + " records seen");
    }
  }

  /// Without line ends, which some peers change, and what `gnutls-cli` puts in between.
  private static String normal(String text) {
    return text.replaceAll("- Received\\[\\d+\\]: ", "").replaceAll("[\\r\\n]", "");
  }

  private static String tail(String output) {
    String line = output.replace(MatrixExchange.BODY, "(the body)").replaceAll("\\s+", " ");
    return line.substring(Math.max(0, line.length() - 300));
  }
}
