package io.sallyport.cluster;

import java.util.List;

/// What a whole cluster has counted.
///
/// @param members every incarnation that the cluster knows of, by name, and of each name those that
///   came first first
/// @param sum over all of them
public record ClusterCount(List<MemberCount> members, Counters sum) {
  /// How the counters of an incarnation came here.
  public enum State {
    /// It has just answered.
    LIVE("live"),
    /// It is a member and did not answer in time: its last snapshot, up to a second older than its
    /// last sign of life.
    SILENT("silent"),
    /// It is no member any more: its last snapshot, without gauges.
    GONE("gone");

    private final String text;

    State(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /// What one incarnation of a member has counted.
  ///
  /// @param incarnation empty for the sum of the member's oldest incarnations
  public record MemberCount(String name, String incarnation, State state, Counters counters) {}

  public ClusterCount {
    members = List.copyOf(members);
  }

  /// The names of the members that did not answer.
  public List<String> silent() {
    return members.stream()
        .filter(member -> member.state() == State.SILENT)
        .map(MemberCount::name)
        .toList();
  }
}
