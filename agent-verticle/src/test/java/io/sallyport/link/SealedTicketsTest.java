package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.agent.TestServer;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeyElsewhereException.Cause;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.Command;
import io.sallyport.testing.LeakCheck;
import io.sallyport.ticket.OpenedTicket;
import io.sallyport.ticket.OpenedTicket.Reason;
import io.sallyport.ticket.TicketBinding;
import io.sallyport.ticket.TicketCipher;
import io.sallyport.ticket.TicketPolicy;
import io.sallyport.ticket.TicketRules;
import io.sallyport.ticket.TicketSealer;
import io.sallyport.ticket.TicketTimes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A member that signs nothing and seals nothing by itself: its tickets are sealed and opened by
/// others, over real sockets, with OpenSSL as the client.
@ExtendWith(LeakCheck.class)
class SealedTicketsTest {
  private static final TicketTimes TIMES = TicketTimes.lasting(TlsPolicy.DEFAULT.ticketLifetime());

  /// In DER the ticket of a session that OpenSSL saved is field 10, an OCTET STRING.
  private static final byte TICKET_FIELD = (byte) 0xAA;

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

  private static LinkedMember holder(String name, String... granted) {
    LinkedMember holder = new LinkedMember(files, "cluster", name);
    holder.own().put(files.keyring(holder.own(), "web", "site"));
    holder.shareSealed("web", granted);
    return holder;
  }

  private static LinkedMember edge(LinkedMember... holders) {
    LinkedMember edge = new LinkedMember(files, "cluster", "edge");
    edge.meet(holders);
    edge.awaitServing("web");
    for (LinkedMember holder : holders) {
      LinkedMember.await(edge.links().whenHeard(holder.name()));
    }
    return edge;
  }

  private static TestServer server(LinkedMember member) {
    return new TestServer(member.handshakes(), "web", TlsPolicy.DEFAULT);
  }

  /// What OpenSSL's client says about one connection.
  private static String connect(TestServer server, String... more) {
    List<String> words = new ArrayList<>(List.of("openssl", "s_client", "-connect"));
    words.addAll(List.of("127.0.0.1:" + server.port(), "-servername", "site.example"));
    words.addAll(List.of("-CAfile", folder.resolve("site.pem").toString(), "-ign_eof"));
    words.addAll(List.of(more));
    return Command.run("GET\n".getBytes(StandardCharsets.US_ASCII), words).out();
  }

  private static Path sessionFrom(TestServer server, String version) {
    Path session = folder.resolve("session.pem");
    assertThat(connect(server, version, "-sess_out", session.toString()))
        .contains("New, TLS", "resumed=false");
    return session;
  }

  private static void assertResumes(TestServer server, String version, Path session) {
    assertThat(connect(server, version, "-sess_in", session.toString()))
        .contains("Reused, TLS", "resumed=true");
  }

  private static void assertBeginsAnew(TestServer server, String version, Path session) {
    assertThat(connect(server, version, "-sess_in", session.toString()))
        .contains("New, TLS", "resumed=false");
  }

  private static MemberLink link(LinkedMember from, LinkedMember to) {
    return from.links().others().all().stream()
        .filter(link -> link.member().equals(to.name()))
        .findFirst()
        .orElseThrow();
  }

  private static LinkFrame ask(MemberLink link, LongFunction<LinkFrame> request) throws Exception {
    return link.request(request).get(20, TimeUnit.SECONDS).orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_3", "-tls1_2"})
  void aSessionMadeOnTheEdgeResumesEverywhereAndTheOtherWayRound(String version) {
    try (LinkedMember one = holder("holder-1", "edge");
        LinkedMember two = holder("holder-2", "edge");
        LinkedMember edge = edge(one, two);
        TestServer atOne = server(one);
        TestServer atTwo = server(two);
        TestServer atEdge = server(edge)) {
      List<TestServer> all = List.of(atOne, atTwo, atEdge);
      for (TestServer maker : all) {
        Path session = sessionFrom(maker, version);
        all.forEach(other -> assertResumes(other, version, session));
      }
      assertThat(edge.ringsRead()).as("rings on the edge").isZero();
      assertThat(one.ringsRead()).isPositive();
      Map<String, Long> counts = edge.links().stat().serviced();
      assertThat(counts.keySet().stream().filter(name -> name.startsWith("tickets.")))
          .allMatch(name -> name.endsWith(".sealed") || name.endsWith(".opened"));
      // Each session that was made somewhere was taken up on the edge once, and one was made there.
      assertThat(sum(counts, ".opened")).isEqualTo(all.size());
      assertThat(sum(counts, ".sealed")).isEqualTo(version.equals("-tls1_3") ? 5 : 1);
    }
  }

  private static long sum(Map<String, Long> counts, String result) {
    return counts.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith("tickets."))
        .filter(entry -> entry.getKey().endsWith(result))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  @Test
  void theRingItselfIsRefused() throws Exception {
    try (LinkedMember holder = holder("holder-1", "edge");
        LinkedMember edge = edge(holder)) {
      LinkFrame answer = ask(link(edge, holder), id -> new LinkFrame.WantTickets(id, "web", TIMES));
      assertThat(answer).isInstanceOf(LinkFrame.Refused.class);
      LinkFrame.Refused refused = (LinkFrame.Refused) answer;
      assertThat(refused.cause()).isEqualTo(Cause.REFUSED);
      assertThat(refused.detail()).isEqualTo("the ticket keys of keyring web are sealed");
      assertThat(holder.ringsRead()).isZero();
    }
  }

  @Test
  void withoutAGrantNothingIsSealedAndNothingOpened() throws Exception {
    try (LinkedMember holder = holder("holder-1", "somebody-else");
        LinkedMember edge = new LinkedMember(files, "cluster", "edge");
        SecretBytes form = SecretBytes.zeros(100)) {
      edge.meet(holder);
      LinkedMember.await(edge.links().whenHeard("holder-1"));
      MemberLink link = link(edge, holder);
      for (LinkFrame answer :
          List.of(
              ask(link, id -> new LinkFrame.SealTicket(id, "web", TIMES, form)),
              ask(
                  link,
                  id ->
                      new LinkFrame.OpenTicket(
                          id, "web", TIMES, Unpooled.wrappedBuffer(new byte[100]))))) {
        assertThat(answer).isInstanceOf(LinkFrame.Refused.class);
        assertThat(((LinkFrame.Refused) answer).detail())
            .startsWith("member edge is not granted keyring web");
      }
      assertThat(holder.ringsRead()).isZero();
    }
  }

  @Test
  void aHolderSealsTicketsAndNothingElse() throws Exception {
    try (LinkedMember holder = holder("holder-1", "edge");
        LinkedMember edge = edge(holder);
        SecretBytes form = SecretBytes.zeros(100)) {
      LinkFrame answer =
          ask(link(edge, holder), id -> new LinkFrame.SealTicket(id, "web", TIMES, form));
      assertThat(answer).isInstanceOf(LinkFrame.Refused.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_3", "-tls1_2"})
  void aTicketThatWasTamperedWithMakesAFullHandshake(String version) throws Exception {
    try (LinkedMember holder = holder("holder-1", "edge");
        LinkedMember edge = edge(holder);
        TestServer server = server(edge)) {
      Path session = sessionFrom(server, version);
      byte[] ticket = ticket(session);
      assertThat(ask(link(edge, holder), opening(ticket)))
          .isInstanceOfSatisfying(
              LinkFrame.OpenedTicket.class,
              opened -> {
                assertThat(opened.form().length()).isPositive();
                FrameCodec.discard(opened);
              });
      assertResumes(server, version, session);
      byte[] tampered = ticket.clone();
      tampered[ticket.length - 1] ^= 1;
      assertThat(ask(link(edge, holder), opening(tampered)))
          .isInstanceOfSatisfying(
              LinkFrame.UnopenedTicket.class,
              unopened -> assertThat(unopened.reason()).isEqualTo(Reason.FORGED));
      assertBeginsAnew(server, version, replace(session, ticket, tampered));
    }
  }

  private static LongFunction<LinkFrame> opening(byte[] ticket) {
    return id -> new LinkFrame.OpenTicket(id, "web", TIMES, Unpooled.wrappedBuffer(ticket));
  }

  private static byte[] ticket(Path session) throws IOException {
    ByteBuffer fields = fields(ByteBuffer.wrap(der(session)));
    while (fields.get(fields.position()) != TICKET_FIELD) {
      fields(fields);
    }
    byte[] ticket = bytes(fields(fields(fields)));
    assertThat(ticket.length).isGreaterThan(100);
    return ticket;
  }

  /// The content of the next TLV of `in`, which goes on behind it.
  private static ByteBuffer fields(ByteBuffer in) {
    in.get();
    int length = in.get() & 0xFF;
    if (length > 0x80) {
      int lengthOfLength = length - 0x80;
      length = 0;
      for (int i = 0; i < lengthOfLength; i++) {
        length = length << Byte.SIZE | (in.get() & 0xFF);
      }
    }
    ByteBuffer content = in.slice(in.position(), length);
    in.position(in.position() + length);
    return content;
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static byte[] der(Path pem) throws IOException {
    String text = Files.readString(pem);
    int start = text.indexOf("-----\n") + 6;
    return Base64.getMimeDecoder().decode(text.substring(start, text.indexOf("-----END")));
  }

  private static Path replace(Path session, byte[] ticket, byte[] by) throws IOException {
    byte[] der = der(session);
    int at = 0;
    while (!Arrays.equals(der, at, at + ticket.length, ticket, 0, ticket.length)) {
      at++;
    }
    System.arraycopy(by, 0, der, at, by.length);
    return Files.writeString(
        folder.resolve("replaced.pem"),
        "-----BEGIN SSL SESSION PARAMETERS-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
            + "\n-----END SSL SESSION PARAMETERS-----\n");
  }

  @Test
  void aHolderThatDoesNotAnswerMakesFullHandshakesInTime() throws Exception {
    try (LinkedMember one = holder("holder-1", "edge");
        LinkedMember two = holder("holder-2", "edge");
        LinkedMember edge = edge(two);
        TestServer atOne = server(one);
        TestServer atEdge = server(edge)) {
      Path session = sessionFrom(atOne, "-tls1_3");
      two.holdRings();
      long start = System.nanoTime();
      List<String> log =
          LinkLog.during(
              "no member that has the ticket keys",
              () -> assertBeginsAnew(atEdge, "-tls1_3", session));
      assertThat(log)
          .anyMatch(
              line -> line.contains("keyring web: 1 tickets of clients were not opened and 0"));
      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(3_000);
      // With the other holder beside it, that one does it.
      edge.meet(one, two);
      LinkedMember.await(edge.links().whenHeard("holder-1"));
      while (!connect(atEdge, "-sess_in", session.toString()).contains("Reused, TLS")) {
        // It asks nobody for a second after nobody answered.
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(30);
      }
    }
  }

  @Test
  void whenAHolderIsLostAnotherOneOpens() {
    try (LinkedMember two = holder("holder-2", "edge")) {
      LinkedMember one = holder("holder-1", "edge");
      try (LinkedMember edge = edge(one, two);
          TestServer server = server(edge)) {
        Path session = sessionFrom(server, "-tls1_3");
        one.close();
        for (int i = 0; i < 5; i++) {
          assertResumes(server, "-tls1_3", session);
        }
      }
    }
  }

  /// Goal: what cannot be a ticket is not sent. Method: requests on the link are numbered without a
  /// gap, so that the numbers of two of the test's own tell what was between them.
  @Test
  void whatIsTooLongIsRefusedWithoutARequest() throws Exception {
    try (LinkedMember holder = holder("holder-1", "edge");
        LinkedMember edge = edge(holder);
        SecretBytes form = SecretBytes.zeros(TicketCipher.FORM_LENGTH_MAX + 1)) {
      MemberLink link = link(edge, holder);
      TicketHolders holders = new TicketHolders(edge.own(), edge.links().others(), "web", TIMES);
      long before = number(link);
      assertThat(holders.seal(form)).isEmpty();
      assertThat(
              new TicketSealer(holders, InstantSource.system())
                  .openTls12(new byte[TicketSealer.LENGTH_MAX + 1], binding()))
          .isEqualTo(new OpenedTicket.Refused(Reason.MALFORMED));
      assertThat(number(link)).isEqualTo(before + 1);
      assertThat(
              new TicketSealer(holders, InstantSource.system())
                  .openTls12(new byte[TicketSealer.LENGTH_MAX], binding()))
          .isEqualTo(new OpenedTicket.Refused(Reason.UNKNOWN_KEY));
      assertThat(number(link)).isEqualTo(before + 3);
      LinkFrame answer = ask(link, id -> new LinkFrame.SealTicket(id, "web", TIMES, form));
      assertThat(((LinkFrame.Refused) answer).detail())
          .isEqualTo("a ticket is not as long as that");
    }
  }

  private static long number(MemberLink link) throws Exception {
    AtomicLong number = new AtomicLong();
    ask(
        link,
        id -> {
          number.set(id);
          return new LinkFrame.WantTickets(id, "web", TIMES);
        });
    return number.get();
  }

  private static TicketBinding binding() {
    return TicketRules.of(
            new TicketPolicy(
                "web",
                TlsVersion.TLS_1_2,
                TlsVersion.TLS_1_3,
                List.of(),
                List.of(),
                List.of(),
                false,
                "none",
                "",
                Set.of()),
            new byte[] {1})
        .bind(null, null);
  }

  @Test
  void whatATicketHoldsComesBackWhole() throws Exception {
    try (LinkedMember holder = holder("holder-1", "edge");
        LinkedMember edge = edge(holder);
        TestServer server = server(edge)) {
      byte[] ticket = ticket(sessionFrom(server, "-tls1_3"));
      TicketHolders holders = new TicketHolders(edge.own(), edge.links().others(), "web", TIMES);
      try (SecretBytes form = ((TicketCipher.Unsealed.Form) holders.open(ticket)).form()) {
        byte[] again = holders.seal(form).orElseThrow();
        try (SecretBytes same = ((TicketCipher.Unsealed.Form) holders.open(again)).form()) {
          assertThat(ByteBufUtil.getBytes(same.reveal()))
              .isEqualTo(ByteBufUtil.getBytes(form.reveal()));
        }
      }
    }
  }
}
