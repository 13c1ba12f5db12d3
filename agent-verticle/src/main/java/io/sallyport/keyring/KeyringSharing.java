package io.sallyport.keyring;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;

/// How members of a cluster that cannot open a keyring may use it all the same.
///
/// @param mode how its handshakes are done for them
/// @param tickets who can open the session tickets of its handshakes
/// @param grants names of these members, each once
public record KeyringSharing(Mode mode, Tickets tickets, List<String> grants) {
  /// How a handshake is done for a member that cannot open the keyring.
  public enum Mode {
    /// There; only the private key's part is done by a member that can.
    SIGN,
    /// By a member that can, which sends back the traffic secrets.
    RELAY
  }

  /// Who can open a session ticket.
  public enum Tickets {
    /// Every member that does handshakes with the keyring.
    SHARED,
    /// Members that can open the keyring.
    SEALED
  }

  /// Grants of a keyring.
  public static final int GRANTS_MAX = 256;

  static final int GRANT_LENGTH_MAX = 255;

  /// By signatures, with shared tickets, for nobody.
  public static final KeyringSharing DEFAULT =
      new KeyringSharing(Mode.SIGN, Tickets.SHARED, List.of());

  public KeyringSharing {
    grants = List.copyOf(grants);
    if (grants.size() > GRANTS_MAX || new HashSet<>(grants).size() < grants.size()) {
      throw new IllegalArgumentException(
          "found " + grants.size() + " grants, expected at most " + GRANTS_MAX + ", each once");
    }
    for (String grant : grants) {
      int length = grant.getBytes(StandardCharsets.UTF_8).length;
      if (length == 0 || length > GRANT_LENGTH_MAX) {
        throw new IllegalArgumentException("found a grant to a name of " + length + " bytes");
      }
    }
  }

  /// The same with other grants.
  public KeyringSharing withGrants(List<String> others) {
    return new KeyringSharing(mode, tickets, others);
  }
}
