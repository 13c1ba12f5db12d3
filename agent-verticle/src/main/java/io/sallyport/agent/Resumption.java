package io.sallyport.agent;

import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import io.sallyport.ticket.OpenedTicket;
import io.sallyport.ticket.PeerCertificate;
import io.sallyport.ticket.SessionTicket;
import io.sallyport.ticket.TicketBinding;
import io.sallyport.ticket.TicketFacts;
import io.sallyport.ticket.TicketSealer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.HandshakeType;
import org.bouncycastle.tls.NewSessionTicket;
import org.bouncycastle.tls.PRFAlgorithm;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.PskIdentity;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.SessionParameters;
import org.bouncycastle.tls.TlsPSKExternal;
import org.bouncycastle.tls.TlsSession;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.TlsCryptoUtils;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.jspecify.annotations.Nullable;

/// The tickets of one handshake: the one that the client came with, and those that it gets.
///
/// A full handshake in TLS 1.3 gives two, so that a client that opens two connections at once need
/// not use one twice; a resumed one gives one, in place of the one that was used (RFC 9846 §C.4,
/// 8446 §C.4). In TLS 1.2 there is one for a full handshake, and a client goes on with it (RFC 5077
/// §3.3). A new ticket of a resumed session ends seven days after the full handshake.
///
/// Confined to its handshake. [#close()] wipes what it holds; what Bouncy Castle works with goes
/// with the handshake's [JdkTlsCrypto].
final class Resumption implements AutoCloseable {
  /// Identities of a ClientHello that are looked at.
  static final int IDENTITIES_MAX = 4;

  private static final int TICKETS_AFTER_FULL = 2;
  private static final int TICKETS_AFTER_RESUMED = 1;

  /// What a session agreed on that its tickets must remember.
  ///
  /// @param peer how the client authenticated in this handshake; of a resumed one, what the ticket
  ///   says counts
  record Agreed(
      Suite suite,
      @Nullable String serverName,
      @Nullable String alpn,
      @Nullable PeerCertificate peer,
      TicketBinding binding) {}

  private final TicketSealer sealer;
  private final JdkTlsCrypto crypto;
  private @Nullable SessionTicket accepted;

  Resumption(TicketSealer sealer, JdkTlsCrypto crypto) {
    this.sealer = sealer;
    this.crypto = crypto;
  }

  /// Whether tickets wait for another member now.
  boolean waits() {
    return sealer.waits();
  }

  static TrafficSecret.Hash hashOf(Suite suite) {
    return suite.usesSha384() ? TrafficSecret.Hash.SHA384 : TrafficSecret.Hash.SHA256;
  }

  /// The ticket that this handshake resumes with, stays this object's; null for a full handshake.
  @Nullable SessionTicket accepted() {
    return accepted;
  }

  /// Chooses the first good ticket; null for none. Takes back what was chosen before, for an
  /// earlier ClientHello.
  ///
  /// @param identities Bouncy Castle's own: it finds the chosen one by an age of 0, which is
  ///   written into it
  /// @param expected of the full handshake that would follow without a ticket
  /// @param fits whether the handshake can have a suite with this hash (RFC 9846 §4.3.11, 8446
  ///   §4.2.11)
  @Nullable TlsPSKExternal acceptTls13(
      List<PskIdentity> identities, TicketBinding expected, Predicate<TrafficSecret.Hash> fits) {
    close();
    int count = Math.min(identities.size(), IDENTITIES_MAX);
    for (int i = 0; i < count; i++) {
      PskIdentity offered = identities.get(i);
      byte[] identity = offered.getIdentity();
      OpenedTicket opened = sealer.openTls13(identity, offered.getObfuscatedTicketAge(), expected);
      if (opened instanceof OpenedTicket.Opened good && keep(good.ticket(), fits)) {
        identities.set(i, new PskIdentity(identity, 0));
        return psk(identity, good.ticket());
      }
    }
    return null;
  }

  private boolean keep(SessionTicket ticket, Predicate<TrafficSecret.Hash> fits) {
    if (!fits.test(ticket.facts().hash())) {
      ticket.close();
      return false;
    }
    accepted = ticket;
    return true;
  }

  private TlsPSKExternal psk(byte[] identity, SessionTicket ticket) {
    TicketPsk psk = crypto.hold(new TicketPsk(crypto, heapCopy(ticket.secret())));
    int prf =
        switch (ticket.facts().hash()) {
          case SHA256 -> PRFAlgorithm.tls13_hkdf_sha256;
          case SHA384 -> PRFAlgorithm.tls13_hkdf_sha384;
        };
    return new BasicTlsPSKExternal(identity, psk, prf);
  }

  private static byte[] heapCopy(SecretBytes secret) {
    byte[] copy = new byte[secret.length()];
    secret.reveal().getBytes(0, copy);
    return copy;
  }

  /// The session of a TLS 1.2 ticket; null when it is not good.
  ///
  /// @param expected of the full handshake that would follow without a ticket
  /// @param offered whether the client offers the suite with this number
  @Nullable TlsSession acceptTls12(
      byte[] ticket, byte[] sessionId, TicketBinding expected, Predicate<Integer> offered) {
    close();
    if (!(sealer.openTls12(ticket, expected) instanceof OpenedTicket.Opened good)) {
      return null;
    }
    accepted = good.ticket();
    TicketFacts facts = good.ticket().facts();
    if (!offered.test(facts.cipherSuite())) {
      close();
      return null;
    }
    TlsSecret master = crypto.hold(new JdkTlsSecret(crypto, heapCopy(good.ticket().secret())));
    return new TicketSession(
        sessionId,
        new SessionParameters.Builder()
            .setCipherSuite(facts.cipherSuite())
            .setNegotiatedVersion(ProtocolVersion.TLSv12)
            .setExtendedMasterSecret(facts.extendedMasterSecret())
            .setMasterSecret(master)
            .build());
  }

  /// The ticket for a TLS 1.2 client, before the handshake is complete. Empty, as RFC 5077 §3.3 has
  /// it for a server that thought better of it, when there can be none.
  NewSessionTicket newTicketTls12(SecurityParameters parameters, Agreed agreed) {
    byte[] master = crypto.adoptSecret(parameters.getMasterSecret()).extract();
    return issue(
            agreed,
            SecretBytes.wiping(master),
            (facts, sealed) -> new NewSessionTicket(facts.lifetimeSeconds(), sealed))
        .orElseGet(() -> new NewSessionTicket(0, TlsUtils.EMPTY_BYTES));
  }

  /// The NewSessionTicket messages for a TLS 1.3 client whose handshake is complete, back to back.
  ///
  /// @param transcriptHash up to the client's Finished
  byte[] newTicketsTls13(SecurityParameters parameters, byte[] transcriptHash, Agreed agreed)
      throws IOException {
    int hash = parameters.getPRFCryptoHashAlgorithm();
    TlsSecret resumption =
        expandLabel(parameters.getMasterSecret(), hash, "res master", transcriptHash);
    try {
      ByteArrayOutputStream messages = new ByteArrayOutputStream();
      int count = accepted == null ? TICKETS_AFTER_FULL : TICKETS_AFTER_RESUMED;
      for (int i = 0; i < count; i++) {
        byte[] nonce = {(byte) i};
        byte[] psk = expandLabel(resumption, hash, "resumption", nonce).extract();
        issue(agreed, SecretBytes.wiping(psk), (facts, sealed) -> message(facts, sealed, nonce))
            .ifPresent(messages::writeBytes);
      }
      return messages.toByteArray();
    } finally {
      resumption.destroy();
    }
  }

  private static TlsSecret expandLabel(TlsSecret secret, int hash, String label, byte[] context)
      throws IOException {
    return TlsCryptoUtils.hkdfExpandLabel(
        secret, hash, label, context, TlsCryptoUtils.getHashOutputSize(hash));
  }

  /// Takes ownership of `secret`.
  private <T> Optional<T> issue(
      Agreed agreed, SecretBytes secret, BiFunction<TicketFacts, byte[], T> message) {
    long now = sealer.nowMs();
    long authenticated = accepted == null ? now : accepted.facts().authenticatedMs();
    PeerCertificate peer = accepted == null ? agreed.peer() : accepted.facts().peer();
    long lifetime = sealer.times().lifetimeSeconds(now, authenticated, peer);
    if (lifetime < 1 || authenticated > now) {
      secret.close();
      return Optional.empty();
    }
    TicketFacts facts =
        new TicketFacts(
            agreed.suite().version(),
            agreed.suite().number(),
            hashOf(agreed.suite()),
            authenticated,
            now,
            (int) lifetime,
            crypto.getSecureRandom().nextInt(),
            true,
            agreed.serverName(),
            agreed.alpn(),
            peer,
            agreed.binding());
    try (SessionTicket ticket = new SessionTicket(facts, secret)) {
      return sealer.seal(ticket).map(sealed -> message.apply(facts, sealed));
    }
  }

  /// RFC 9846 §4.7.1 (8446 §4.6.1), without extensions: there is no early data.
  private static byte[] message(TicketFacts facts, byte[] sealed, byte[] nonce) {
    int length = 4 + 4 + 1 + nonce.length + 2 + sealed.length + 2;
    return ByteBuffer.allocate(4 + length)
        .putInt(HandshakeType.new_session_ticket << 24 | length)
        .putInt(facts.lifetimeSeconds())
        .putInt(facts.ageAdd())
        .put((byte) nonce.length)
        .put(nonce)
        .putShort((short) sealed.length)
        .put(sealed)
        .putShort((short) 0)
        .array();
  }

  /// Whether what was agreed on is what the accepted ticket was good for. It always is, unless this
  /// side has a fault: the ticket was accepted before Bouncy Castle agreed on any of it.
  boolean isAsExpected(Suite suite, @Nullable String serverName, @Nullable String alpn) {
    if (accepted == null) {
      return true;
    }
    TicketFacts facts = accepted.facts();
    return facts.version() == suite.version()
        && facts.hash() == hashOf(suite)
        && (suite.version() == TlsVersion.TLS_1_3 || facts.cipherSuite() == suite.number())
        && Objects.equals(facts.serverName(), serverName)
        && Objects.equals(facts.alpn(), alpn);
  }

  @Override
  public void close() {
    if (accepted != null) {
      accepted.close();
      accepted = null;
    }
  }
}
