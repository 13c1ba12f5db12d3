package io.sallyport.agent;

import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.ktls.TlsVersion;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One handshake of the matrix: what the peer is told, what this side is told, and how it ends.
///
/// What is not said stays at the peer's own defaults. Certificates and identities are names of
/// [MatrixKeys].
final class MatrixCase {
  /// The side of the agent.
  enum Role {
    SERVER,
    CLIENT
  }

  final Role role;
  final MatrixPeer peer;
  String extra = "";

  // What the peer is told.
  @Nullable TlsVersion version;
  @Nullable String suite;
  List<String> groups = List.of();
  String request = MatrixExchange.REQUEST;
  final List<String> arguments = new ArrayList<>();

  /// What GnuTLS gets to its priority string, as `:%SAFE_RENEGOTIATION`.
  String gnutlsPriority = "";

  /// Commands that `s_client` gets before the request, each with what it prints when it obeys.
  final List<String[]> commands = new ArrayList<>();

  // What either side is told: the server its part, and the client its own.
  String certificate = "p256";
  @Nullable String clientCertificate;
  ClientAuth.Mode clientAuth = ClientAuth.Mode.NONE;
  @Nullable String name = "localhost";
  List<String> serverAlpn = List.of();
  List<String> clientAlpn = List.of();
  @Nullable String serverIdentity;
  @Nullable String clientIdentity;

  // What this side is told.
  TlsPolicy policy = TlsPolicy.DEFAULT;
  boolean anonymous;
  @Nullable String secondIdentity;
  @Nullable String keyring;

  /// Connections one after the other.
  int connections = 1;

  /// Whether each of them but the first takes up the session of the one before.
  boolean resumes;

  // The end.
  @Nullable FailureReason reason;
  @Nullable Integer alert;
  List<Integer> laterAlerts = List.of();
  @Nullable TlsVersion expectedVersion;
  @Nullable String group;
  @Nullable String protocol;
  int recordMax;
  int payloadMax;
  boolean messages;
  boolean renegotiates;
  boolean leaves;
  final List<String> says = new ArrayList<>();

  MatrixCase(Role role, MatrixPeer peer) {
    this.role = role;
    this.peer = peer;
  }

  /// The client of a server that is the agent too.
  MatrixCase asClient() {
    MatrixCase client = new MatrixCase(Role.CLIENT, peer);
    client.version = version;
    client.suite = suite;
    client.group = group;
    return client;
  }

  MatrixCase version(TlsVersion only) {
    version = only;
    return this;
  }

  /// The version that this side's policy leads to, of which the peer is told nothing.
  MatrixCase expects(TlsVersion agreed) {
    expectedVersion = agreed;
    return this;
  }

  MatrixCase suite(String only) {
    suite = only;
    version = only.contains("_WITH_") ? TlsVersion.TLS_1_2 : TlsVersion.TLS_1_3;
    if (only.contains("_RSA_")) {
      certificate = "rsa";
    }
    return this;
  }

  /// The peer's groups, of which `expected` is used.
  MatrixCase groups(String expected, String... offered) {
    group = expected;
    groups = List.of(offered);
    return this;
  }

  MatrixCase certificate(String next) {
    certificate = next;
    return this;
  }

  MatrixCase clientAuth(ClientAuth.Mode mode, @Nullable String presented) {
    clientAuth = mode;
    clientCertificate = presented;
    return this;
  }

  MatrixCase name(@Nullable String next) {
    name = next;
    return this;
  }

  MatrixCase alpn(List<String> server, List<String> client, @Nullable String expected) {
    serverAlpn = server;
    clientAlpn = client;
    protocol = expected;
    return this;
  }

  MatrixCase psk(String server, String client) {
    serverIdentity = server;
    clientIdentity = client;
    return this;
  }

  MatrixCase policyGroups(Group... allowed) {
    policy = policy.withGroups(List.of(allowed));
    return this;
  }

  MatrixCase policyVersions(TlsVersion min, TlsVersion max) {
    policy = policy.withVersions(min, max);
    return this;
  }

  /// The agent as a client offers this pre-shared key as well, after its first.
  MatrixCase alsoOffers(String identity) {
    secondIdentity = identity;
    return this;
  }

  MatrixCase strictSni() {
    policy = policy.withStrictSni();
    return this;
  }

  MatrixCase keyring(String next) {
    keyring = next;
    return this;
  }

  MatrixCase anonymous() {
    anonymous = true;
    return this;
  }

  /// So many connections follow the first.
  MatrixCase returns(int times) {
    connections = 1 + times;
    return this;
  }

  /// So many connections follow the first, and take up its session.
  MatrixCase resumes(int times) {
    resumes = true;
    return returns(times);
  }

  MatrixCase extra(String words) {
    extra = extra.isEmpty() ? words : extra + ", " + words;
    return this;
  }

  /// Arguments that only this peer has.
  MatrixCase with(String... more) {
    arguments.addAll(List.of(more));
    return this;
  }

  MatrixCase priority(String more) {
    gnutlsPriority = more;
    return this;
  }

  MatrixCase command(String letter, String answer) {
    commands.add(new String[] {letter, answer});
    return this;
  }

  /// This side ends it for that reason, and the peer hears the alert.
  MatrixCase refused(FailureReason why, int heard) {
    reason = why;
    alert = heard;
    return this;
  }

  /// The peer tells its user nothing of the alert.
  MatrixCase saysNothingOfIt(boolean silent) {
    alert = silent ? null : alert;
    return this;
  }

  /// This side's handshake fails; what the peer says about it is its own business.
  MatrixCase fails(FailureReason why) {
    reason = why;
    return this;
  }

  /// The peer ends it, after this side's handshake is complete.
  MatrixCase refusedLater(Integer... alertsOfPeer) {
    leaves = true;
    laterAlerts = List.of(alertsOfPeer);
    return this;
  }

  /// What the peer's output must match.
  MatrixCase says(String pattern) {
    says.add(pattern);
    return this;
  }

  /// The most bytes that a record of application data has on the wire, its header not counted.
  MatrixCase recordMax(int length) {
    recordMax = length;
    return messages();
  }

  /// What the session must say about the records that the peer takes.
  MatrixCase payloadMax(int length) {
    payloadMax = length;
    return this;
  }

  /// Adds what goes over the wire to the peer's output.
  MatrixCase messages() {
    messages = true;
    return this;
  }

  /// The peer asks for a renegotiation, is refused it, and leaves.
  MatrixCase renegotiates() {
    renegotiates = true;
    return refusedLater(40);
  }

  /// The peer sends little: it loses what does not fit in one record.
  MatrixCase smallRequest() {
    request = MatrixExchange.SMALL_REQUEST;
    return this;
  }

  boolean isPsk() {
    return clientIdentity != null;
  }

  /// Whether an exchange of data follows.
  boolean isGood() {
    return reason == null && !leaves;
  }
}
