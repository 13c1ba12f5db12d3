package io.sallyport.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads `backends`.
final class BackendReader {
  private static final String BACKEND_FORM = "{name: NAME, servers: [{address: HOST:PORT}]}";
  private static final String SERVER_FORM = "{address: HOST:PORT, weight: NUMBER}";
  private static final String TIMEOUT_FORM = "{connect: DURATION, server: DURATION}";

  private static final String ADDRESS_FORM =
      "HOST:PORT with a port from 1 to 65535, an IPv6 host in brackets";

  private static final Form<HostPort> ADDRESS =
      Form.text(ADDRESS_FORM, text -> ServerConfig.checkAddress(HostPort.parse(text)));
  private static final Form<Duration> DURATION = DurationText.form(Range.TIMEOUT);
  private static final Form<BalanceConfig> BALANCE =
      Form.oneOf("balance", Map.of("roundrobin", BalanceConfig.ROUNDROBIN));

  private final Names backends;
  private final BackendTlsReader tlsReader;

  BackendReader(KeyringTable keyrings, Names backends) {
    this.tlsReader = new BackendTlsReader(keyrings);
    this.backends = backends;
  }

  Form<List<BackendConfig>> backends() {
    return Form.list(
        "[" + BACKEND_FORM + "]", Form.mapping("a backend", BACKEND_FORM, this::backend));
  }

  private Optional<BackendConfig> backend(YamlMapping in) {
    Field<String> name = in.required("name", backends.definition());
    Field<BalanceConfig> balance = in.optional("balance", BALANCE, BalanceConfig.ROUNDROBIN);
    Unique<String> addresses = new Unique<>("server");
    Field<List<ServerConfig>> servers =
        in.required(
            "servers",
            Form.list(
                "[" + SERVER_FORM + "]",
                Form.mapping("a server", SERVER_FORM, server -> server(server, addresses))));
    Field<BackendTlsConfig> tls = in.optional("tls", tlsReader.tls(), new BackendTlsConfig.Off());
    Field<BackendTimeoutConfig> timeout =
        in.optional(
            "timeout",
            Form.mapping("a timeout", TIMEOUT_FORM, this::timeout),
            BackendTimeoutConfig.DEFAULT);
    return in.build(() ->
        new BackendConfig(name.get(), balance.get(), servers.get(), tls.get(), timeout.get()));
  }

  private Optional<ServerConfig> server(YamlMapping in, Unique<String> addresses) {
    Form<HostPort> once =
        new Form<>(
            ADDRESS.expected(),
            value ->
                ADDRESS
                    .read(value)
                    .flatMap(address -> addresses.claim(address.identity(), address, value)));
    Field<HostPort> address = in.required("address", once);
    Field<Integer> weight =
        in.optional("weight", Form.number(Range.WEIGHT), ServerConfig.DEFAULT_WEIGHT);
    return in.build(() -> new ServerConfig(address.get(), weight.get()));
  }

  private Optional<BackendTimeoutConfig> timeout(YamlMapping in) {
    BackendTimeoutConfig fallback = BackendTimeoutConfig.DEFAULT;
    Field<Duration> connect = in.optional("connect", DURATION, fallback.connect());
    Field<Duration> server = in.optional("server", DURATION, fallback.server());
    return in.build(() -> new BackendTimeoutConfig(connect.get(), server.get()));
  }
}
