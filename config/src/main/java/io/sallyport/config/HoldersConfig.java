package io.sallyport.config;

import java.util.List;
import java.util.function.Function;

/// Which other members a member takes keyrings from: public views with their trust anchors,
/// signatures, whole handshakes, ticket keys. Whoever is among them can say whom this member
/// believes.
public sealed interface HoldersConfig {
  /// No member: only what this one opens itself is used.
  record Nobody() implements HoldersConfig {}

  /// Every member of the cluster.
  record Any() implements HoldersConfig {}

  /// These and no others.
  ///
  /// @param members names, each once, at least one
  record Named(List<String> members) implements HoldersConfig {
    public Named {
      members = NonEmpty.copyOf("holders", members);
      members.forEach(Names::checkMember);
      Unique.check("member", members, Function.identity());
    }
  }

  /// Whether keyrings are taken from a member of that name.
  default boolean includes(String member) {
    return switch (this) {
      case Nobody() -> false;
      case Any() -> true;
      case Named(List<String> members) -> members.contains(member);
    };
  }
}
