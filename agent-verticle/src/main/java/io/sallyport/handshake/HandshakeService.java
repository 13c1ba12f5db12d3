package io.sallyport.handshake;

import io.netty.buffer.ByteBuf;

/// The agent's side of the API: services handshakes, bytes in and bytes out.
///
/// May be called from any thread. An implementation bounds the requests that wait for it, and keeps
/// the promise that `done` rests on: an accepted request is answered until its last answer,
/// whatever fails, and when the agent stops.
public interface HandshakeService {
  /// Takes a request or refuses it. Must not block, and must not wait for `answers`, which may be
  /// called before this call returns.
  ///
  /// Throws nothing but [OutOfMemoryError], and is then as if it had refused.
  ///
  /// @param answers where the agent's answers go, from any thread; never, when it is refused
  Submission submit(HandshakeRequest request, Answers answers);

  /// What [#submit] answers.
  sealed interface Submission {
    /// The agent will answer. A client's first answer has something to send, or says why not; a
    /// server has none before the peer's first bytes, unless it says that there will be no session.
    record Accepted(Exchange exchange) implements Submission {}

    /// The agent will not answer.
    ///
    /// @param why not [HandshakeSubmit#ACCEPTED]
    record Refused(HandshakeSubmit why) implements Submission {}
  }

  /// One handshake at an agent, as the holder of the socket sees it. For one thread at a time.
  ///
  /// The two sides take turns. Of a client, whose message is the first one in TLS, the first turn
  /// is the agent's: an answer with that message. Of a server it is the holder's: [#received] with
  /// the peer's. From then on after each [HandshakeAnswer.NeedInput] one call of [#received], after
  /// that one answer. Any other answer is the last. When the agent stops, its last answer comes out
  /// of turn.
  interface Exchange {
    /// The peer sent `bytes`. Takes ownership, also out of turn and after the last answer, when
    /// they are dropped.
    void received(ByteBuf bytes);

    /// Nobody waits for an answer any more. The agent ends its work; an answer that is under way
    /// may still come. Does nothing after the last answer, and the second time. Must not block.
    void cancel();
  }

  /// Hears the answers of one [Exchange].
  interface Answers {
    /// The agent's next answer. Takes ownership of it, also of one that nobody waits for.
    void answer(HandshakeAnswer answer);
  }
}
