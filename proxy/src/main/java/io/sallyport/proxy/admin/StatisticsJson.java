package io.sallyport.proxy.admin;

import io.sallyport.cluster.ClusterCount;
import io.sallyport.cluster.ClusterCount.MemberCount;
import io.sallyport.cluster.Counters;
import io.sallyport.handshake.FailureReason;
import io.sallyport.ktls.KeyUpdateStat;
import io.sallyport.ktls.TlsStat;
import io.sallyport.proxy.stat.CloseReason;
import io.sallyport.proxy.stat.ConnectionStat;
import io.sallyport.proxy.stat.HandshakeStat;
import io.sallyport.proxy.stat.Statistics;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The statistics as JSON, of one process and of a cluster.
///
/// Members tell each other the same numbers under flat names, `connections.closed.limit`: the keys
/// on the way to the number.
public final class StatisticsJson {
  private static final String TLS = "tls";

  private StatisticsJson() {}

  /// Everything that one process has counted.
  static JsonObject of(Statistics statistics) {
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
                .put("closed", closed));
  }

  private static JsonObject json(HandshakeStat handshakes) {
    JsonObject failed = new JsonObject();
    for (FailureReason reason : FailureReason.values()) {
      failed.put(reason.toString(), handshakes.failed(reason));
    }
    return new JsonObject().put("established", handshakes.established()).put("failed", failed);
  }

  /// The same, flat.
  public static Counters counters(Statistics statistics) {
    Map<String, Long> values = new TreeMap<>();
    flatten("", of(statistics), values);
    return Counters.of(values);
  }

  private static void flatten(String prefix, JsonObject json, Map<String, Long> values) {
    for (Map.Entry<String, Object> entry : json) {
      switch (entry.getValue()) {
        case JsonObject inner -> flatten(prefix + entry.getKey() + ".", inner, values);
        case Number number -> values.put(prefix + entry.getKey(), number.longValue());
        default -> throw new IllegalStateException(prefix + entry.getKey());
      }
    }
  }

  /// Whether a flat name is a value of the moment, which a process that has ended no longer has.
  public static boolean isGauge(String name) {
    return name.startsWith(TLS + ".TlsCurr") || name.equals("connections.open");
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
    JsonObject root = of(Statistics.sum(List.of()));
    counters.values().forEach((name, value) -> put(root, name, value));
    return root;
  }

  private static void put(JsonObject root, String name, long value) {
    JsonObject at = root;
    String key = name;
    for (int dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.')) {
      String group = key.substring(0, dot);
      if (!(at.getValue(group) instanceof JsonObject)) {
        at.put(group, new JsonObject());
      }
      at = at.getJsonObject(group);
      key = key.substring(dot + 1);
    }
    at.put(key, value);
  }
}
