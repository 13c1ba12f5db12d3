package io.sallyport.agent;

import io.netty.buffer.ByteBuf;
import io.sallyport.handshake.HandshakeAnswer;

/// What the threads of an agent do for one request: the steps of a [Handshake], as [AgentExchange]
/// sees them. For one thread at a time.
interface HandshakeSteps extends AutoCloseable {
  /// What a step takes at the most.
  enum Work {
    /// Some symmetric cryptography, and at most one agreement over a light group: no more than two
    /// changes of thread.
    LIGHT,
    /// Key exchange and a signature, with a key that is here.
    COMPUTES,
    /// The verification of a chain that a hostile peer has made.
    VERIFIES,
    /// The answer of another member, which has the private key.
    WAITS
  }

  /// The first step.
  HandshakeAnswer begin();

  /// What the next step takes that gets bytes of the peer. Not while a step is under way.
  Work next();

  /// The peer sent `bytes`, which are released. Not to be called after any answer but
  /// [HandshakeAnswer.NeedInput].
  HandshakeAnswer receive(ByteBuf bytes);

  /// Wipes what is left. Called once, from any thread, when no step is under way.
  @Override
  void close();
}
