package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.agent.TestServer;
import io.sallyport.config.HoldersConfig;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeyElsewhereException;
import io.sallyport.keyring.KeyPurpose;
import io.sallyport.keyring.KeyringView;
import io.sallyport.keyring.LocalSigningKey;
import io.sallyport.keyring.RemoteSigningKey;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Members that do handshakes for each other, over real sockets, with OpenSSL as the client.
@ExtendWith(LeakCheck.class)
class MemberLinksTest {
  @TempDir private static Path folder;
  private static TestFiles files;

  @BeforeAll
  static void makeCertificates() {
    files = new TestFiles(folder);
    files.certificate("cluster", "ec:P-256", "");
    files.certificate("stranger", "ec:P-256", "");
    for (String member : List.of("edge", "holder-1", "holder-2")) {
      files.issued("cluster", member, "DNS:" + member);
    }
    files.issued("stranger", "other", "DNS:edge");
    files.certificate("site", "ec:P-256", "DNS:site.example");
    files.certificate("site-rsa", "rsa:2048", "DNS:site.example");
    files.certificate("clients", "ec:P-256", "");
    files.issued("clients", "client", "DNS:client.example");
  }

  private static LinkedMember holder(String name, boolean relay, String... granted) {
    LinkedMember holder = new LinkedMember(files, "cluster", name);
    holder.own().put(files.keyring(holder.own(), "web", "site", "site-rsa"));
    holder.share("web", 1, relay, granted);
    return holder;
  }

  /// What OpenSSL's client says about one connection.
  private static String connect(TestServer server, String... more) {
    List<String> words = new ArrayList<>(List.of("openssl", "s_client", "-connect"));
    words.addAll(List.of("127.0.0.1:" + server.port(), "-servername", "site.example"));
    words.addAll(List.of("-CAfile", folder.resolve("site.pem").toString(), "-ign_eof"));
    words.addAll(List.of(more));
    return Command.run("GET\n".getBytes(StandardCharsets.US_ASCII), words).out();
  }

  private static HandshakeOutcome outcome(TestServer server) throws InterruptedException {
    return server.outcomes().poll(20, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @CsvSource({
    "false, -tls1_3, ",
    "false, -tls1_2, ",
    "false, -tls1_3, rsa",
    "false, -tls1_2, rsa",
    "true, -tls1_3, ",
    "true, -tls1_2, ",
    "true, -tls1_3, rsa",
    "true, -tls1_2, rsa"
  })
  void aMemberWithoutKeysServes(boolean relay, String version, String kind) throws Exception {
    try (LinkedMember holder = holder("holder-1", relay, "edge");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      edge.meet(holder);
      edge.awaitServing("web");
      try (TestServer server = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        String said =
            kind == null
                ? connect(server, version)
                : connect(server, version, "-sigalgs", "RSA-PSS+SHA256:RSA+SHA256");
        assertThat(said).contains("HTTP/1.1 200 OK", "cipherSuite=");
        assertThat(outcome(server)).isInstanceOf(HandshakeOutcome.Established.class);
      }
      assertThat(edge.own().contains("web")).isFalse();
    }
  }

  @Test
  void aViewHoldsNoPrivateKey() throws Exception {
    try (LinkedMember holder = holder("holder-1", false, "edge");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      edge.meet(holder);
      edge.awaitServing("web");
      var keyring = holder.own().acquire("web").orElseThrow();
      assertThat(keyring.certificates())
          .allMatch(key -> key.signingKey() instanceof LocalSigningKey);
      var view = KeyringView.of(keyring);
      var copy = ViewForm.read(ViewForm.write(view)).keyring(_ -> (_, _, _) -> new byte[0]);
      assertThat(copy.certificates()).allMatch(key -> key.signingKey() instanceof RemoteSigningKey);
      assertThat(copy.hasRemoteKeys()).isTrue();
      copy.release();
      keyring.release();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClientsCertificateIsVerifiedWithTheKeyringsTrust(boolean relay) throws Exception {
    try (LinkedMember holder = new LinkedMember(files, "cluster", "holder-1");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      holder.own().put(files.keyring(holder.own(), trusting("clients")));
      holder.share("web", 1, relay, "edge");
      edge.meet(holder);
      edge.awaitServing("web");
      TlsPolicy policy =
          TlsPolicy.DEFAULT.withClientAuth(
              new ClientAuth(ClientAuth.Mode.REQUIRED, List.of("client.example")));
      try (TestServer server = new TestServer(edge.handshakes(), "web", policy)) {
        String said = connect(server, "-cert", path("client.pem"), "-key", path("client.key"));
        assertThat(said).contains("HTTP/1.1 200 OK");
        HandshakeOutcome.Established established = (HandshakeOutcome.Established) outcome(server);
        assertThat(edge.own().peer(established.peerid()).orElseThrow().names())
            .containsExactly("client.example");
        connect(server);
        assertThat(((HandshakeOutcome.Failed) outcome(server)).reason())
            .isEqualTo(FailureReason.CERTIFICATE_MISSING);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMemberThatWasNotGrantedTheKeyringIsDenied(boolean relay) throws Exception {
    try (LinkedMember holder = holder("holder-1", relay, "somebody-else");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      edge.meet(holder);
      // Whoever holds the other keyring too tells when the link is up.
      holder.own().put(files.keyring(holder.own(), "open", "site"));
      awaitDenied(edge);
      try (TestServer server = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        connect(server);
        HandshakeOutcome.Failed failed = (HandshakeOutcome.Failed) outcome(server);
        assertThat(failed.reason()).isEqualTo(FailureReason.KEYRING_NOT_GRANTED);
        assertThat(failed.detail())
            .isEqualTo(
                "member edge is not granted keyring web; grant it with"
                    + " \"sallyport keys grant web edge\"");
      }
    }
  }

  /// The link is up when the first status came.
  private static void awaitDenied(LinkedMember edge) {
    LinkedMember.await(edge.links().whenHeard("holder-1"));
  }

  @Test
  void aMemberOfAnotherAuthorityGetsNoLink() throws Exception {
    try (LinkedMember holder = holder("holder-1", false, "edge");
        LinkedMember other =
            new LinkedMember(files, "stranger", "edge", "other", new HoldersConfig.Any())) {
      List<String> log = LinkLog.during("no link to member holder-1", () -> other.meet(holder));
      assertThat(log).anyMatch(line -> line.contains("handshake failed"));
      assertThat(other.links().canServe("web")).isFalse();
    }
  }

  @Test
  void aMemberThatSaysItIsAnotherGetsNothing() throws Exception {
    try (LinkedMember holder = holder("holder-1", false, "edge");
        LinkedMember liar =
            new LinkedMember(files, "cluster", "edge", "holder-2", new HoldersConfig.Any())) {
      List<String> log =
          LinkLog.during("refused: it says that it is edge", () -> liar.meet(holder));
      assertThat(log).anyMatch(line -> line.contains("its certificate is for [holder-2]"));
      assertThat(liar.links().canServe("web")).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAMemberOffersThatIsNoHolderIsPassedOver(boolean relay) throws Exception {
    HoldersConfig holders = new HoldersConfig.Named(List.of("holder-2"));
    try (LinkedMember certified = new LinkedMember(files, "cluster", "holder-1");
        LinkedMember holder = new LinkedMember(files, "cluster", "holder-2");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge", "edge", holders)) {
      // Newer than the holder's, and trusts clients of an authority of its own.
      certified.own().put(files.keyring(certified.own(), trusting("stranger")));
      certified.share("web", 2, relay, "edge");
      List<String> log =
          LinkLog.during("what member holder-1 offers is passed over", () -> edge.meet(certified));
      assertThat(log)
          .contains(
              "what member holder-1 offers is passed over (web), because it is not in"
                  + " cluster.holders; add it there if this member shall use its keyrings and trust"
                  + " whom they trust");
      LinkedMember.await(edge.links().whenHeard("holder-1"));
      assertThat(edge.links().canServe("web")).isFalse();
      assertThat(edge.links().keyrings().contains("web")).isFalse();

      holder.own().put(files.keyring(holder.own(), trusting("clients")));
      holder.share("web", 1, relay, "edge");
      edge.meet(certified, holder);
      edge.awaitServing("web");
      TlsPolicy policy =
          TlsPolicy.DEFAULT.withClientAuth(new ClientAuth(ClientAuth.Mode.OPTIONAL, List.of()));
      try (TestServer server = new TestServer(edge.handshakes(), "web", policy)) {
        for (int i = 0; i < 4; i++) {
          connect(server, "-cert", path("other.pem"), "-key", path("other.key"));
          assertThat(((HandshakeOutcome.Failed) outcome(server)).reason())
              .isEqualTo(FailureReason.CERTIFICATE_UNKNOWN_CA);
        }
        assertThat(connect(server, "-cert", path("client.pem"), "-key", path("client.key")))
            .contains("HTTP/1.1 200 OK");
      }
    }
  }

  private static String path(String file) {
    return folder.resolve(file).toString();
  }

  private static KeyringConfig trusting(String ca) {
    KeyringConfig config = files.config("web", "site");
    return new KeyringConfig(
        "web",
        config.certificates(),
        new TrustConfig.Anchors(files.named(ca + ".pem"), List.of()),
        config.serverTrust(),
        List.of());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whenAHolderIsLostAnotherOneServes(boolean relay) throws Exception {
    try (LinkedMember second = holder("holder-2", relay, "edge");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      LinkedMember first = holder("holder-1", relay, "edge");
      edge.meet(first, second);
      edge.awaitServing("web");
      LinkedMember.await(edge.links().whenHeard("holder-1"));
      LinkedMember.await(edge.links().whenHeard("holder-2"));
      try (TestServer server = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        assertThat(connect(server)).contains("HTTP/1.1 200 OK");
        first.close();
        for (int i = 0; i < 10; i++) {
          assertThat(connect(server)).contains("HTTP/1.1 200 OK");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aHolderThatTheClusterHasLostServesWhileItCanBeReached(boolean relay) throws Exception {
    try (LinkedMember holder = holder("holder-1", relay, "edge");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      edge.meet(holder);
      edge.awaitServing("web");
      edge.meet();
      LinkedMember.await(edge.links().whenHeard("holder-1"));
      try (TestServer server = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        assertThat(connect(server, "-tls1_3")).contains("HTTP/1.1 200 OK");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false, -tls1_3", "false, -tls1_2", "true, -tls1_3", "true, -tls1_2"})
  void aSessionMadeOnOneMemberResumesOnOthers(boolean relay, String version) throws Exception {
    Path session = folder.resolve("session.pem");
    try (LinkedMember holder = holder("holder-1", relay, "edge");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      edge.meet(holder);
      edge.awaitServing("web");
      try (TestServer there = new TestServer(holder.handshakes(), "web", TlsPolicy.DEFAULT);
          TestServer here = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        String made = connect(there, version, "-sess_out", session.toString());
        assertThat(made).contains("New, TLS", "resumed=false");
        assertThat(connect(here, version, "-sess_in", session.toString()))
            .contains("Reused, TLS", "resumed=true");
        connect(here, version, "-sess_out", session.toString());
        assertThat(connect(there, version, "-sess_in", session.toString()))
            .contains("Reused, TLS", "resumed=true");
      }
    }
  }

  @Test
  void withoutAHolderAHandshakeFailsAtOnceAndSaysWhy() throws Exception {
    try (LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      LinkedMember holder = holder("holder-1", false, "edge");
      edge.meet(holder);
      edge.awaitServing("web");
      try (TestServer server = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        LinkLog.during("link to member holder-1 is lost", holder::close);
        connect(server);
        HandshakeOutcome.Failed failed = (HandshakeOutcome.Failed) outcome(server);
        assertThat(failed.reason()).isEqualTo(FailureReason.KEY_HOLDER_UNREACHABLE);
        assertThat(failed.detail())
            .isEqualTo("no member that holds the key of keyring web can be reached");
      }
    }
  }

  @Test
  void aHolderSignsHandshakesAndNothingElse() throws Exception {
    try (LinkedMember holder = holder("holder-1", false, "edge");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      edge.meet(holder);
      edge.awaitServing("web");
      var keyring = edge.links().keyrings().acquire("web").orElseThrow();
      RemoteSigningKey key = (RemoteSigningKey) keyring.certificates().getFirst().signingKey();
      assertThatThrownBy(() ->
              key.sign(
                  SignatureScheme.ECDSA_SECP256R1_SHA256,
                  "pay 1000 to the bearer".getBytes(StandardCharsets.US_ASCII),
                  new KeyPurpose("https", "site.example")))
          .isInstanceOf(KeyElsewhereException.class)
          .hasMessage("member holder-1 does not sign: what it wants signed is no handshake");
      keyring.release();
    }
  }

  @Test
  void aNewVersionOfTheKeyringIsServedSoon() throws Exception {
    try (LinkedMember holder = holder("holder-1", false, "edge");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      edge.meet(holder);
      edge.awaitServing("web");
      files.certificate("site-new", "ec:P-256", "DNS:site.example");
      holder.own().put(files.keyring(holder.own(), "web", "site-new"));
      LinkLog.during("keyring web of version 2", () -> holder.share("web", 2, false, "edge"));
      try (TestServer server = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        assertThat(connect(server)).contains("HTTP/1.1 200 OK", "CN = site-new.example");
      }
    }
  }

  @Test
  void aMemberWithMoreKeyringsThanAStatusHoldsHasALinkAllTheSame() {
    try (LinkedMember holder = new LinkedMember(files, "cluster", "holder-1");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      holder.shareNone(
          IntStream.rangeClosed(0, FrameReader.LIST_MAX).mapToObj(i -> "web-" + i).toList());
      edge.meet(holder);
      LinkedMember.await(edge.links().whenHeard("holder-1"));
    }
  }

  @Test
  void aRequestWithMoreNamesThanTheLinkTakesIsRefusedAtOnceAndTheLinkGoesOn() throws Exception {
    try (LinkedMember holder = holder("holder-1", true, "edge");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      edge.meet(holder);
      edge.awaitServing("web");
      List<String> names =
          IntStream.rangeClosed(0, FrameReader.LIST_MAX).mapToObj(i -> "c" + i).toList();
      TlsPolicy policy =
          TlsPolicy.DEFAULT.withClientAuth(new ClientAuth(ClientAuth.Mode.OPTIONAL, names));
      try (TestServer server = new TestServer(edge.handshakes(), "web", policy)) {
        connect(server);
        HandshakeOutcome.Failed failed = (HandshakeOutcome.Failed) outcome(server);
        assertThat(failed.detail())
            .isEqualTo("a handshake cannot be relayed with more than 4096 client names");
      }
      try (TestServer server = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        assertThat(connect(server)).contains("HTTP/1.1 200 OK");
      }
    }
  }

  @Test
  void whoeverWaitsForAKeyringHearsThatTheMemberStops() {
    Future<Void> before;
    MemberLinks links;
    try (LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      links = edge.links();
      before = links.whenServing(Set.of("web"));
      LinkedMember.await(edge.undeploy());
      assertThatThrownBy(() -> LinkedMember.await(before)).hasRootCauseMessage("the member stops");
      assertThatThrownBy(() -> LinkedMember.await(links.whenServing(Set.of("web"))))
          .hasRootCauseMessage("the member stops");
    }
  }

  @Test
  void onlyTls13IsSpokenBetweenMembers() {
    assertThat(LinkKeyring.policy(ClientAuth.NONE).minVersion()).isEqualTo(TlsVersion.TLS_1_3);
  }
}
