package io.sallyport.config;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The keys that `tls` has towards clients and towards servers.
record TlsFields(
    Field<TlsVersionConfig> minVersion,
    Field<TlsVersionConfig> maxVersion,
    Field<List<String>> alpn,
    Field<List<TlsGroupConfig>> groups) {
  private static final Form<TlsVersionConfig> VERSION =
      Form.oneOf("TLS version", List.of(TlsVersionConfig.values()));
  private static final Form<String> PROTOCOL =
      Form.text(TlsConfig.ALPN_FORM, TlsConfig::checkProtocol);
  private static final Form<TlsGroupConfig> GROUP = Form.oneOf("group", groupsInAnyCase());

  static TlsFields read(YamlMapping in) {
    Field<TlsVersionConfig> min = in.optional("min-version", VERSION, TlsVersionConfig.TLS_1_2);
    Field<TlsVersionConfig> max = in.optional("max-version", VERSION, TlsVersionConfig.TLS_1_3);
    Field<List<String>> alpn =
        in.optional(
            "alpn",
            Form.list("[PROTOCOL], as [h2, http/1.1]", PROTOCOL.once(new Unique<>("protocol"))),
            List.of());
    Field<List<TlsGroupConfig>> groups =
        in.optional(
            "groups",
            Form.list("[GROUP], as [x25519, secp256r1]", GROUP.once(new Unique<>("group"))),
            TlsConfig.DEFAULT_GROUPS);
    if (min.isValid() && max.isValid() && min.get().compareTo(max.get()) > 0) {
      in.reject(
          min.position(),
          "min-version \"" + min.get() + "\" above max-version \"" + max.get() + "\"",
          "a min-version up to \"" + max.get() + "\"");
    }
    return new TlsFields(min, max, alpn, groups);
  }

  private static Map<String, TlsGroupConfig> groupsInAnyCase() {
    Map<String, TlsGroupConfig> groups = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (TlsGroupConfig group : TlsGroupConfig.values()) {
      groups.put(group.toString(), group);
    }
    return groups;
  }
}
