package io.sallyport.config;

import java.time.Duration;
import java.util.List;
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

  private final ListenerTlsReader tlsReader;
  private final Names backends;
  private final Unique<String> binds;
  private final Names listeners = new Names("listener");

  /// @param binds every address that this process listens on
  ListenerReader(KeyringTable keyrings, Names backends, Unique<String> binds) {
    this.tlsReader = new ListenerTlsReader(keyrings);
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
    Field<TlsConfig> tls = in.required("tls", tlsReader.tls());
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
}
