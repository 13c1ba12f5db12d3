package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.agent.TestServer;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeStatus;
import io.sallyport.handshake.PeerFacts;
import io.sallyport.handshake.PostHandshake;
import io.sallyport.handshake.Session;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeyElsewhereException.Cause;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringView;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.SessionKeys;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What a holder can do to the member that asks it, when it speaks the protocol and does not keep
/// to it.
@ExtendWith(LeakCheck.class)
class HostileHolderTest {
  @TempDir private static Path folder;
  private static TestFiles files;

  @BeforeAll
  static void makeCertificates() {
    files = new TestFiles(folder);
    files.certificate("cluster", "ec:P-256", "");
    for (String member : List.of("edge", "holder-1", "holder-2")) {
      files.issued("cluster", member, "DNS:" + member);
    }
    files.certificate("site", "ec:P-256", "DNS:site.example");
  }

  private static LinkFrame.Offer relay() {
    return new LinkFrame.Offer("web", 1, true, false, true);
  }

  private static LinkedMember honest(boolean relay) {
    LinkedMember holder = new LinkedMember(files, "cluster", "holder-2");
    holder.own().put(files.keyring(holder.own(), "web", "site"));
    holder.share("web", 1, relay, "edge");
    return holder;
  }

  private static String connect(TestServer server) {
    return Command.run(
            "GET\n".getBytes(StandardCharsets.US_ASCII),
            List.of(
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + server.port(),
                "-servername",
                "site.example",
                "-CAfile",
                folder.resolve("site.pem").toString(),
                "-ign_eof"))
        .out();
  }

  private static HandshakeOutcome.Failed failed(TestServer server) throws InterruptedException {
    return (HandshakeOutcome.Failed) server.outcomes().poll(20, TimeUnit.SECONDS);
  }

  private static HandshakeAnswer needInput(byte... output) {
    return new HandshakeAnswer.NeedInput(Unpooled.wrappedBuffer(output), () -> PeerFacts.NONE);
  }

  private static HandshakeAnswer established() {
    ByteBuf nothing = Unpooled.EMPTY_BUFFER;
    return new HandshakeAnswer.Established(
        nothing,
        nothing,
        new SessionKeys.Updatable(CipherType.AES_GCM_128, secret(), secret()),
        nothing,
        PostHandshake.NONE,
        KeySerial.NONE,
        new Session(
            TlsVersion.TLS_1_3, "TLS_AES_128_GCM_SHA256", "x25519", null, null, false, 16384));
  }

  private static TrafficSecret secret() {
    return new TrafficSecret(TrafficSecret.Hash.SHA256, SecretBytes.wiping(new byte[32]));
  }

  /// What it does wrong, before anything has gone to the peer.
  enum Wrong {
    SIGNATURE {
      @Override
      void answer(FrameSocket socket, long id) {
        socket.send(new LinkFrame.Signature(id, Unpooled.wrappedBuffer(new byte[70])));
      }
    },
    VIEW {
      @Override
      void answer(FrameSocket socket, long id) {
        socket.send(new LinkFrame.View(id, Unpooled.wrappedBuffer(new byte[70])));
      }
    },
    DEMANDS {
      @Override
      void answer(FrameSocket socket, long id) {
        // Of the two that are too many one may fall behind the client's first flight.
        send(socket, id, needInput());
        send(socket, id, needInput());
        send(socket, id, needInput());
      }
    },
    SESSION_AT_ONCE {
      @Override
      void answer(FrameSocket socket, long id) {
        send(socket, id, established());
      }
    },
    STOPPED {
      @Override
      void answer(FrameSocket socket, long id) {
        send(
            socket,
            id,
            new HandshakeAnswer.Refused(
                Unpooled.EMPTY_BUFFER,
                new HandshakeOutcome.Failed(FailureReason.AGENT_STOPPED, "stopped")));
      }
    };

    abstract void answer(FrameSocket socket, long id);
  }

  private static void send(FrameSocket socket, long id, HandshakeAnswer answer) {
    socket.send(new LinkFrame.Answer(id, answer, null));
    answer.discard();
  }

  @ParameterizedTest
  @EnumSource
  void aHandshakeThatWentNowhereYetGoesToAnotherHolder(Wrong wrong) throws Exception {
    AtomicInteger asked = new AtomicInteger();
    HandMember.Behaviour behaviour =
        (socket, frame) -> {
          if (frame instanceof LinkFrame.Open open) {
            asked.incrementAndGet();
            wrong.answer(socket, open.id());
          }
          FrameCodec.discard(frame);
        };
    try (HandMember hostile = new HandMember(files, "holder-1", behaviour);
        LinkedMember holder = honest(true);
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      hostile.offer(relay());
      edge.meet(hostile, holder);
      LinkedMember.await(edge.links().whenHeard("holder-1"));
      LinkedMember.await(edge.links().whenHeard("holder-2"));
      try (TestServer server = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        do {
          assertThat(connect(server)).contains("HTTP/1.1 200 OK");
        } while (asked.get() < 2);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = "STOPPED", mode = EnumSource.Mode.EXCLUDE)
  void aHandshakeThatOnlyAHostileHolderTakesFailsAtOnce(Wrong wrong) throws Exception {
    HandMember.Behaviour behaviour =
        (socket, frame) -> {
          if (frame instanceof LinkFrame.Open open) {
            wrong.answer(socket, open.id());
          }
          FrameCodec.discard(frame);
        };
    HandshakeOutcome.Failed failed = withOnlyHolder(behaviour);
    assertThat(failed.reason()).isEqualTo(FailureReason.AGENT_MISBEHAVED);
    assertThat(failed.status()).isEqualTo(HandshakeStatus.EIO);
    assertThat(failed.detail()).startsWith("member holder-1 cannot be relied on in a handshake: ");
  }

  @ParameterizedTest
  @EnumSource(names = {"SIGNATURE", "VIEW", "DEMANDS"})
  void aHandshakeInWhichSomethingWentToThePeerFails(Wrong wrong) throws Exception {
    HandMember.Behaviour behaviour =
        (socket, frame) -> {
          switch (frame) {
            case LinkFrame.Open open -> send(socket, open.id(), needInput());
            case LinkFrame.Input(long id, _) -> {
              // A record that no peer can misunderstand as an alert.
              send(
                  socket,
                  id,
                  needInput((byte) 22, (byte) 3, (byte) 3, (byte) 0, (byte) 1, (byte) 2));
              wrong.answer(socket, id);
            }
            default -> {}
          }
          FrameCodec.discard(frame);
        };
    assertThat(withOnlyHolder(behaviour).reason()).isEqualTo(FailureReason.AGENT_MISBEHAVED);
  }

  @Test
  void aSessionWithoutAWordToThePeerIsNone() throws Exception {
    HandMember.Behaviour behaviour =
        (socket, frame) -> {
          switch (frame) {
            case LinkFrame.Open open -> send(socket, open.id(), needInput());
            case LinkFrame.Input(long id, _) -> send(socket, id, established());
            default -> {}
          }
          FrameCodec.discard(frame);
        };
    HandshakeOutcome.Failed failed = withOnlyHolder(behaviour);
    assertThat(failed.reason()).isEqualTo(FailureReason.AGENT_MISBEHAVED);
    assertThat(failed.detail())
        .isEqualTo(
            "member holder-1 cannot be relied on in a handshake: it made a session without a"
                + " handshake");
  }

  @Test
  void aHolderThatDoesNotAnswerCostsASecondAndIsAskedLess() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    HandMember.Behaviour behaviour =
        (socket, frame) -> {
          if (frame instanceof LinkFrame.Sign) {
            asked.incrementAndGet();
          }
        };
    try (HandMember hostile = new HandMember(files, "holder-1", behaviour);
        LinkedMember holder = honest(false);
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      edge.meet(hostile, holder);
      edge.awaitServing("web");
      // Offered once the view is there, which is then the honest one.
      hostile.offer(new LinkFrame.Offer("web", 1, false, false, true));
      LinkedMember.await(edge.links().whenHeard("holder-1"));
      try (TestServer server = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        int handshakes = 0;
        while (asked.get() == 0) {
          assertThat(connect(server)).contains("HTTP/1.1 200 OK");
          handshakes++;
        }
        for (int i = 0; i < 4; i++) {
          assertThat(connect(server)).contains("HTTP/1.1 200 OK");
          handshakes++;
        }
        // What it has not answered counts as load, and the other one has none.
        assertThat(asked).hasValue(1);
        assertThat(server.outcomes()).hasSize(handshakes);
      }
    }
  }

  @Test
  void whatAHolderSaysIsOnePrintableLineInTheLog() throws Exception {
    String text = "x\u001b[2J\n" + "y".repeat(60_000);
    HandMember.Behaviour behaviour =
        (socket, frame) -> {
          if (frame instanceof LinkFrame.WantView(long id, _)) {
            socket.send(new LinkFrame.Refused(id, Cause.REFUSED, text));
          }
        };
    try (HandMember hostile = new HandMember(files, "holder-1", behaviour);
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      hostile.offer(new LinkFrame.Offer("web", 1, false, false, true));
      List<String> log = LinkLog.during("member holder-1 answers: ", () -> edge.meet(hostile));
      assertThat(log.getLast()).contains("x\\u001B[2J\\u000Ayyy").hasSizeLessThan(700);
    }
  }

  @Test
  void moreViewsThanThereIsRoomForAreNotTaken() throws Exception {
    try (LocalKeyringStore store = new LocalKeyringStore();
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      Keyring keyring = files.keyring(store, "web", "site");
      KeyringView view = KeyringView.of(keyring);
      HandMember.Behaviour behaviour =
          (socket, frame) -> {
            if (frame instanceof LinkFrame.WantView(long id, String name)) {
              KeyringView named =
                  new KeyringView(
                      name, view.certificates(), view.clientTrust(), view.serverTrust());
              socket.send(new LinkFrame.View(id, ViewForm.write(named)));
            }
            FrameCodec.discard(frame);
          };
      try (HandMember hostile = new HandMember(files, "holder-1", behaviour)) {
        int offered = MemberKeyrings.VIEWS_MAX + 10;
        hostile.offer(
            IntStream.range(0, offered)
                .mapToObj(i -> new LinkFrame.Offer("web-" + i, 1, false, false, true))
                .toArray(LinkFrame.Offer[]::new));
        LinkLog.during("one more view than there is room for", () -> edge.meet(hostile));
        LinkedMember.await(
            edge.links()
                .whenServing(
                    IntStream.range(0, MemberKeyrings.VIEWS_MAX)
                        .mapToObj(i -> "web-" + i)
                        .collect(Collectors.toSet())));
        assertThat(IntStream.range(0, offered))
            .filteredOn(i -> edge.links().canServe("web-" + i))
            .hasSize(MemberKeyrings.VIEWS_MAX);
      } finally {
        keyring.release();
      }
    }
  }

  /// What a handshake comes to with this holder and no other.
  private static HandshakeOutcome.Failed withOnlyHolder(HandMember.Behaviour behaviour)
      throws Exception {
    try (HandMember hostile = new HandMember(files, "holder-1", behaviour);
        LinkedMember edge = new LinkedMember(files, "cluster", "edge")) {
      hostile.offer(relay());
      edge.meet(hostile);
      edge.awaitServing("web");
      try (TestServer server = new TestServer(edge.handshakes(), "web", TlsPolicy.DEFAULT)) {
        connect(server);
        return failed(server);
      }
    }
  }
}
