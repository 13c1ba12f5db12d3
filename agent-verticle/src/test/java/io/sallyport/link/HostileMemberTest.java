package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.agent.TestServer;
import io.sallyport.config.HostPort;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.KeyElsewhereException.Cause;
import io.sallyport.keyring.KeyPurpose;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.keyring.TestFiles;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a member can do to the holder that it asks, with a keyring that was granted to it.
@ExtendWith(LeakCheck.class)
class HostileMemberTest {
  @TempDir private static Path folder;
  private static TestFiles files;

  @BeforeAll
  static void makeCertificates() {
    files = new TestFiles(folder);
    files.certificate("cluster", "ec:P-256", "");
    for (String member : List.of("edge", "hostile", "holder-1")) {
      files.issued("cluster", member, "DNS:" + member);
    }
    files.certificate("site", "ec:P-256", "DNS:site.example");
  }

  private static LinkedMember holder(boolean relay) {
    LinkedMember holder = new LinkedMember(files, "cluster", "holder-1");
    holder.own().put(files.keyring(holder.own(), "web", "site"));
    holder.share("web", 1, relay, "edge", "hostile");
    return holder;
  }

  private static String connect(TestServer server, String... certificate) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + server.port(),
                "-servername",
                "site.example",
                "-CAfile",
                folder.resolve("site.pem").toString(),
                "-ign_eof"));
    for (String name : certificate) {
      words.addAll(List.of("-cert", folder.resolve(name + ".pem").toString()));
      words.addAll(List.of("-key", folder.resolve(name + ".key").toString()));
    }
    return Command.run("GET\n".getBytes(StandardCharsets.US_ASCII), words).out();
  }

  private static HandshakeRequest request() {
    return new HandshakeRequest(
        HandshakeKind.SERVER_HELLO_X509,
        null,
        "web",
        KeySerial.NONE,
        KeySerial.NONE,
        List.of(),
        TlsPolicy.DEFAULT,
        "listener",
        "");
  }

  /// What is signed in TLS 1.3, as far as a holder can see.
  private static ByteBuf content() {
    byte[] content = new byte[64 + 34 + 32];
    Arrays.fill(content, 0, 64, (byte) 0x20);
    byte[] context = "TLS 1.3, server CertificateVerify\0".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(context, 0, content, 64, context.length);
    return Unpooled.wrappedBuffer(content);
  }

  private static LinkFrame.Sign sign(LinkedMember holder, long id) {
    Keyring keyring = holder.own().acquire("web").orElseThrow();
    CertifiedKey key = keyring.certificates().getFirst();
    LinkFrame.Sign sign =
        new LinkFrame.Sign(
            id,
            "web",
            key.privateKey(),
            key.sha256(),
            SignatureScheme.ECDSA_SECP256R1_SHA256,
            new KeyPurpose("https", "site.example"),
            content());
    keyring.release();
    return sign;
  }

  private static boolean isBusy(LinkFrame frame) {
    return frame instanceof LinkFrame.Refused(_, Cause cause, _) && cause == Cause.BUSY;
  }

  @Test
  void oneMembersSignaturesDoNotKeepAnotherFromItsOwn() throws Exception {
    BlockingQueue<LinkFrame> answers = new LinkedBlockingQueue<>();
    try (LinkedMember holder = holder(false);
        LinkedMember edge = new LinkedMember(files, "cluster", "edge");
        HandMember hostile = new HandMember(files, "hostile", (_, frame) -> keep(answers, frame))) {
      edge.meet(holder);
      edge.awaitServing("web");
      FrameSocket socket = hostile.dial(holder);
      int asked = 5 * AskedLink.WORKING_MAX;
      GatedStore.Held signers = holder.holdSigners();
      try (TestServer server = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        hostile.on(() -> {
          for (int id = 1; id <= asked; id++) {
            socket.send(sign(holder, id));
          }
        });
        // While no signer runs, what is within the bound waits and the rest is answered.
        for (int i = 0; i < asked - AskedLink.WORKING_MAX; i++) {
          assertThat(isBusy(answers.poll(20, TimeUnit.SECONDS))).as("of " + i).isTrue();
        }
        assertThat(holder.links().busyAnswers()).isEqualTo(asked - AskedLink.WORKING_MAX);
        signers.letGo();
        assertThat(connect(server)).contains("HTTP/1.1 200 OK");
        for (int i = 0; i < AskedLink.WORKING_MAX; i++) {
          assertThat(answers.poll(20, TimeUnit.SECONDS)).isInstanceOf(LinkFrame.Signature.class);
        }
      } finally {
        signers.letGo();
      }
    }
  }

  @Test
  void aMembersNewLinkTakesThePlaceOfItsOther() throws Exception {
    BlockingQueue<LinkFrame> answers = new LinkedBlockingQueue<>();
    try (LinkedMember holder = holder(false);
        HandMember hostile = new HandMember(files, "hostile", (_, frame) -> keep(answers, frame))) {
      hostile.dial(holder);
      FrameSocket second = hostile.dial(holder);
      assertThat(hostile.ends().poll(20, TimeUnit.SECONDS)).isEqualTo("it closed the session");
      hostile.on(() -> second.send(sign(holder, 1)));
      assertThat(answers.poll(20, TimeUnit.SECONDS)).isInstanceOf(LinkFrame.Signature.class);
      assertThat(hostile.ends()).isEmpty();
    }
  }

  /// From one address, and from so many that none has too many.
  @ParameterizedTest
  @ValueSource(ints = {1, 20})
  void strangersThatSayNothingKeepNoMemberOut(int addresses) throws Exception {
    List<Socket> strangers = new ArrayList<>();
    try (LinkedMember holder = holder(false);
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      HostPort address = holder.links().address();
      for (int i = 0; i < LinkServer.SHAKING_MAX + 40; i++) {
        InetAddress from = InetAddress.getByName("127.0.1." + (1 + i % addresses));
        strangers.add(new Socket(InetAddress.getByName(address.host()), address.port(), from, 0));
      }
      List<String> log = LinkLog.during("link to member holder-1 is up", () -> edge.meet(holder));
      assertThat(log).noneMatch(line -> line.contains("no link to member holder-1"));
    } finally {
      for (Socket stranger : strangers) {
        stranger.close();
      }
    }
  }

  private static void keep(BlockingQueue<LinkFrame> answers, LinkFrame frame) {
    if (frame instanceof LinkFrame.Status || frame instanceof LinkFrame.Hello) {
      return;
    }
    answers.add(frame);
    FrameCodec.discard(frame);
  }

  @Test
  void oneMembersHandshakesDoNotFillTheQueueOfTheAgent() throws Exception {
    BlockingQueue<LinkFrame> answers = new LinkedBlockingQueue<>();
    try (LinkedMember holder = holder(true);
        HandMember hostile = new HandMember(files, "hostile", (_, frame) -> keep(answers, frame))) {
      FrameSocket socket = hostile.dial(holder);
      int opened = RelayedHere.UNDER_WAY_MAX + 500;
      hostile.on(() -> {
        for (int id = 1; id <= opened; id++) {
          socket.send(new LinkFrame.Open(id, request()));
          socket.send(new LinkFrame.Input(id, Unpooled.wrappedBuffer(new byte[] {22})));
        }
      });
      int waiting = 0;
      int busy = 0;
      for (int i = 0; i < opened; i++) {
        LinkFrame answer = answers.poll(20, TimeUnit.SECONDS);
        if (isBusy(answer)) {
          busy++;
        } else {
          assertThat(answer).isInstanceOf(LinkFrame.Answer.class);
          waiting++;
        }
      }
      assertThat(waiting).isBetween(1, RelayedHere.UNDER_WAY_MAX);
      assertThat(busy).isEqualTo(opened - waiting);
      assertThat(holder.links().busyAnswers()).isEqualTo(busy);
      // Its own clients are served all the while.
      try (TestServer server = new TestServer(holder.handshakes(), "web", TlsPolicy.DEFAULT)) {
        assertThat(connect(server)).contains("HTTP/1.1 200 OK");
        assertThat(server.outcomes().poll(20, TimeUnit.SECONDS))
            .isInstanceOf(HandshakeOutcome.Established.class);
      }
    }
  }

  @Test
  void whatIsToBeSignedIsNoLongerThanAHandshake() throws Exception {
    BlockingQueue<LinkFrame> answers = new LinkedBlockingQueue<>();
    try (LinkedMember holder = holder(false);
        HandMember hostile = new HandMember(files, "hostile", (_, frame) -> keep(answers, frame))) {
      FrameSocket socket = hostile.dial(holder);
      // From a ClientHello to a ClientKeyExchange, and so one that is signed if it is short.
      hostile.on(() -> {
        socket.send(signed(sign(holder, 1), messages(1000)));
        socket.send(signed(sign(holder, 2), messages(AskedLink.SIGNED_LENGTH_MAX)));
      });
      assertThat(List.of(answers.poll(20, TimeUnit.SECONDS), answers.poll(20, TimeUnit.SECONDS)))
          .hasAtLeastOneElementOfType(LinkFrame.Signature.class)
          .contains(
              new LinkFrame.Refused(2, Cause.REFUSED, "what it wants signed is no handshake"));
    }
  }

  private static LinkFrame.Sign signed(LinkFrame.Sign sign, ByteBuf content) {
    return new LinkFrame.Sign(
        sign.id(),
        sign.keyring(),
        sign.privateKey(),
        sign.certificate(),
        sign.scheme(),
        sign.purpose(),
        content);
  }

  private static ByteBuf messages(int length) {
    return Unpooled.buffer()
        .writeByte(1)
        .writeMedium(length)
        .writeZero(length)
        .writeByte(16)
        .writeMedium(0);
  }

  /// Of a client whose certificate has more names than a list on the link may have.
  @Test
  void aCertificateWithTooManyNamesEndsItsHandshakeAndNotTheLink() throws Exception {
    files.certificate("clients", "ec:P-256", "");
    String names =
        IntStream.range(0, FrameReader.LIST_MAX + 1)
            .mapToObj(i -> "DNS:c" + i)
            .collect(Collectors.joining(","));
    files.issued("clients", "many", names);
    files.issued("clients", "one", "DNS:c1");
    try (LinkedMember holder = new LinkedMember(files, "cluster", "holder-1");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      KeyringConfig config = files.config("web", "site");
      holder
          .own()
          .put(
              files.keyring(
                  holder.own(),
                  new KeyringConfig(
                      "web",
                      config.certificates(),
                      new TrustConfig.Anchors(files.named("clients.pem"), List.of()),
                      config.serverTrust(),
                      List.of())));
      holder.share("web", 1, true, "edge");
      edge.meet(holder);
      edge.awaitServing("web");
      TlsPolicy policy =
          TlsPolicy.DEFAULT.withClientAuth(new ClientAuth(ClientAuth.Mode.REQUIRED, List.of()));
      try (TestServer server = new TestServer(edge.handshakes(), "web", policy)) {
        connect(server, "many");
        HandshakeOutcome.Failed failed =
            (HandshakeOutcome.Failed) server.outcomes().poll(20, TimeUnit.SECONDS);
        assertThat(failed.reason()).isEqualTo(FailureReason.CERTIFICATE_MALFORMED);
        assertThat(failed.detail())
            .isEqualTo("a certificate with 4097 names does not fit the link");
        // On the same link: a new one would say so.
        assertThat(edge.links().canServe("web")).isTrue();
        assertThat(connect(server, "one")).contains("HTTP/1.1 200 OK");
      }
    }
  }

  @Test
  void bytesThatTheAgentHasNotTakenAreBounded() throws Exception {
    BlockingQueue<LinkFrame> answers = new LinkedBlockingQueue<>();
    try (LinkedMember holder = holder(true);
        HandMember hostile = new HandMember(files, "hostile", (_, frame) -> keep(answers, frame))) {
      FrameSocket socket = hostile.dial(holder);
      byte[] bytes = new byte[3 << 20];
      int opened = 4;
      GatedStore.Held agent = holder.holdAgent(request());
      try {
        for (int id = 1; id <= opened; id++) {
          LinkFrame open = new LinkFrame.Open(id, request());
          LinkFrame input = new LinkFrame.Input(id, Unpooled.wrappedBuffer(bytes));
          hostile.on(() -> {
            socket.send(open);
            socket.send(input);
          });
        }
        assertThat(isBusy(answers.poll(20, TimeUnit.SECONDS))).isTrue();
        assertThat(isBusy(answers.poll(20, TimeUnit.SECONDS))).isTrue();
      } finally {
        agent.letGo();
      }
      for (int i = 0; i < 2; i++) {
        assertThat(answers.poll(20, TimeUnit.SECONDS)).isInstanceOf(LinkFrame.Answer.class);
      }
    }
  }
}
