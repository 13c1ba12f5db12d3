package io.sallyport.config;

/// The TLS versions that a listener may allow, oldest first.
public enum TlsVersionConfig {
  TLS_1_2("1.2"),
  TLS_1_3("1.3");

  private final String text;

  TlsVersionConfig(String text) {
    this.text = text;
  }

  /// As the config writes it: `1.2`.
  @Override
  public String toString() {
    return text;
  }
}
