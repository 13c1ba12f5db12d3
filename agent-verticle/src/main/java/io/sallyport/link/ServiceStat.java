package io.sallyport.link;

import io.sallyport.handshake.HandshakeAnswer;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/// Counts who did this member's handshakes, in which way, and how they ended. Any thread.
///
/// Under flat names: `local.*` are handshakes of the agent here with keys that are here, `sign.*`
/// those for which other members sign, `relay.NAME.*` those that the agent of member NAME did, and
/// `signatures.NAME.*` what member NAME was asked to sign, `tickets.NAME.*` the tickets that it was
/// asked to seal and to open. `begun` that did not end in another way are under way or were given
/// up by whoever asked.
///
/// Dots part a flat name, so those in the name of a member are `/`, which no name has.
///
/// The names of 64 members are kept apart; what is beyond them counts as one, [#OTHERS].
final class ServiceStat {
  /// Where an agent of this member has a part in it.
  enum Mode {
    LOCAL("local"),
    SIGN("sign");

    private final String label;

    Mode(String label) {
      this.label = label;
    }
  }

  /// How a request to another member came out.
  enum Result {
    BEGUN("begun"),
    ESTABLISHED("established"),
    FAILED("failed"),
    SIGNED("signed"),
    SEALED("sealed"),
    OPENED("opened"),
    /// That member has no such ticket key, or it was forged, or is over.
    UNOPENED("unopened"),
    /// That member had a reason against it, or no room.
    REFUSED("refused"),
    /// That member was lost, or did not answer in time.
    LOST("lost");

    private final String label;

    Result(String label) {
      this.label = label;
    }
  }

  /// Stands for every member beyond the bound.
  static final String OTHERS = "(others)";

  private static final int MEMBERS_MAX = 64;

  private final ConcurrentMap<String, LongAdder> counts = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, String> members = new ConcurrentHashMap<>();

  /// A handshake of the agent here has begun.
  void begun(Mode mode) {
    count(mode.label, Result.BEGUN);
  }

  /// The agent here answered.
  void answered(Mode mode, HandshakeAnswer answer) {
    switch (answer) {
      case HandshakeAnswer.NeedInput _ -> {}
      case HandshakeAnswer.Established _ -> count(mode.label, Result.ESTABLISHED);
      case HandshakeAnswer.Refused _ -> count(mode.label, Result.FAILED);
    }
  }

  /// What became of a handshake at another member.
  void relayed(String member, Result result) {
    count("relay." + known(member), result);
  }

  /// What became of a signature that another member was asked for.
  void signature(String member, Result result) {
    count("signatures." + known(member), result);
  }

  /// What became of a ticket that another member was asked to seal or to open.
  void ticket(String member, Result result) {
    count("tickets." + known(member), result);
  }

  private String known(String member) {
    String known = members.get(member);
    if (known != null) {
      return known;
    }
    return members.size() < MEMBERS_MAX
        ? members.computeIfAbsent(member, name -> name.replace('.', '/'))
        : OTHERS;
  }

  private void count(String of, Result result) {
    counts.computeIfAbsent(of + "." + result.label, _ -> new LongAdder()).increment();
  }

  /// All that is not 0, by flat name.
  SortedMap<String, Long> values() {
    SortedMap<String, Long> values = new TreeMap<>();
    for (Map.Entry<String, LongAdder> entry : counts.entrySet()) {
      values.put(entry.getKey(), entry.getValue().sum());
    }
    return values;
  }
}
