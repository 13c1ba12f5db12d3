package io.sallyport.proxy.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.config.BackendConfig;
import io.sallyport.config.BackendTimeoutConfig;
import io.sallyport.config.BackendTlsConfig;
import io.sallyport.config.BalanceConfig;
import io.sallyport.config.HostPort;
import io.sallyport.config.ServerConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BackendTest {
  @Test
  void equalServersTakeTurns() {
    assertThat(order(backend(1, 1, 1), 6)).containsExactly(1, 2, 3, 1, 2, 3);
  }

  @Test
  void weightsDecideHowOftenAndTheTurnsAreSpreadOut() {
    assertThat(order(backend(2, 1), 6)).containsExactly(1, 2, 1, 1, 2, 1);
    assertThat(order(backend(5, 1, 1), 7)).containsExactly(1, 1, 2, 1, 3, 1, 1);
  }

  @Test
  void anExcludedServerIsPassedOver() {
    Backend backend = backend(1, 1);
    Server first = backend.next(Set.of());
    Server second = backend.next(Set.of(first));
    assertThat(second).isNotSameAs(first);
    assertThatThrownBy(() -> backend.next(new HashSet<>(List.of(first, second))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static List<Integer> order(Backend backend, int turns) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < turns; i++) {
      order.add(backend.next(Set.of()).address().port());
    }
    return order;
  }

  /// Servers on the ports 1, 2, 3 with these weights.
  private static Backend backend(int... weights) {
    List<ServerConfig> servers = new ArrayList<>();
    for (int weight : weights) {
      servers.add(new ServerConfig(new HostPort("127.0.0.1", servers.size() + 1), weight));
    }
    return new Backend(
        new BackendConfig(
            "app",
            BalanceConfig.ROUNDROBIN,
            servers,
            new BackendTlsConfig.Off(),
            BackendTimeoutConfig.DEFAULT));
  }
}
