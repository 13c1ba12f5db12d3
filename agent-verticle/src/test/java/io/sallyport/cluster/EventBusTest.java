package io.sallyport.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.config.HostPort;
import io.sallyport.config.MemberLinkConfig;
import io.sallyport.keyring.TestFiles;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The event bus between members: who gets to speak on it, and who does not.
final class EventBusTest {
  private static final String ADDRESS = "sallyport.test";
  private static final int REFUSED_MS = 1_500;
  private static final int ANSWER_MS = 30_000;
  private static final int READ_TIMEOUT_MS = 5_000;

  @TempDir private static Path folder;
  private static TestFiles files;

  private final AtomicInteger heard = new AtomicInteger();

  @BeforeAll
  static void makeFiles() {
    files = new TestFiles(folder);
    files.certificate("ca", "ec:P-256", "");
    files.certificate("other-ca", "ec:P-256", "");
    files.issued("ca", "member-1", "DNS:member-1");
    files.issued("ca", "member-2", "DNS:member-2");
    files.issued("other-ca", "member-3", "DNS:member-3");
  }

  private void answerOn(Vertx vertx) {
    TestCluster.await(
        vertx
            .eventBus()
            .<String>consumer(
                ADDRESS,
                message -> {
                  heard.incrementAndGet();
                  message.reply(message.body() + " yourself");
                })
            .completion());
  }

  private static Future<Message<String>> ask(Vertx vertx, int timeoutMs) {
    return vertx
        .eventBus()
        .request(ADDRESS, "hello", new DeliveryOptions().setSendTimeout(timeoutMs));
  }

  @Test
  void membersAnswerEachOtherOverMutualTls() throws JoinException {
    try (TestCluster cluster = new TestCluster(2)) {
      Vertx first = cluster.vertx(cluster.join(1, cluster.link(files, "ca", 1)));
      answerOn(cluster.vertx(cluster.join(2, cluster.link(files, "ca", 2))));

      assertThat(TestCluster.await(ask(first, ANSWER_MS)).body()).isEqualTo("hello yourself");
    }
  }

  /// Hazelcast lets such a member in, because it has no TLS; the event bus does not.
  @Test
  void aMemberWithACertificateOfAnotherAuthorityIsNotHeard() throws JoinException {
    try (TestCluster cluster = new TestCluster(3)) {
      Vertx ours = cluster.vertx(cluster.join(1, cluster.link(files, "ca", 1)));
      answerOn(ours);
      // It trusts us, so only our side can refuse.
      Vertx strange = cluster.vertx(cluster.join(3, cluster.link(files, "ca", 3)));

      assertThatThrownBy(() -> TestCluster.await(ask(strange, REFUSED_MS)))
          .isInstanceOf(AssertionError.class);
      assertThat(heard).hasValue(0);

      Vertx friend = cluster.vertx(cluster.join(2, cluster.link(files, "ca", 2)));
      assertThat(TestCluster.await(ask(friend, ANSWER_MS)).body()).isEqualTo("hello yourself");
      assertThat(heard).hasValue(1);
    }
  }

  @Test
  void withoutTlsMembersAnswerEachOtherWhereTheConfigSaysSo() throws Exception {
    try (TestCluster cluster = new TestCluster(2)) {
      Vertx first = cluster.vertx(cluster.join(1));
      answerOn(cluster.vertx(cluster.join(2)));

      assertThat(TestCluster.await(ask(first, ANSWER_MS)).body()).isEqualTo("hello yourself");
      assertThat(answerToPing(cluster.config(1, new MemberLinkConfig.Insecure()).eventBus()))
          .isNotNegative();
    }
  }

  @Test
  void whoSpeaksNoTlsGetsNoAnswer() throws Exception {
    try (TestCluster cluster = new TestCluster(1)) {
      MemberLinkConfig link = cluster.link(files, "ca", 1);
      cluster.vertx(cluster.join(1, link));

      assertThat(answerToPing(cluster.config(1, link).eventBus())).isNegative();
    }
  }

  /// The first byte of the answer to a ping, as members send it to each other; negative when there
  /// is none before the connection ends. An alert of TLS is no answer.
  private static int answerToPing(HostPort eventBus) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(eventBus.host(), eventBus.port()));
      socket.setSoTimeout(READ_TIMEOUT_MS);
      socket.getOutputStream().write(ping());
      InputStream in = socket.getInputStream();
      int first = in.read();
      return first == 21 ? -1 : first; // content type alert
    }
  }

  private static byte[] ping() {
    byte[] address = "__vertx_ping".getBytes(StandardCharsets.US_ASCII);
    byte[] sender = "nobody".getBytes(StandardCharsets.US_ASCII);
    Buffer message =
        Buffer.buffer()
            .appendByte((byte) 2) // version of the protocol
            .appendByte((byte) 1) // codec of pings
            .appendByte((byte) 0) // sent, not published
            .appendInt(address.length)
            .appendBytes(address)
            .appendInt(0) // no address to reply to
            .appendInt(sender.length)
            .appendBytes(sender)
            .appendInt(4); // no headers
    return Buffer.buffer().appendInt(message.length()).appendBuffer(message).getBytes();
  }
}
