package io.sallyport.handshake;

import io.netty.buffer.ByteBuf;
import io.sallyport.keyring.KeySerial;
import io.sallyport.ktls.SessionKeys;
import java.util.function.Supplier;

/// What an agent answers to the peer's bytes. Whoever takes it owns what is in it.
public sealed interface HandshakeAnswer {
  /// For the peer, to be sent before anything else; may be empty.
  ByteBuf output();

  /// Gives back and wipes what the answer holds, for an answer that nobody waits for.
  void discard();

  /// The agent wants more of the peer's bytes.
  ///
  /// @param peer finds out what is known of the peer, should its time run out; for any thread, as
  ///   long as this is the last answer, also after a cancel
  record NeedInput(ByteBuf output, Supplier<PeerFacts> peer) implements HandshakeAnswer {
    @Override
    public void discard() {
      output.release();
    }
  }

  /// The session is established.
  ///
  /// @param output the last plain bytes; what follows is sent with `keys`
  /// @param unconsumed bytes of the peer behind its handshake, still encrypted
  /// @param keys for both directions
  /// @param messages handshake messages, the first thing to be sent with `keys`; may be empty
  /// @param postHandshake takes those of the peer
  record Established(
      ByteBuf output,
      ByteBuf unconsumed,
      SessionKeys keys,
      ByteBuf messages,
      PostHandshake postHandshake,
      KeySerial peerid,
      Session session)
      implements HandshakeAnswer {
    @Override
    public void discard() {
      output.release();
      unconsumed.release();
      keys.close();
      messages.release();
      postHandshake.close();
    }
  }

  /// There will be no session.
  ///
  /// @param output the fatal alert, or nothing
  record Refused(ByteBuf output, HandshakeOutcome.Failed outcome) implements HandshakeAnswer {
    @Override
    public void discard() {
      output.release();
    }
  }
}
