package io.sallyport.agent;

import io.netty.buffer.ByteBuf;
import io.sallyport.handshake.HandshakeAnswer;

/// What the threads of an agent do for one request: the steps of a [Handshake], as [AgentExchange]
/// sees them. For one thread at a time.
interface HandshakeSteps extends AutoCloseable {
  /// The first step.
  HandshakeAnswer begin();

  /// Whether a step may wait for another member, which holds a private key. Always the same.
  boolean mayWait();

  /// The peer sent `bytes`, which are released. Not to be called after any answer but
  /// [HandshakeAnswer.NeedInput].
  HandshakeAnswer receive(ByteBuf bytes);

  /// Wipes what is left. Called once, from any thread, when no step is under way.
  @Override
  void close();
}
