package io.sallyport.link;

import java.util.Set;

/// How a keyring that this member can open serves others.
///
/// @param version changes with each change of the keyring
/// @param relay whether whole handshakes are relayed here; else this member signs
/// @param ticketsSealed whether its ticket keys stay with the members that can open it
/// @param members who may use it
public record SharedKeyring(
    String name, long version, boolean relay, boolean ticketsSealed, Set<String> members) {
  public SharedKeyring {
    members = Set.copyOf(members);
  }
}
