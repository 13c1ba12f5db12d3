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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// What the tickets of this agent's servers are bound to. The rules of a listener are digested once
/// for each certificate, and not for each handshake.
///
/// Any thread. Forgets what it has made of a keyring with the keyring.
final class TicketBindings {
  /// Listeners that are remembered for one certificate. Another member names its policies itself,
  /// and may name any number of them: those beyond are digested in each handshake.
  static final int POLICIES_MAX = 64;

  private record Digested(TlsPolicy policy, TicketRules rules) {}

  /// By certificate: serials do not come twice, so one names a certificate.
  private final Map<Keyring, Map<KeySerial, List<Digested>>> keyrings =
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
    return rules(keyring, policy, key).bind(serverName, alpn);
  }

  private TicketRules rules(Keyring keyring, TlsPolicy policy, CertifiedKey key) {
    List<Digested> listeners = listeners(keyring, key);
    for (Digested listener : listeners) {
      if (listener.policy.equals(policy)) {
        return listener.rules;
      }
    }
    TicketRules rules = digest(keyring, policy, key);
    if (listeners.size() < POLICIES_MAX) {
      listeners.add(new Digested(policy, rules));
    }
    return rules;
  }

  /// What is remembered for the certificate of `key`.
  private List<Digested> listeners(Keyring keyring, CertifiedKey key) {
    return keyrings
        .computeIfAbsent(keyring, _ -> new ConcurrentHashMap<>())
        .computeIfAbsent(key.certificate(), _ -> new CopyOnWriteArrayList<>());
  }

  /// How many listeners are remembered for the certificate of `key`.
  int remembered(Keyring keyring, CertifiedKey key) {
    return listeners(keyring, key).size();
  }

  private static TicketRules digest(Keyring keyring, TlsPolicy policy, CertifiedKey key) {
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
