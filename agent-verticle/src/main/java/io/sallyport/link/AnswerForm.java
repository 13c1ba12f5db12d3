package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.PeerFacts;
import io.sallyport.handshake.PostHandshake;
import io.sallyport.handshake.Session;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.SessionKeys;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A [HandshakeAnswer] as fields of a frame. Keys go from and to memory outside the heap; the
/// answer that is written stays the caller's.
final class AnswerForm {
  private static final int NEED_INPUT = 0;
  private static final int ESTABLISHED = 1;
  private static final int REFUSED = 2;

  private static final int FIXED = 0;
  private static final int UPDATABLE = 1;

  private AnswerForm() {}

  static void write(FrameWriter out, HandshakeAnswer answer, @Nullable PeerIdentity peer) {
    switch (answer) {
      case HandshakeAnswer.NeedInput(ByteBuf output, var facts) -> {
        out.number8(NEED_INPUT).bytes(output);
        write(out, facts.get());
      }
      case HandshakeAnswer.Established established -> {
        out.number8(ESTABLISHED)
            .bytes(established.output())
            .bytes(established.unconsumed())
            .bytes(established.messages());
        write(out, established.keys());
        out.number32(established.peerid().number());
        write(out, established.session());
        write(out, peer);
      }
      case HandshakeAnswer.Refused(ByteBuf output, HandshakeOutcome.Failed failed) -> {
        out.number8(REFUSED).bytes(output).constant(failed.reason()).text(failed.detail());
        write(out, failed.peer());
      }
    }
  }

  private static void write(FrameWriter out, PeerFacts facts) {
    out.text(facts.sni())
        .text(facts.alpn())
        .text(facts.versions())
        .text(facts.groups())
        .text(facts.ja4())
        .text(facts.certificate());
  }

  private static void write(FrameWriter out, SessionKeys keys) {
    switch (keys) {
      case SessionKeys.Fixed(CryptoInfo tx, CryptoInfo rx) -> {
        out.number8(FIXED);
        write(out, tx);
        write(out, rx);
      }
      case SessionKeys.Updatable(CipherType cipher, TrafficSecret tx, TrafficSecret rx) -> {
        out.number8(UPDATABLE).number16(cipher.number()).constant(tx.hash());
        out.bytes(tx.secret().reveal()).bytes(rx.secret().reveal());
      }
    }
  }

  private static void write(FrameWriter out, CryptoInfo info) {
    ByteBuf buffer = out.buffer();
    int lengthAt = buffer.writerIndex();
    info.write(buffer.writeInt(0));
    buffer.setInt(lengthAt, buffer.writerIndex() - lengthAt - Integer.BYTES);
  }

  private static void write(FrameWriter out, Session session) {
    out.constant(session.version())
        .text(session.cipherSuite())
        .text(session.group())
        .optionalText(session.sni())
        .optionalText(session.alpn())
        .flag(session.resumed())
        .number32(session.maxPayloadLength());
  }

  private static void write(FrameWriter out, @Nullable PeerIdentity peer) {
    out.flag(peer != null);
    if (peer != null) {
      out.text(peer.subject())
          .list(peer.names(), out::text)
          .text(peer.sha256())
          .number64(peer.notAfter().getEpochSecond());
    }
  }

  /// What the peer takes at the most.
  static int room(@Nullable PeerIdentity peer) {
    return peer == null
        ? 0
        : FrameWriter.room(peer.subject())
            + peer.names().stream().mapToInt(FrameWriter::room).sum()
            + FrameWriter.room(peer.sha256());
  }

  static LinkFrame.Answer read(long id, FrameReader in) throws MalformedFrameException {
    int kind = in.number8();
    return switch (kind) {
      case NEED_INPUT -> needInput(id, in);
      case ESTABLISHED -> established(id, in);
      case REFUSED -> refused(id, in);
      default -> throw new MalformedFrameException("an answer of the unknown kind " + kind);
    };
  }

  private static LinkFrame.Answer needInput(long id, FrameReader in)
      throws MalformedFrameException {
    try (Taken taken = new Taken()) {
      ByteBuf output = taken.buffer(in);
      PeerFacts facts = facts(in);
      taken.keep();
      return new LinkFrame.Answer(id, new HandshakeAnswer.NeedInput(output, () -> facts), null);
    }
  }

  private static LinkFrame.Answer refused(long id, FrameReader in) throws MalformedFrameException {
    try (Taken taken = new Taken()) {
      ByteBuf output = taken.buffer(in);
      HandshakeOutcome.Failed failed =
          new HandshakeOutcome.Failed(in.constant(FailureReason.class), in.line(), facts(in));
      taken.keep();
      return new LinkFrame.Answer(id, new HandshakeAnswer.Refused(output, failed), null);
    }
  }

  private static LinkFrame.Answer established(long id, FrameReader in)
      throws MalformedFrameException {
    try (Taken taken = new Taken()) {
      ByteBuf output = taken.buffer(in);
      ByteBuf unconsumed = taken.buffer(in);
      ByteBuf messages = taken.buffer(in);
      SessionKeys keys = taken.keys(in);
      KeySerial peerid = new KeySerial(in.number32());
      Session session = session(in);
      PeerIdentity peer = in.flag() ? peer(in) : null;
      taken.keep();
      return new LinkFrame.Answer(
          id,
          new HandshakeAnswer.Established(
              output, unconsumed, keys, messages, PostHandshake.NONE, peerid, session),
          peer);
    }
  }

  private static PeerFacts facts(FrameReader in) throws MalformedFrameException {
    return new PeerFacts(in.line(), in.line(), in.line(), in.line(), in.line(), in.line());
  }

  private static Session session(FrameReader in) throws MalformedFrameException {
    return new Session(
        in.constant(TlsVersion.class),
        in.text(),
        in.text(),
        in.optionalText(),
        in.optionalText(),
        in.flag(),
        in.number32());
  }

  private static PeerIdentity peer(FrameReader in) throws MalformedFrameException {
    String subject = in.text();
    List<String> names = in.list(in::text);
    String sha256 = in.text();
    try {
      return new PeerIdentity(subject, names, sha256, Instant.ofEpochSecond(in.number64()));
    } catch (DateTimeException _) {
      throw new MalformedFrameException("a time that cannot be");
    }
  }

  /// What was read of an answer so far; gives it back unless the whole answer is there.
  private static final class Taken implements AutoCloseable {
    private final List<Runnable> undo = new ArrayList<>();

    ByteBuf buffer(FrameReader in) throws MalformedFrameException {
      ByteBuf buffer = in.buffer();
      undo.add(buffer::release);
      return buffer;
    }

    SessionKeys keys(FrameReader in) throws MalformedFrameException {
      SessionKeys keys = readKeys(in);
      undo.add(keys::close);
      return keys;
    }

    void keep() {
      undo.clear();
    }

    @Override
    public void close() {
      undo.forEach(Runnable::run);
    }
  }

  private static SessionKeys readKeys(FrameReader in) throws MalformedFrameException {
    try {
      int kind = in.number8();
      return switch (kind) {
        case FIXED -> fixed(in);
        case UPDATABLE -> updatable(in);
        default -> throw new MalformedFrameException("keys of the unknown kind " + kind);
      };
    } catch (KtlsException e) {
      throw new MalformedFrameException("keys that cannot be: " + e.getMessage());
    }
  }

  private static SessionKeys fixed(FrameReader in) throws MalformedFrameException {
    CryptoInfo tx = CryptoInfo.parse(in.slice());
    try {
      return new SessionKeys.Fixed(tx, CryptoInfo.parse(in.slice()));
    } catch (MalformedFrameException | RuntimeException e) {
      tx.close();
      throw e;
    }
  }

  private static SessionKeys updatable(FrameReader in) throws MalformedFrameException {
    int number = in.number16();
    CipherType cipher =
        CipherType.ofNumber(number)
            .orElseThrow(() -> new MalformedFrameException("keys of the cipher " + number));
    TrafficSecret.Hash hash = in.constant(TrafficSecret.Hash.class);
    TrafficSecret tx = new TrafficSecret(hash, SecretBytes.wiping(in.bytes()));
    try {
      TrafficSecret rx = new TrafficSecret(hash, SecretBytes.wiping(in.bytes()));
      return new SessionKeys.Updatable(cipher, tx, rx);
    } catch (MalformedFrameException | RuntimeException e) {
      tx.close();
      throw e;
    }
  }
}
