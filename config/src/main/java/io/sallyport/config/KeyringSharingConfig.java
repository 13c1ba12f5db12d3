package io.sallyport.config;

import java.util.List;
import java.util.function.Function;

/// How the members of a cluster use a keyring.
///
/// @param mode how members that cannot open it have its handshakes done
/// @param grants the names of the members that may use it without opening it, each once
public record KeyringSharingConfig(Mode mode, Tickets tickets, List<String> grants) {
  /// What holds when the config says nothing else, and where there is no cluster.
  public static final KeyringSharingConfig DEFAULT =
      new KeyringSharingConfig(Mode.SIGN, Tickets.SHARED, List.of());

  public KeyringSharingConfig {
    grants = List.copyOf(grants);
    grants.forEach(Names::checkMember);
    Unique.check("member", grants, Function.identity());
  }

  /// Where a handshake runs when the member that needs it cannot open the keyring.
  public enum Mode {
    /// On that member, and only what needs the private key on another.
    SIGN("sign"),
    /// Whole on another member, which then hands over the keys of the session.
    RELAY("relay");

    private final String text;

    Mode(String text) {
      this.text = text;
    }

    /// As the config writes it: `sign`.
    @Override
    public String toString() {
      return text;
    }
  }

  /// Who can open the session tickets.
  public enum Tickets {
    /// Every member that may use the keyring.
    SHARED("shared"),
    /// Only members that can open the keyring.
    SEALED("sealed");

    private final String text;

    Tickets(String text) {
      this.text = text;
    }

    /// As the config writes it: `shared`.
    @Override
    public String toString() {
      return text;
    }
  }
}
