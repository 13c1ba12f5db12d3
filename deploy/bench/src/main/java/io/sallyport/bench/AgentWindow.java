package io.sallyport.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.handshake.HandshakeService.Submission;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.ContentType;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A number of handshakes with an agent of a single thread, one after the other, and what they cost
/// that thread.
///
/// An agent answers on its own thread. The client moves within that answer, on the same thread, and
/// its time is left out. So the agent is measured through the door that everybody uses, with its
/// queue, yet its thread never sleeps: what a wake-up costs depends on the machine and belongs to
/// the measurement of a whole proxy.
final class AgentWindow implements HandshakeService.Answers {
  private static final RecordEngine ENGINE =
      new RecordEngine(RecordRun.ALLOCATOR, AeadBackend.probe());
  private static final byte[] NOTHING = new byte[0];

  private final HandshakeService agent;
  private final HandshakeRequest request;
  private final Supplier<? extends BenchClient> clients;
  private final int count;
  private final ThreadCost cost = new ThreadCost();
  private final CompletableFuture<ThreadCost.Average> result = new CompletableFuture<>();

  /// Handshakes to come, the one before those that count among them: its first step comes from
  /// another thread than all others.
  private int left;

  private HandshakeService.@Nullable Exchange exchange;
  private @Nullable BenchClient client;

  private AgentWindow(
      HandshakeService agent,
      HandshakeRequest request,
      Supplier<? extends BenchClient> clients,
      int count) {
    this.agent = agent;
    this.request = request;
    this.clients = clients;
    this.count = count;
    left = count + 1;
  }

  /// Blocks until `count` handshakes are complete.
  static ThreadCost.Average measure(
      HandshakeService agent,
      HandshakeRequest request,
      Supplier<? extends BenchClient> clients,
      int count) {
    AgentWindow window = new AgentWindow(agent, request, clients, count);
    window.submit();
    return window.result.join();
  }

  // Synchronized because the first request comes from another thread than the others: its answer
  // may be there before `exchange` is.
  private synchronized void submit() {
    if (!(agent.submit(request, this) instanceof Submission.Accepted(var accepted))) {
      throw new IllegalStateException("the agent refused a request");
    }
    exchange = accepted;
    stop();
    client = clients.get();
    try {
      goOn(client, accepted, NOTHING);
    } catch (IOException e) {
      result.completeExceptionally(e);
    }
  }

  private void start() {
    if (left <= count) {
      cost.start();
    }
  }

  private void stop() {
    if (left <= count) {
      cost.stop();
    }
  }

  @Override
  public synchronized void answer(HandshakeAnswer answer) {
    stop();
    HandshakeService.Exchange current = exchange;
    BenchClient peer = client;
    if (current == null || peer == null) {
      throw new IllegalStateException("an answer before the request");
    }
    try {
      switch (answer) {
        case HandshakeAnswer.NeedInput(ByteBuf output, var _) -> goOn(peer, current, bytes(output));
        case HandshakeAnswer.Established established -> end(peer, established);
        case HandshakeAnswer.Refused(ByteBuf output, var outcome) -> {
          output.release();
          throw new IllegalStateException(outcome.toString());
        }
      }
    } catch (IOException | RuntimeException e) {
      result.completeExceptionally(e);
    }
  }

  private void goOn(BenchClient peer, HandshakeService.Exchange current, byte[] output)
      throws IOException {
    ByteBuf flight = Unpooled.wrappedBuffer(peer.flight(output));
    start();
    current.received(flight);
  }

  private void end(BenchClient peer, HandshakeAnswer.Established established) throws IOException {
    tell(peer, bytes(established.output()));
    if (!peer.isComplete()) {
      throw new IllegalStateException("only the server is done");
    }
    start();
    RecordRun.Collector sent = install(established);
    stop();
    for (ByteBuf record : sent.taken()) {
      tell(peer, bytes(record));
    }
    peer.close();
    left--;
    if (left == 0) {
      result.complete(cost.per(count));
      return;
    }
    start();
    submit();
  }

  private static void tell(BenchClient client, byte[] bytes) throws IOException {
    if (bytes.length > 0) {
      byte[] _ = client.flight(bytes);
    }
  }

  /// What the holder of the socket does with the answer. OpenSSL, too, is not done before it has
  /// ciphers for application data.
  private static RecordRun.Collector install(HandshakeAnswer.Established established) {
    established.unconsumed().release();
    RecordRun.Collector sent = new RecordRun.Collector();
    try (KtlsSocket socket = ENGINE.socket(sent)) {
      socket.setUlp(KtlsSocket.TLS_ULP);
      established.keys().installOn(socket);
      if (established.messages().isReadable()) {
        socket.sendControl(ContentType.HANDSHAKE, established.messages());
      } else {
        established.messages().release();
      }
    }
    established.postHandshake().close();
    return sent;
  }

  private static byte[] bytes(ByteBuf buffer) {
    if (!buffer.isReadable()) {
      buffer.release();
      return NOTHING;
    }
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    buffer.release();
    return bytes;
  }
}
