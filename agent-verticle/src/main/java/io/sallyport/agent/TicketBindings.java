package io.sallyport.agent;

import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.TrustSet;
import io.sallyport.ticket.TicketBinding;
import io.sallyport.ticket.TicketPolicy;
import io.sallyport.ticket.TicketRules;
import java.security.cert.CertificateEncodingException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// What the tickets of this agent's servers are bound to. The rules of a listener are digested once
/// for each certificate, and not for each handshake.
///
/// Any thread. Forgets what it has made of a keyring with the keyring.
final class TicketBindings {
  /// Serials do not come twice, so one names a certificate.
  private record Listener(KeySerial certificate, TlsPolicy policy) {
    /// Few policies go with one certificate, and theirs is made of many parts.
    @Override
    public int hashCode() {
      return certificate.hashCode();
    }
  }

  private final Map<Keyring, Map<Listener, TicketRules>> keyrings =
      Collections.synchronizedMap(new WeakHashMap<>());

  /// The binding of a session, or of the one that a full handshake would make.
  ///
  /// @param key of `keyring`, whose certificate a full handshake presents
  /// @param serverName the host name asked for
  /// @param alpn the application protocol that is agreed on
  TicketBinding of(
      Keyring keyring,
      TlsPolicy policy,
      CertifiedKey key,
      @Nullable String serverName,
      @Nullable String alpn) {
    return keyrings
        .computeIfAbsent(keyring, _ -> new ConcurrentHashMap<>())
        .computeIfAbsent(new Listener(key.certificate(), policy), _ -> rules(keyring, policy, key))
        .bind(serverName, alpn);
  }

  private static TicketRules rules(Keyring keyring, TlsPolicy policy, CertifiedKey key) {
    ClientAuth auth = policy.clientAuth();
    boolean asks = auth.mode() != ClientAuth.Mode.NONE;
    TicketPolicy bound =
        new TicketPolicy(
            keyring.name(),
            policy.minVersion(),
            policy.maxVersion(),
            Arrays.stream(PeerSettings.suites(policy, HandshakeKind.SERVER_HELLO_X509))
                .boxed()
                .toList(),
            Arrays.stream(PeerSettings.groups(policy)).boxed().toList(),
            policy.alpn(),
            policy.strictSni(),
            auth.mode().name(),
            asks ? keyring.clientTrust().map(TicketBindings::named).orElse("") : "",
            Set.copyOf(auth.names()));
    try {
      return TicketRules.of(bound, key.chain().getFirst().getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that could be read before", e);
    }
  }

  private static String named(TrustSet trust) {
    return HexFormat.of().formatHex(trust.digest());
  }
}
