package io.sallyport.config;

import java.util.List;
import java.util.Optional;

/// Reads the `tls` of a backend.
final class BackendTlsReader {
  private static final String NAME_FORM =
      "a DNS name of letters, digits and \"-\", or an IP address";

  private static final Form<ServerNameConfig> NAME =
      Form.text(NAME_FORM, ServerNameConfig.Fixed::new);
  private static final Form<VerifyConfig> VERIFY =
      Form.oneOf("verify", List.of(VerifyConfig.values()));

  private final KeyringTable keyrings;

  BackendTlsReader(KeyringTable keyrings) {
    this.keyrings = keyrings;
  }

  Form<BackendTlsConfig> tls() {
    return Form.mapping("tls", "{keyring: NAME}", this::tls);
  }

  private Optional<BackendTlsConfig> tls(YamlMapping in) {
    Field<String> keyring = in.required("keyring", keyrings.names().reference());
    Field<VerifyConfig> verify = in.optional("verify", VERIFY, VerifyConfig.REQUIRED);
    Field<ServerNameConfig> serverName =
        in.optional("server-name", NAME, new ServerNameConfig.FromAddress());
    TlsFields both = TlsFields.read(in);
    if (verify.isValid() && verify.get() == VerifyConfig.REQUIRED) {
      keyrings.require(
          in, keyring, KeyringConfig::trustsServers, "server-ca", ", which verify needs");
    }
    return in.build(() ->
        new BackendTlsConfig.On(
            keyring.get(),
            verify.get(),
            serverName.get(),
            both.minVersion().get(),
            both.maxVersion().get(),
            both.alpn().get(),
            both.groups().get()));
  }
}
