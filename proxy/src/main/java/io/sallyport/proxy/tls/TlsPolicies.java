package io.sallyport.proxy.tls;

import io.sallyport.config.BackendTlsConfig;
import io.sallyport.config.ClientAuthConfig;
import io.sallyport.config.ClientNamePattern;
import io.sallyport.config.TicketConfig;
import io.sallyport.config.TlsConfig;
import io.sallyport.config.TlsGroupConfig;
import io.sallyport.config.TlsVersionConfig;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.ktls.TlsVersion;
import java.time.Duration;
import java.util.List;

/// Turns the `tls` of the configuration into what is demanded of a handshake. Nothing of it is left
/// to a default.
public final class TlsPolicies {
  private TlsPolicies() {}

  /// Towards the clients of a listener.
  public static TlsPolicy of(TlsConfig tls) {
    return new TlsPolicy(
        version(tls.minVersion()),
        version(tls.maxVersion()),
        tls.alpn(),
        groups(tls.groups()),
        clientAuth(tls.clientAuth()),
        tls.strictSni(),
        ticketLifetime(tls.tickets()));
  }

  /// Towards the servers of a backend. What only a server has a use for is off.
  public static TlsPolicy of(BackendTlsConfig.On tls) {
    return new TlsPolicy(
        version(tls.minVersion()),
        version(tls.maxVersion()),
        tls.alpn(),
        groups(tls.groups()),
        ClientAuth.NONE,
        false,
        TlsPolicy.DEFAULT.ticketLifetime());
  }

  private static TlsVersion version(TlsVersionConfig version) {
    return switch (version) {
      case TLS_1_2 -> TlsVersion.TLS_1_2;
      case TLS_1_3 -> TlsVersion.TLS_1_3;
    };
  }

  private static List<Group> groups(List<TlsGroupConfig> groups) {
    return groups.stream().map(TlsPolicies::group).toList();
  }

  private static Group group(TlsGroupConfig group) {
    return switch (group) {
      case X25519MLKEM768 -> Group.X25519MLKEM768;
      case X25519 -> Group.X25519;
      case SECP256R1 -> Group.P256;
      case SECP384R1 -> Group.P384;
      case SECP521R1 -> Group.P521;
    };
  }

  private static ClientAuth clientAuth(ClientAuthConfig auth) {
    return switch (auth) {
      case ClientAuthConfig.None() -> ClientAuth.NONE;
      case ClientAuthConfig.IfPresented(var names) ->
          new ClientAuth(ClientAuth.Mode.OPTIONAL, texts(names));
      case ClientAuthConfig.Required(var names) ->
          new ClientAuth(ClientAuth.Mode.REQUIRED, texts(names));
    };
  }

  private static List<String> texts(List<ClientNamePattern> names) {
    return names.stream().map(ClientNamePattern::toString).toList();
  }

  private static Duration ticketLifetime(TicketConfig tickets) {
    return switch (tickets) {
      case TicketConfig.On(Duration lifetime) -> lifetime;
      case TicketConfig.Off() -> Duration.ZERO;
    };
  }
}
