package io.sallyport.handshake;

import io.netty.buffer.ByteBuf;

/// The agent's side of the API: services handshakes, bytes in and bytes out.
///
/// May be called from any thread. An implementation bounds the requests that wait for it.
public interface HandshakeService {
  /// Takes a request or refuses it. Must not block, and must not answer from within this call.
  ///
  /// @param answers where the agent's answers go, from any thread
  Submission submit(HandshakeRequest request, Answers answers);

  /// What [#submit] answers.
  sealed interface Submission {
    /// The agent will answer; its first answer says that it is ready for the peer's bytes.
    record Accepted(Exchange exchange) implements Submission {}

    /// The agent will not answer.
    ///
    /// @param why not [HandshakeSubmit#ACCEPTED]
    record Refused(HandshakeSubmit why) implements Submission {}
  }

  /// One handshake at an agent, as the holder of the socket sees it. For one thread at a time.
  ///
  /// The two sides take turns: after each [HandshakeAnswer.NeedInput] one call of [#received],
  /// after that one answer. Any other answer is the last.
  interface Exchange {
    /// The peer sent `bytes`. Takes ownership.
    void received(ByteBuf bytes);

    /// Nobody waits for an answer any more. The agent ends its work; an answer that is under way
    /// may still come.
    void cancel();
  }

  /// Hears the answers of one [Exchange].
  interface Answers {
    /// The agent's next answer. Takes ownership of it.
    void answer(HandshakeAnswer answer);
  }
}
