package io.sallyport.ticket;

import io.sallyport.ktls.TlsVersion;
import java.util.List;
import java.util.Set;

/// The rules of a listener that a full handshake would go by. A ticket is good only under the very
/// same ones.
///
/// @param keyring name of the keyring it serves from
/// @param minVersion the oldest version it allows
/// @param maxVersion the newest version it allows
/// @param cipherSuites numbers of the suites it allows, in their order
/// @param groups numbers of the groups it allows, in their order
/// @param alpn the application protocols it offers, in their order
/// @param strictSni whether it refuses names that its keyring does not have
/// @param clientAuth how it asks clients to authenticate, by the mode's name
/// @param trustSet digest of all that decides whether it believes a client's certificate: trust
///   anchors, CRLs, options; as text, empty when it asks for none
/// @param clientNames the names that a client's certificate must have one of; in any order
public record TicketPolicy(
    String keyring,
    TlsVersion minVersion,
    TlsVersion maxVersion,
    List<Integer> cipherSuites,
    List<Integer> groups,
    List<String> alpn,
    boolean strictSni,
    String clientAuth,
    String trustSet,
    Set<String> clientNames) {
  public TicketPolicy {
    cipherSuites = List.copyOf(cipherSuites);
    groups = List.copyOf(groups);
    alpn = List.copyOf(alpn);
    clientNames = Set.copyOf(clientNames);
  }
}
