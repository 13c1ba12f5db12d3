package io.sallyport.config;

/// How a backend chooses among its servers.
public enum BalanceConfig {
  /// Each in its turn, as often as its weight says.
  ROUNDROBIN
}
