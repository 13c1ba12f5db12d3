package io.sallyport.agent;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeOutcome.Failed;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.PeerFacts;
import io.sallyport.keyring.Keyring;
import io.sallyport.ktls.Alert;
import io.sallyport.ktls.ContentType;
import io.sallyport.ktls.TlsVersion;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import javax.crypto.AEADBadTagException;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsFatalAlertReceived;

/// One handshake, of either side: bytes in, bytes out.
///
/// Gives Bouncy Castle one record at a time and stops at the peer's Finished: what stands behind it
/// stays encrypted, for the record layer. Bounded: [#INPUT_MAX] bytes of input in all, each record
/// by its header, each message by Bouncy Castle.
///
/// For one thread at a time. Knows no socket, no time and no queue. [#close()] wipes what is left.
final class Handshake implements HandshakeSteps {
  /// Bytes a peer may send until its handshake is complete.
  static final int INPUT_MAX = 128 << 10;

  private static final Logger LOG = System.getLogger(Handshake.class.getName());
  private static final int LEGACY_RECORD_VERSION = 0x0303;
  private static final int ALERT_LENGTH = 2;

  private final HandshakeRequest request;
  private final Keyring keyring;
  private final JdkTlsCrypto crypto;
  private final HandshakePeer peer;
  private final HandshakeProtocol protocol;
  private final EarlyDataFilter earlyData;
  private final RecordReader records = new RecordReader();
  private int consumed;
  private boolean cipherSpecChanged;
  private int recordsUnderKeys;
  private boolean begun;
  private boolean hasSent;
  private boolean complete;

  private Handshake(
      HandshakeRequest request,
      Keyring keyring,
      JdkTlsCrypto crypto,
      HandshakePeer peer,
      HandshakeProtocol protocol) {
    this.request = request;
    this.keyring = keyring;
    this.crypto = crypto;
    this.peer = peer;
    this.protocol = protocol;
    earlyData = new EarlyDataFilter(crypto);
  }

  /// A handshake of the side that the request names. Takes ownership of one reference to `keyring`,
  /// and of `crypto`.
  static Handshake of(
      HandshakeRequest request, Keyring keyring, JdkTlsCrypto crypto, AgentResources resources) {
    if (request.kind().isClient()) {
      ClientPeer peer = new ClientPeer(crypto, request, keyring, resources);
      return new Handshake(request, keyring, crypto, peer, new ClientProtocol(peer));
    }
    ServerPeer peer = new ServerPeer(crypto, request, keyring, resources);
    return new Handshake(request, keyring, crypto, peer, new ServerProtocol(peer));
  }

  /// A server hears of a client's certificate after its first answer only; a client may get the
  /// server's with the first bytes.
  @Override
  public Work next() {
    if (peer.ticketsWait()) {
      return Work.WAITS;
    }
    if (begun && !asksClient() && peer.isLastFlightLight()) {
      return Work.LIGHT;
    }
    if (keyring.hasRemoteKeys()) {
      return Work.WAITS;
    }
    return switch (request.kind()) {
      case CLIENT_HELLO_X509 -> Work.VERIFIES;
      case CLIENT_HELLO_ANON, CLIENT_HELLO_PSK, SERVER_HELLO_PSK -> Work.COMPUTES;
      case SERVER_HELLO_X509 -> begun && asksClient() ? Work.VERIFIES : Work.COMPUTES;
    };
  }

  private boolean asksClient() {
    return request.policy().clientAuth().mode() != ClientAuth.Mode.NONE;
  }

  /// A client has its ClientHello to send, a server waits for one.
  @Override
  public HandshakeAnswer begin() {
    return peer.speaksFirst() ? answer(this::beginProtocol) : needInput();
  }

  @Override
  public HandshakeAnswer receive(ByteBuf bytes) {
    records.append(bytes);
    bytes.release();
    return answer(() -> {
      if (!begun) {
        beginProtocol();
      }
      return offerRecords();
    });
  }

  /// Not before a peer has sent something: until then a server's handshake costs next to nothing.
  private HandshakeAnswer beginProtocol() throws IOException {
    begun = true;
    protocol.begin();
    return needInput();
  }

  private HandshakeAnswer offerRecords() throws IOException {
    while (!peer.agreement().isComplete()) {
      byte[] record = records.next();
      if (record == null) {
        return needInput();
      }
      offer(record);
    }
    return established();
  }

  private interface Step {
    HandshakeAnswer take() throws IOException;
  }

  /// The answer of `step`, whatever it comes to.
  private HandshakeAnswer answer(Step step) {
    try {
      return step.take();
    } catch (NotTlsException e) {
      return refused(Unpooled.EMPTY_BUFFER, e.reason(), e.detail());
    } catch (TlsFatalAlertReceived e) {
      return refusedByPeer(e.getAlertDescription());
    } catch (TlsFatalAlert e) {
      return refusedByUs(e);
    } catch (IOException | RuntimeException e) {
      return refusedByUs(new TlsFatalAlert(AlertDescription.internal_error, e));
    } catch (OutOfMemoryError _) {
      return refused(Unpooled.EMPTY_BUFFER, FailureReason.OUT_OF_MEMORY, "out of memory");
    } catch (Error e) {
      // Whatever it was, the request must be answered.
      LOG.log(Level.WARNING, "handshake failed for a reason on this side", e);
      return refused(Unpooled.EMPTY_BUFFER, FailureReason.INTERNAL, "internal error: " + e);
    }
  }

  private HandshakeAnswer needInput() {
    return new HandshakeAnswer.NeedInput(output(), this::facts);
  }

  /// What is known of the peer. Not while a call is under way.
  private PeerFacts facts() {
    return peer.facts(protocol.received().hello());
  }

  private void offer(byte[] record) throws IOException {
    consumed += record.length;
    if (consumed > INPUT_MAX) {
      throw new Refusal(
          AlertDescription.illegal_parameter,
          FailureReason.TOO_MUCH_DATA,
          "peer sent more than " + INPUT_MAX + " bytes without completing its handshake");
    }
    if (record[0] != ContentType.APPLICATION_DATA && record.length == RecordReader.HEADER_LENGTH) {
      throw new Refusal(
          AlertDescription.unexpected_message,
          FailureReason.UNEXPECTED_MESSAGE,
          "peer sent a record without content");
    }
    if (record[0] == ContentType.HANDSHAKE && peer.expectsEncryption()) {
      // Bouncy Castle would read it, and fail later.
      throw new Refusal(
          AlertDescription.unexpected_message,
          FailureReason.UNEXPECTED_MESSAGE,
          "peer sent a plaintext message after the hellos");
    }
    if (record[0] == ContentType.HANDSHAKE && protocol.getAvailableOutputBytes() > 0) {
      // Nobody can answer what has not left yet, and a step does the work of one flight.
      throw new Refusal(
          AlertDescription.unexpected_message,
          FailureReason.UNEXPECTED_MESSAGE,
          "peer sent a message before it could have our answer to the last one");
    }
    SecurityParameters parameters = peer.parameters();
    if (parameters != null && peer.offersEarlyData() && earlyData.skips(record, parameters)) {
      return;
    }
    protocol.offerInput(record);
    countUnderKeys(record);
  }

  /// The record layer goes on counting where the handshake ended. In TLS 1.2 that is behind a
  /// Finished of one record; what a client spreads over more, or sends before it, is refused.
  private void countUnderKeys(byte[] record) throws Refusal {
    if (record[0] == ContentType.CHANGE_CIPHER_SPEC) {
      cipherSpecChanged = true;
    } else if (cipherSpecChanged) {
      recordsUnderKeys++;
    }
    if (peer.agreement().isComplete()
        && peer.agreement().session().version() == TlsVersion.TLS_1_2
        && recordsUnderKeys != 1) {
      throw new Refusal(
          AlertDescription.unexpected_message,
          FailureReason.UNEXPECTED_MESSAGE,
          "peer sent " + recordsUnderKeys + " encrypted records in its handshake, not one");
    }
  }

  private HandshakeAnswer established() {
    Agreement agreement = peer.agreement();
    ByteBuf output = output();
    ByteBuf unconsumed = records.rest();
    ByteBuf messages = Unpooled.wrappedBuffer(peer.messages());
    complete = true;
    // The keys are taken where nothing can fail any more: until then they are the agreement's.
    return new HandshakeAnswer.Established(
        output,
        unconsumed,
        agreement.takeKeys(),
        messages,
        peer.postHandshake(),
        agreement.peerid(),
        agreement.session());
  }

  private HandshakeAnswer refusedByPeer(short alert) {
    FailureReason reason =
        switch (alert) {
          case AlertDescription.unknown_psk_identity -> FailureReason.PSK_REJECTED_BY_PEER;
          case AlertDescription.close_notify, AlertDescription.user_canceled ->
              FailureReason.PEER_CLOSED;
          default -> FailureReason.PEER_ALERT;
        };
    return refused(output(), reason, "peer sent alert " + named(alert));
  }

  private HandshakeAnswer refusedByUs(TlsFatalAlert alert) {
    if (peer.hasPeerLeft()) {
      return refused(
          output(), FailureReason.PEER_CLOSED, "peer closed the session in mid-handshake");
    }
    ByteBuf output = withAlert(alert);
    if (alert instanceof Refusal refusal) {
      return refused(output, refusal.reason(), refusal.detail());
    }
    // Not louder: a peer can have as many of these as it likes.
    LOG.log(Level.DEBUG, "handshake refused", alert);
    FailureReason reason = FailureReasons.of(alert, protocol.received().messageType());
    return refused(output, reason, "sent alert " + described(alert));
  }

  /// What is to be sent, the alert at its end. Bouncy Castle has none to give before it has read a
  /// ClientHello; then it is a plaintext one.
  private ByteBuf withAlert(TlsFatalAlert alert) {
    try {
      // Does nothing when Bouncy Castle itself found the fault.
      protocol.refuse(alert);
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.DEBUG, "alert cannot be made", e);
    }
    ByteBuf output = output();
    if (output.isReadable() || hasSent) {
      return output;
    }
    output.release();
    ByteBuf plain = Unpooled.buffer(RecordReader.HEADER_LENGTH + ALERT_LENGTH);
    plain.writeByte(ContentType.ALERT).writeShort(LEGACY_RECORD_VERSION).writeShort(ALERT_LENGTH);
    Alert.fatal(alert.getAlertDescription()).write(plain);
    return plain;
  }

  private HandshakeAnswer refused(ByteBuf output, FailureReason reason, String detail) {
    return new HandshakeAnswer.Refused(output, new Failed(reason, detail, facts()));
  }

  private static String named(short alert) {
    return (alert & 0xFF) + " " + AlertDescription.getName((short) (alert & 0xFF));
  }

  /// The alert, and what Bouncy Castle or the failed code says about it.
  private static String described(TlsFatalAlert alert) {
    String message = String.valueOf(alert.getMessage());
    int detail = message.indexOf(';');
    String name = named(alert.getAlertDescription());
    if (detail >= 0) {
      return name + ": " + message.substring(detail + 1).strip();
    }
    Throwable cause = alert.getCause();
    return switch (cause) {
      case null -> name;
      case AEADBadTagException _ -> name + ": a record does not decrypt";
      default -> name + ": " + cause.getClass().getSimpleName();
    };
  }

  private ByteBuf output() {
    byte[] bytes = new byte[protocol.getAvailableOutputBytes()];
    protocol.readOutput(bytes, 0, bytes.length);
    hasSent |= bytes.length > 0;
    return Unpooled.wrappedBuffer(bytes);
  }

  @Override
  public void close() {
    if (begun && !complete) {
      protocol.abandon();
    }
    peer.close();
    crypto.close();
    keyring.release();
  }
}
