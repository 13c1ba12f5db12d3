package io.sallyport.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Reads the `tls` of a listener.
final class ListenerTlsReader {
  private static final String NAME_FORM =
      "a DNS name, as \"client.example.com\" or \"*.example.com\", or a URI, as"
          + " \"spiffe://example.com/client\"";

  private static final Form<ClientNamePattern> NAME =
      Form.text(NAME_FORM, ClientNamePattern::parse);
  private static final Form<Boolean> CHOICE = Form.oneOf("choice", List.of(true, false));

  /// Each becomes a choice once it is known for which names.
  private static final Form<Function<List<ClientNamePattern>, ClientAuthConfig>> AUTH =
      Form.oneOf("client-auth", auths());

  private final KeyringTable keyrings;

  ListenerTlsReader(KeyringTable keyrings) {
    this.keyrings = keyrings;
  }

  Form<TlsConfig> tls() {
    return Form.mapping("tls", "{keyring: NAME}", this::tls);
  }

  private Optional<TlsConfig> tls(YamlMapping in) {
    Field<String> keyring = in.required("keyring", keyrings.names().reference());
    keyrings.require(in, keyring, KeyringConfig::hasCertificates, "certificates", "");
    TlsFields both = TlsFields.read(in);
    Field<ClientAuthConfig> clientAuth = clientAuth(in, keyring);
    Field<Boolean> strictSni = in.optional("strict-sni", CHOICE, false);
    Field<Boolean> tickets = in.optional("tickets", CHOICE, true);
    Field<Duration> lifetime =
        in.optional(
            "ticket-lifetime",
            DurationText.form(Range.TICKET_LIFETIME),
            TicketConfig.DEFAULT_LIFETIME);
    return in.build(() ->
        new TlsConfig(
            keyring.get(),
            both.minVersion().get(),
            both.maxVersion().get(),
            both.alpn().get(),
            both.groups().get(),
            clientAuth.get(),
            strictSni.get(),
            tickets.get() ? new TicketConfig.On(lifetime.get()) : new TicketConfig.Off()));
  }

  private Field<ClientAuthConfig> clientAuth(YamlMapping in, Field<String> keyring) {
    Field<Function<List<ClientNamePattern>, ClientAuthConfig>> auth =
        in.optional("client-auth", AUTH, _ -> new ClientAuthConfig.None());
    Field<List<ClientNamePattern>> names =
        in.optional(
            "client-names",
            Form.list("[PATTERN]", NAME.once(new Unique<>("client name"))),
            List.of());
    if (!auth.isValid() || !names.isValid()) {
      return new Field<>(auth.position(), null);
    }
    ClientAuthConfig made = auth.get().apply(names.get());
    if (!(made instanceof ClientAuthConfig.None)) {
      keyrings.require(
          in, keyring, KeyringConfig::trustsClients, "client-ca", ", which client-auth needs");
    } else if (!names.get().isEmpty()) {
      in.reject(
          names.position(),
          "client-names without client-auth",
          "client-auth optional or required beside them");
    }
    return new Field<>(auth.position(), made);
  }

  private static Map<String, Function<List<ClientNamePattern>, ClientAuthConfig>> auths() {
    Map<String, Function<List<ClientNamePattern>, ClientAuthConfig>> auths = new LinkedHashMap<>();
    auths.put("none", _ -> new ClientAuthConfig.None());
    auths.put("optional", ClientAuthConfig.IfPresented::new);
    auths.put("required", ClientAuthConfig.Required::new);
    return auths;
  }
}
