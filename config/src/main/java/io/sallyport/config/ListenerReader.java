package io.sallyport.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads `listeners`.
final class ListenerReader {
  private static final String LISTENER_FORM =
      "{name: NAME, bind: HOST:PORT, tls: {keyring: NAME}, backend: NAME}";
  private static final String ROUTE_FORM = "{sni: [PATTERN], backend: NAME}";
  private static final String TIMEOUT_FORM =
      "{client-hs: DURATION, client: DURATION, client-fin: DURATION}";

  private static final String BIND_FORM =
      "HOST:PORT with a port from 0 to 65535, an IPv6 host in brackets";
  private static final String PATTERN_FORM =
      "a DNS name of letters, digits and \"-\", as \"api.example.com\" or \"*.example.com\"";

  private static final Form<HostPort> ADDRESS = Form.text(BIND_FORM, HostPort::parse);
  private static final Form<Duration> DURATION = DurationText.form(Range.TIMEOUT);
  private static final Form<TlsVersionConfig> VERSION = Form.oneOf("TLS version", versions());

  private final Names keyrings;
  private final Names backends;
  private final Unique<String> binds;
  private final Names listeners = new Names("listener");

  /// @param binds every address that this process listens on
  ListenerReader(Names keyrings, Names backends, Unique<String> binds) {
    this.keyrings = keyrings;
    this.backends = backends;
    this.binds = binds;
  }

  Form<List<ListenerConfig>> listeners() {
    return Form.list(
        "[" + LISTENER_FORM + "]", Form.mapping("a listener", LISTENER_FORM, this::listener));
  }

  private Optional<ListenerConfig> listener(YamlMapping in) {
    Field<String> name = in.required("name", listeners.definition());
    Field<HostPort> bind = in.required("bind", new Form<>(BIND_FORM, this::bind));
    Field<TlsConfig> tls = in.required("tls", Form.mapping("tls", "{keyring: NAME}", this::tls));
    Unique<SniPattern> patterns = new Unique<>("SNI pattern");
    Field<List<RouteConfig>> routes =
        in.optional(
            "routes",
            Form.list(
                "[" + ROUTE_FORM + "]",
                Form.mapping("a route", ROUTE_FORM, route -> route(route, patterns))),
            List.of());
    Field<UnmatchedConfig> unmatched =
        in.optional(
            "backend",
            backends.reference().map(UnmatchedConfig.Forward::new),
            new UnmatchedConfig.Refuse());
    Field<ListenerTimeoutConfig> timeout =
        in.optional(
            "timeout",
            Form.mapping("a timeout", TIMEOUT_FORM, this::timeout),
            ListenerTimeoutConfig.DEFAULT);
    Field<Integer> maxconn =
        in.optional("maxconn", Form.number(Range.MAXCONN), ListenerConfig.DEFAULT_MAXCONN);
    in.requireOneOf("routes", "backend");
    return in.build(() ->
        new ListenerConfig(
            name.get(),
            bind.get(),
            tls.get(),
            routes.get(),
            unmatched.get(),
            timeout.get(),
            maxconn.get()));
  }

  private Optional<HostPort> bind(YamlValue in) {
    return ADDRESS
        .read(in)
        .flatMap(address ->
            address.port() == 0 // the system chooses, each time another one
                ? Optional.of(address)
                : binds.claim(address.identity(), address, in));
  }

  private Optional<TlsConfig> tls(YamlMapping in) {
    Field<String> keyring = in.required("keyring", keyrings.reference());
    Field<TlsVersionConfig> min = in.optional("min-version", VERSION, TlsVersionConfig.TLS_1_2);
    Field<TlsVersionConfig> max = in.optional("max-version", VERSION, TlsVersionConfig.TLS_1_3);
    Form<String> protocol = Form.text(TlsConfig.ALPN_FORM, TlsConfig::checkProtocol);
    Field<List<String>> alpn =
        in.optional(
            "alpn",
            Form.list("[PROTOCOL], as [h2, http/1.1]", protocol.once(new Unique<>("protocol"))),
            List.of());
    if (min.isValid() && max.isValid() && min.get().compareTo(max.get()) > 0) {
      in.reject(
          min.position(),
          "min-version \"" + min.get() + "\" above max-version \"" + max.get() + "\"",
          "a min-version up to \"" + max.get() + "\"");
    }
    return in.build(() -> new TlsConfig(keyring.get(), min.get(), max.get(), alpn.get()));
  }

  private Optional<RouteConfig> route(YamlMapping in, Unique<SniPattern> patterns) {
    Form<SniPattern> pattern = Form.text(PATTERN_FORM, SniPattern::parse);
    Field<List<SniPattern>> sni =
        in.required("sni", Form.list("[PATTERN]", pattern.once(patterns)));
    Field<String> backend = in.required("backend", backends.reference());
    return in.build(() -> new RouteConfig(sni.get(), backend.get()));
  }

  private Optional<ListenerTimeoutConfig> timeout(YamlMapping in) {
    ListenerTimeoutConfig fallback = ListenerTimeoutConfig.DEFAULT;
    Field<Duration> clientHs = in.optional("client-hs", DURATION, fallback.clientHs());
    Field<Duration> client = in.optional("client", DURATION, fallback.client());
    Field<Duration> clientFin = in.optional("client-fin", DURATION, fallback.clientFin());
    return in.build(() -> new ListenerTimeoutConfig(clientHs.get(), client.get(), clientFin.get()));
  }

  private static Map<String, TlsVersionConfig> versions() {
    Map<String, TlsVersionConfig> versions = new LinkedHashMap<>();
    for (TlsVersionConfig version : TlsVersionConfig.values()) {
      versions.put(version.toString(), version);
    }
    return versions;
  }
}
