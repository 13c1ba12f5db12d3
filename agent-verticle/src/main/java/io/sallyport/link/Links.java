package io.sallyport.link;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadLocalRandom;

/// The other members, as the asking side sees them. Any thread may ask; the event loop of the links
/// adds and removes them.
final class Links {
  /// What the other members together offer of a keyring.
  enum Access {
    /// No member that can be reached has it.
    NONE,
    /// Some have it, and none lets this member use it.
    DENIED,
    /// They sign for this member.
    SIGN,
    /// They do this member's handshakes.
    RELAY
  }

  private final ConcurrentMap<String, MemberLink> links = new ConcurrentHashMap<>();
  private final ServiceStat stat = new ServiceStat();

  void add(MemberLink link) {
    links.put(link.member(), link);
  }

  Optional<MemberLink> remove(String member) {
    return Optional.ofNullable(links.remove(member));
  }

  /// Who of them did what.
  ServiceStat stat() {
    return stat;
  }

  Collection<MemberLink> all() {
    return links.values();
  }

  /// How this member may use a keyring that others have.
  Access access(String keyring) {
    Access access = Access.NONE;
    for (MemberLink link : links.values()) {
      Optional<LinkFrame.Offer> offer = link.offer(keyring);
      if (offer.isPresent() && offer.get().granted()) {
        return offer.get().relay() ? Access.RELAY : Access.SIGN;
      }
      if (offer.isPresent()) {
        access = Access.DENIED;
      }
    }
    return access;
  }

  /// Whether a member that lets this one use the keyring keeps the ticket keys to those that can
  /// open it. Of two that differ, the stricter counts.
  boolean areTicketsSealed(String keyring) {
    return links.values().stream()
        .flatMap(link -> link.offer(keyring).stream())
        .anyMatch(offer -> offer.granted() && offer.ticketsSealed());
  }

  /// The least loaded member that lets this one use the keyring and takes more requests.
  ///
  /// @param tried members that are passed over
  Optional<MemberLink> leastLoaded(String keyring, Set<MemberLink> tried) {
    List<MemberLink> candidates = new ArrayList<>();
    for (MemberLink link : links.values()) {
      if (!tried.contains(link)
          && link.hasRoom()
          && link.offer(keyring).filter(LinkFrame.Offer::granted).isPresent()) {
        candidates.add(link);
      }
    }
    // Among equals none is always the first.
    Collections.shuffle(candidates, ThreadLocalRandom.current());
    return candidates.stream().min((one, other) -> Integer.compare(one.load(), other.load()));
  }
}
