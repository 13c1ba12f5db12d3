package io.sallyport.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.config.BackendTlsConfig;
import io.sallyport.config.ClientAuthConfig;
import io.sallyport.config.ClientNamePattern;
import io.sallyport.config.ServerNameConfig;
import io.sallyport.config.TicketConfig;
import io.sallyport.config.TlsConfig;
import io.sallyport.config.TlsGroupConfig;
import io.sallyport.config.TlsVersionConfig;
import io.sallyport.config.VerifyConfig;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.ktls.TlsVersion;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TlsPoliciesTest {
  @Test
  void everyKeyOfAListenerArrives() {
    TlsPolicy policy =
        TlsPolicies.of(
            new TlsConfig(
                "web",
                TlsVersionConfig.TLS_1_3,
                TlsVersionConfig.TLS_1_3,
                List.of("h2"),
                List.of(TlsGroupConfig.SECP384R1, TlsGroupConfig.X25519),
                new ClientAuthConfig.Required(
                    List.of(
                        ClientNamePattern.parse("*.clients.test"),
                        ClientNamePattern.parse("spiffe://clients.test/one"))),
                true,
                new TicketConfig.On(Duration.ofMinutes(5))));
    assertThat(policy)
        .isEqualTo(
            new TlsPolicy(
                TlsVersion.TLS_1_3,
                TlsVersion.TLS_1_3,
                List.of("h2"),
                List.of(Group.P384, Group.X25519),
                new ClientAuth(
                    ClientAuth.Mode.REQUIRED,
                    List.of("*.clients.test", "spiffe://clients.test/one")),
                true,
                Duration.ofMinutes(5)));
  }

  @Test
  void whatIsOffStaysOff() {
    TlsPolicy policy =
        TlsPolicies.of(listener(new ClientAuthConfig.None(), new TicketConfig.Off()));
    assertThat(policy.clientAuth()).isEqualTo(ClientAuth.NONE);
    assertThat(policy.strictSni()).isFalse();
    assertThat(policy.ticketLifetime()).isZero();
  }

  @Test
  void optionalIsNotRequired() {
    TlsPolicy policy =
        TlsPolicies.of(
            listener(new ClientAuthConfig.IfPresented(List.of()), new TicketConfig.Off()));
    assertThat(policy.clientAuth()).isEqualTo(new ClientAuth(ClientAuth.Mode.OPTIONAL, List.of()));
  }

  @Test
  void everyGroupIsTheOneOfItsName() {
    TlsPolicy policy = TlsPolicies.of(listener(new ClientAuthConfig.None(), TicketConfig.DEFAULT));
    assertThat(policy.groups()).containsExactly(Group.values());
    assertThat(policy.groups().stream().map(Group::toString))
        .containsExactlyElementsOf(
            TlsConfig.DEFAULT_GROUPS.stream().map(TlsGroupConfig::toString).toList());
  }

  @Test
  void everyKeyOfABackendArrives() {
    TlsPolicy policy =
        TlsPolicies.of(
            new BackendTlsConfig.On(
                "inside",
                VerifyConfig.REQUIRED,
                new ServerNameConfig.FromAddress(),
                TlsVersionConfig.TLS_1_2,
                TlsVersionConfig.TLS_1_2,
                List.of("http/1.1"),
                List.of(TlsGroupConfig.SECP521R1, TlsGroupConfig.SECP256R1)));
    assertThat(policy)
        .isEqualTo(
            new TlsPolicy(
                TlsVersion.TLS_1_2,
                TlsVersion.TLS_1_2,
                List.of("http/1.1"),
                List.of(Group.P521, Group.P256),
                ClientAuth.NONE,
                false,
                TlsPolicy.DEFAULT.ticketLifetime()));
  }

  private static TlsConfig listener(ClientAuthConfig auth, TicketConfig tickets) {
    return new TlsConfig(
        "web",
        TlsVersionConfig.TLS_1_2,
        TlsVersionConfig.TLS_1_3,
        List.of(),
        TlsConfig.DEFAULT_GROUPS,
        auth,
        false,
        tickets);
  }
}
