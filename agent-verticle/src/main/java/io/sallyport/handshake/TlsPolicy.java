package io.sallyport.handshake;

import io.sallyport.ktls.TlsVersion;
import java.time.Duration;
import java.util.List;

/// What a consumer demands of a session.
///
/// @param minVersion the oldest version allowed, not above `maxVersion`
/// @param maxVersion the newest version allowed
/// @param alpn application protocols, most preferred first; empty: the peer's offer is ignored. A
///   client that offers only other protocols is refused (RFC 7301 §3.2)
/// @param groups groups for the key exchange, most preferred first, at least one
/// @param clientAuth what a server asks of its clients; a client has no use for it
/// @param strictSni whether a server refuses names that none of its certificates is for, instead of
///   presenting the default one
/// @param ticketLifetime how long a session may be resumed, at most [#TICKET_LIFETIME_MAX]; zero:
///   not at all
public record TlsPolicy(
    TlsVersion minVersion,
    TlsVersion maxVersion,
    List<String> alpn,
    List<Group> groups,
    ClientAuth clientAuth,
    boolean strictSni,
    Duration ticketLifetime) {
  /// RFC 9846 §4.7.1: seven days.
  public static final Duration TICKET_LIFETIME_MAX = Duration.ofDays(7);

  /// TLS 1.2 and 1.3, all groups, no application protocol, no client certificate, tickets for
  /// twelve hours.
  public static final TlsPolicy DEFAULT =
      new TlsPolicy(
          TlsVersion.TLS_1_2,
          TlsVersion.TLS_1_3,
          List.of(),
          List.of(Group.values()),
          ClientAuth.NONE,
          false,
          Duration.ofHours(12));

  public TlsPolicy {
    if (minVersion.compareTo(maxVersion) > 0) {
      throw new IllegalArgumentException("minVersion " + minVersion + " above " + maxVersion);
    }
    if (groups.isEmpty()) {
      throw new IllegalArgumentException("no group");
    }
    if (ticketLifetime.isNegative() || ticketLifetime.compareTo(TICKET_LIFETIME_MAX) > 0) {
      throw new IllegalArgumentException("ticketLifetime " + ticketLifetime);
    }
    alpn = List.copyOf(alpn);
    groups = List.copyOf(groups);
  }

  /// Whether `version` lies within the bounds.
  public boolean allows(TlsVersion version) {
    return minVersion.compareTo(version) <= 0 && version.compareTo(maxVersion) <= 0;
  }

  /// The same policy with these versions.
  public TlsPolicy withVersions(TlsVersion min, TlsVersion max) {
    return new TlsPolicy(min, max, alpn, groups, clientAuth, strictSni, ticketLifetime);
  }

  /// The same policy with these application protocols.
  public TlsPolicy withAlpn(List<String> protocols) {
    return new TlsPolicy(
        minVersion, maxVersion, protocols, groups, clientAuth, strictSni, ticketLifetime);
  }

  /// The same policy with these groups.
  public TlsPolicy withGroups(List<Group> allowed) {
    return new TlsPolicy(
        minVersion, maxVersion, alpn, allowed, clientAuth, strictSni, ticketLifetime);
  }

  /// The same policy with these demands on clients.
  public TlsPolicy withClientAuth(ClientAuth auth) {
    return new TlsPolicy(minVersion, maxVersion, alpn, groups, auth, strictSni, ticketLifetime);
  }

  /// The same policy, refusing unknown server names.
  public TlsPolicy withStrictSni() {
    return new TlsPolicy(minVersion, maxVersion, alpn, groups, clientAuth, true, ticketLifetime);
  }

  /// The same policy with tickets of this lifetime.
  public TlsPolicy withTicketLifetime(Duration lifetime) {
    return new TlsPolicy(minVersion, maxVersion, alpn, groups, clientAuth, strictSni, lifetime);
  }
}
