package io.sallyport.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.config.ClientAuthConfig;
import io.sallyport.config.HostPort;
import io.sallyport.config.ListenerConfig;
import io.sallyport.config.ListenerTimeoutConfig;
import io.sallyport.config.RouteConfig;
import io.sallyport.config.SniPattern;
import io.sallyport.config.TicketConfig;
import io.sallyport.config.TlsConfig;
import io.sallyport.config.TlsVersionConfig;
import io.sallyport.config.UnmatchedConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class RouteTableTest {
  private static final RouteTable ROUTES = table(new UnmatchedConfig.Forward("app"));

  @Test
  void anExactNameWinsOverAWildcard() {
    assertThat(ROUTES.backendFor("www.example.com")).contains("www");
    assertThat(ROUTES.backendFor("api.example.com")).contains("wild");
  }

  @Test
  void aWildcardStandsForExactlyOneLabel() {
    assertThat(ROUTES.backendFor("example.com")).contains("app");
    assertThat(ROUTES.backendFor("a.b.example.com")).contains("app");
    assertThat(ROUTES.backendFor("com")).contains("app");
  }

  @Test
  void aClientWithoutANameGoesToTheDefaultBackend() {
    assertThat(ROUTES.backendFor(null)).contains("app");
  }

  @Test
  void withoutADefaultBackendWhatMatchesNothingIsRefused() {
    RouteTable strict = table(new UnmatchedConfig.Refuse());
    assertThat(strict.backendFor("www.example.com")).contains("www");
    assertThat(strict.backendFor("other.test")).isEmpty();
    assertThat(strict.backendFor(null)).isEmpty();
  }

  private static RouteTable table(UnmatchedConfig unmatched) {
    return new RouteTable(
        new ListenerConfig(
            "https",
            new HostPort("127.0.0.1", 0),
            new TlsConfig(
                "web",
                TlsVersionConfig.TLS_1_2,
                TlsVersionConfig.TLS_1_3,
                List.of(),
                TlsConfig.DEFAULT_GROUPS,
                new ClientAuthConfig.None(),
                false,
                TicketConfig.DEFAULT),
            List.of(
                new RouteConfig(List.of(SniPattern.parse("*.example.com")), "wild"),
                new RouteConfig(List.of(SniPattern.parse("WWW.example.com")), "www")),
            unmatched,
            ListenerTimeoutConfig.DEFAULT,
            10));
  }
}
