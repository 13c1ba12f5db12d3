package io.sallyport.proxy.admin;

import io.sallyport.agent.AgentStat;
import io.sallyport.cluster.ClusterCount;
import io.sallyport.cluster.ClusterCount.MemberCount;
import io.sallyport.cluster.Counters;
import io.sallyport.handshake.FailureReason;
import io.sallyport.ktls.KeyUpdateStat;
import io.sallyport.ktls.TlsStat;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.proxy.stat.ConnectionStat;
import io.sallyport.proxy.stat.HandshakeStat;
import io.sallyport.proxy.stat.MemberStatistics;
import io.sallyport.proxy.stat.Statistics;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The statistics as JSON, of one process and of a cluster.
///
/// Members tell each other the same numbers under flat names, `connections.closed.limit`: the keys
/// on the way to the number. A dot within a key, as in the name of a member, is `/` there.
public final class StatisticsJson {
  private static final String TLS = "tls";
  private static final String PENDING = "pending";
  private static final String RUNNING = "running";
  private static final Set<String> GAUGES =
      Set.of("connections.open", "agent." + PENDING, "agent." + RUNNING);

  private StatisticsJson() {}

  /// Everything that one process has counted.
  static JsonObject of(MemberStatistics member) {
    Statistics statistics = member.loops();
    JsonObject tls = new JsonObject();
    for (TlsStat.Counter counter : TlsStat.Counter.values()) {
      tls.put(counter.toString(), statistics.tls().value(counter));
    }
    JsonObject keyUpdates = new JsonObject();
    for (KeyUpdateStat.Counter counter : KeyUpdateStat.Counter.values()) {
      keyUpdates.put(counter.label(), statistics.keyUpdates().value(counter));
    }
    ConnectionStat stat = statistics.connections();
    JsonObject closed = new JsonObject();
    for (CloseReason reason : CloseReason.values()) {
      closed.put(reason.label(), stat.closed(reason));
    }
    return new JsonObject()
        .put("tls", tls)
        .put("key_updates", keyUpdates)
        .put("handshakes", json(statistics.handshakes()))
        .put("upstream_handshakes", json(statistics.upstreamHandshakes()))
        .put(
            "connections",
            new JsonObject()
                .put("open", stat.open())
                .put("opened", stat.opened())
                .put("bytes_up", stat.bytesUp())
                .put("bytes_down", stat.bytesDown())
                .put("closed", closed))
        .put("agent", json(member.agent()))
        .put(
            "audit",
            new JsonObject()
                .put("queued", member.audit().queued())
                .put("denied_full", member.audit().deniedFull())
                .put("denied_failing", member.audit().deniedFailing()));
  }

  private static JsonObject json(AgentStat agent) {
    JsonObject json = new JsonObject().put(PENDING, agent.pending()).put(RUNNING, agent.running());
    agent.serviced().forEach((name, value) -> put(json, name, value));
    return json;
  }

  private static JsonObject json(HandshakeStat handshakes) {
    JsonObject failed = new JsonObject();
    for (FailureReason reason : FailureReason.values()) {
      failed.put(reason.toString(), handshakes.failed(reason));
    }
    return new JsonObject().put("established", handshakes.established()).put("failed", failed);
  }

  /// The same, flat.
  public static Counters counters(MemberStatistics member) {
    Map<String, Long> values = new TreeMap<>();
    flatten("", of(member), values);
    return Counters.of(values);
  }

  private static void flatten(String prefix, JsonObject json, Map<String, Long> values) {
    for (Map.Entry<String, Object> entry : json) {
      String key = entry.getKey().replace('.', '/');
      switch (entry.getValue()) {
        case JsonObject inner -> flatten(prefix + key + ".", inner, values);
        case Number number -> values.put(prefix + key, number.longValue());
        default -> throw new IllegalStateException(prefix + key);
      }
    }
  }

  /// Whether a flat name is a value of the moment, which a process that has ended no longer has.
  public static boolean isGauge(String name) {
    return name.startsWith(TLS + ".TlsCurr") || GAUGES.contains(name);
  }

  /// The sum over the members as `/proc/net/tls_stat`.
  static String tlsStat(ClusterCount count) {
    return TlsStat.format(counter -> count.sum().value(TLS + "." + counter));
  }

  static JsonObject of(ClusterCount count) {
    JsonArray members = new JsonArray();
    for (MemberCount member : count.members()) {
      members.add(
          new JsonObject()
              .put("name", member.name())
              .put("incarnation", member.incarnation())
              .put("state", member.state().toString())
              .put("counters", nested(member.counters())));
    }
    return new JsonObject().put("sum", nested(count.sum())).put("members", members);
  }

  /// Has every number that this process knows, and those that only others do.
  private static JsonObject nested(Counters counters) {
    JsonObject root = of(MemberStatistics.none());
    counters.values().forEach((name, value) -> put(root, name, value));
    return root;
  }

  private static void put(JsonObject root, String name, long value) {
    JsonObject at = root;
    String key = name;
    for (int dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.')) {
      String group = key.substring(0, dot).replace('/', '.');
      if (!(at.getValue(group) instanceof JsonObject)) {
        at.put(group, new JsonObject());
      }
      at = at.getJsonObject(group);
      key = key.substring(dot + 1);
    }
    at.put(key, value);
  }
}
