package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.keyring.KeyElsewhereException;
import io.sallyport.keyring.KeyPurpose;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.PeerIdentity;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ticket.OpenedTicket.Reason;
import io.sallyport.ticket.TicketRing;
import io.sallyport.ticket.TicketTimes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What two members say to each other on a link. The asking side numbers its requests; answers
/// carry the number of theirs. On the wire each is a length, a type and its fields: `FrameCodec`.
sealed interface LinkFrame {
  /// The first frame of either side.
  ///
  /// @param protocol [#PROTOCOL]
  /// @param member who speaks; its certificate must be for this name
  record Hello(int protocol, String member) implements LinkFrame {}

  /// The answering side, twice a second: what it can do, and how busy it is.
  ///
  /// @param pending handshakes that wait for a thread
  /// @param running handshakes under way
  record Status(int pending, int running, List<Offer> offers) implements LinkFrame {
    public Status {
      offers = List.copyOf(offers);
    }
  }

  /// A keyring that the answering side can open.
  ///
  /// @param version changes with each change of the keyring
  /// @param relay whether handshakes are relayed to it; else it signs
  /// @param ticketsSealed whether its ticket keys stay where it can be opened
  /// @param granted whether the member that hears this may use it
  record Offer(
      String keyring, long version, boolean relay, boolean ticketsSealed, boolean granted) {}

  /// The asking side lives.
  record Ping() implements LinkFrame {}

  /// Asks for the public view of a keyring.
  record WantView(long id, String keyring) implements LinkFrame {}

  /// A `KeyringView`, on the heap: needs no release.
  record View(long id, ByteBuf form) implements LinkFrame {}

  /// Asks for a signature over `content`, which is on the heap: needs no release.
  ///
  /// @param certificate SHA-256 of the certificate whose key it is, in hexadecimal
  record Sign(
      long id,
      String keyring,
      KeySerial privateKey,
      String certificate,
      SignatureScheme scheme,
      KeyPurpose purpose,
      ByteBuf content)
      implements LinkFrame {}

  /// The signature that was asked for, on the heap: needs no release.
  record Signature(long id, ByteBuf signature) implements LinkFrame {}

  /// Asks for the ticket keys of a keyring.
  record WantTickets(long id, String keyring, TicketTimes times) implements LinkFrame {}

  /// Those keys, which are owned.
  record Tickets(long id, TicketRing ring) implements LinkFrame {}

  /// Asks for a ticket that holds `form`, which is owned.
  record SealTicket(long id, String keyring, TicketTimes times, SecretBytes form)
      implements LinkFrame {}

  /// That ticket, on the heap: needs no release.
  record SealedTicket(long id, ByteBuf ticket) implements LinkFrame {}

  /// Asks for what is in `ticket`, which is on the heap: needs no release.
  record OpenTicket(long id, String keyring, TicketTimes times, ByteBuf ticket)
      implements LinkFrame {}

  /// What is in the ticket, which is owned.
  record OpenedTicket(long id, SecretBytes form) implements LinkFrame {}

  /// The ticket does not open.
  record UnopenedTicket(long id, Reason reason) implements LinkFrame {}

  /// Asks for a whole handshake.
  record Open(long id, HandshakeRequest request) implements LinkFrame {}

  /// The peer of that handshake sent `bytes`, which are owned.
  record Input(long id, ByteBuf bytes) implements LinkFrame {}

  /// Nobody waits for that handshake any more.
  record Cancel(long id) implements LinkFrame {}

  /// The agent's answer in that handshake, which is owned.
  ///
  /// @param peer who the peer proved to be by a certificate, if it did
  record Answer(long id, HandshakeAnswer answer, @Nullable PeerIdentity peer)
      implements LinkFrame {}

  /// The request is not served.
  record Refused(long id, KeyElsewhereException.Cause cause, String detail) implements LinkFrame {}

  /// Version of this protocol. Members that speak another one have no link.
  int PROTOCOL = 3;
}
