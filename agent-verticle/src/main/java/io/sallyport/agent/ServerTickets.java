package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.Keyring;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import io.sallyport.ticket.PeerCertificate;
import io.sallyport.ticket.SessionTicket;
import io.sallyport.ticket.TicketBinding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.NewSessionTicket;
import org.bouncycastle.tls.PskIdentity;
import org.bouncycastle.tls.PskKeyExchangeMode;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.TlsPSKExternal;
import org.bouncycastle.tls.TlsSession;
import org.jspecify.annotations.Nullable;

/// What a server decides about tickets in one handshake: whether the client's is good for it, and
/// what those it gives are bound to.
///
/// A ticket is good for exactly what a full handshake would come to at this moment, by the same
/// ClientHello and under the same rules: [TicketBinding]. Whatever differs makes it a full
/// handshake. Confined to its handshake. [#close()] wipes what it holds.
final class ServerTickets implements AutoCloseable {
  private static final byte[] NONE = {};

  private final HandshakeRequest request;
  private final TlsPolicy policy;
  private final Keyring keyring;
  private final CertificateSelection certificates;
  private final TicketBindings bindings;
  private final Resumption resumption;
  private final Transcript transcript = new Transcript();

  /// The first ClientHello: what a second one says does not count. Null when it cannot be read; a
  /// client that sends such a one has no use for tickets.
  private @Nullable ClientHello hello;

  private @Nullable PeerCertificate client;
  private byte[] messages = NONE;

  /// @param resumption owned
  ServerTickets(
      HandshakeRequest request,
      Keyring keyring,
      CertificateSelection certificates,
      TicketBindings bindings,
      Resumption resumption) {
    this.request = request;
    policy = request.policy();
    this.keyring = keyring;
    this.certificates = certificates;
    this.bindings = bindings;
    this.resumption = resumption;
  }

  /// Whether tickets wait for another member now.
  boolean waits() {
    return resumption.waits();
  }

  // ---- What the handshake tells.

  /// A ClientHello came, before Bouncy Castle asks anything about it.
  ///
  /// @param first the first one, be it this or not; null when it cannot be read
  void notifyClientHello(@Nullable ClientHello first) {
    // A second one without a ticket is for a full handshake, whatever the first one had.
    resumption.close();
    hello = first;
  }

  /// Follows the messages, for the secret of TLS 1.3 tickets.
  Transcript transcript() {
    return transcript;
  }

  /// The client showed this certificate, and it is trusted.
  void notifyClient(PeerCertificate certificate) {
    client = certificate;
  }

  // ---- The ticket that the client comes with.

  /// The ticket that this handshake resumes with; null for a full one.
  @Nullable SessionTicket accepted() {
    return resumption.accepted();
  }

  /// TLS 1.3: chooses among the identities, before anything else is known but the version.
  ///
  /// @param retried the suite that a HelloRetryRequest named; null before one
  @Nullable TlsPSKExternal acceptTls13(
      List<PskIdentity> identities,
      int[] suites,
      int @Nullable [] groups,
      @Nullable Suite retried) {
    TicketBinding expected = expectedBinding(TlsVersion.TLS_1_3, suites, groups);
    if (expected == null) {
      return null;
    }
    Predicate<TrafficSecret.Hash> fits =
        hash -> retried == null ? hasSuiteOf(hash, suites) : Resumption.hashOf(retried) == hash;
    return resumption.acceptTls13(identities, expected, fits);
  }

  /// TLS 1.2: the session of the ticket; null for a full handshake.
  @Nullable TlsSession acceptTls12(byte[] sessionId, int[] suites, int @Nullable [] groups) {
    byte[] ticket = hello == null ? NONE : hello.ticket().orElse(NONE);
    if (ticket.length == 0) {
      return null;
    }
    TicketBinding expected = expectedBinding(TlsVersion.TLS_1_2, suites, groups);
    return expected == null
        ? null
        : resumption.acceptTls12(ticket, sessionId, expected, suite -> canResume(suite, suites));
  }

  private boolean canResume(int suite, int[] offered) {
    Suite known = Suite.find(suite);
    return known != null
        && known.version() == TlsVersion.TLS_1_2
        && known.fits(request.kind())
        && Arrays.stream(offered).anyMatch(number -> number == suite);
  }

  /// Those of the suites that the client offers which go with its ticket, in its order; all of them
  /// without one.
  int[] compatible(int[] offered) {
    SessionTicket ticket = accepted();
    return ticket == null
        ? offered
        : Arrays.stream(offered).filter(number -> hasHash(number, ticket.facts().hash())).toArray();
  }

  private static boolean hasSuiteOf(TrafficSecret.Hash hash, int[] suites) {
    for (int number : suites) {
      if (hasHash(number, hash)) {
        return true;
      }
    }
    return false;
  }

  /// Whether this is a suite of TLS 1.3 that is spoken and has this hash.
  private static boolean hasHash(int number, TrafficSecret.Hash hash) {
    Suite suite = Suite.find(number);
    return suite != null
        && suite.version() == TlsVersion.TLS_1_3
        && Resumption.hashOf(suite) == hash;
  }

  /// What a ticket must be bound to: what a full handshake would come to by the ClientHello. Null
  /// when it would fail.
  private @Nullable TicketBinding expectedBinding(
      TlsVersion version, int[] suites, int @Nullable [] groups) {
    ClientHello offered = hello;
    if (offered == null) {
      return null;
    }
    try {
      String name = offered.serverName().orElse(null);
      ServerSelection selected =
          certificates.select(
              name, ClientOffer.of(version, suites, offered.knownSignatureSchemes(), groups));
      return binding(selected.key(), name, applicationProtocol(offered));
    } catch (Refusal _) {
      // The full handshake that now follows says what is wrong.
      return null;
    }
  }

  /// The first of the policy that the client offers too; null for none.
  private @Nullable String applicationProtocol(ClientHello offered) {
    for (String own : policy.alpn()) {
      byte[] bytes = own.getBytes(StandardCharsets.UTF_8);
      if (offered.rawAlpn().contains(new String(bytes, StandardCharsets.ISO_8859_1))) {
        return own;
      }
    }
    return null;
  }

  private TicketBinding binding(
      CertifiedKey key, @Nullable String name, @Nullable String applicationProtocol) {
    return bindings.of(keyring, policy, key, name, applicationProtocol);
  }

  // ---- The tickets that the client gets.

  /// Whether a TLS 1.2 client takes a ticket, and the session is one that may be resumed (RFC 7627
  /// §5.3).
  boolean givesTicketTls12(SecurityParameters parameters) {
    return hello != null && parameters.isExtendedMasterSecret() && hello.ticket().isPresent();
  }

  NewSessionTicket newTicketTls12(
      SecurityParameters parameters,
      ServerSelection selection,
      @Nullable String serverName,
      @Nullable String alpn) {
    return resumption.newTicketTls12(parameters, agreed(parameters, selection, serverName, alpn));
  }

  /// The handshake is complete: makes the tickets of TLS 1.3.
  ///
  /// @param selection null in a resumed TLS 1.2 handshake
  /// @throws Refusal when the handshake came to something that the client's ticket was not good
  ///   for, which only a defect of this side can bring about
  void complete(
      SecurityParameters parameters,
      @Nullable ServerSelection selection,
      @Nullable String serverName,
      @Nullable String alpn)
      throws IOException {
    Suite suite = Suite.of(parameters.getCipherSuite());
    if (!resumption.isAsExpected(suite, serverName, alpn)) {
      throw new Refusal(
          AlertDescription.internal_error,
          FailureReason.INTERNAL,
          "resumed on other terms than the ticket was good for");
    }
    if (suite.version() == TlsVersion.TLS_1_3
        && selection != null
        && hello != null
        && hello.pskModes().contains((int) PskKeyExchangeMode.psk_dhe_ke)) {
      messages =
          resumption.newTicketsTls13(
              parameters, transcript.hash(), agreed(parameters, selection, serverName, alpn));
    }
  }

  private Resumption.Agreed agreed(
      SecurityParameters parameters,
      ServerSelection selection,
      @Nullable String serverName,
      @Nullable String alpn) {
    return new Resumption.Agreed(
        Suite.of(parameters.getCipherSuite()),
        serverName,
        alpn,
        client,
        binding(selection.key(), serverName, alpn));
  }

  /// NewSessionTicket messages, to be sent with the keys of the session before anything else; may
  /// be empty.
  byte[] messages() {
    return messages;
  }

  @Override
  public void close() {
    resumption.close();
  }
}
