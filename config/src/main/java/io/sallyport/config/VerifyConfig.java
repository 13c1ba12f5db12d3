package io.sallyport.config;

/// Whether a backend verifies the certificates of its servers.
public enum VerifyConfig {
  /// Each server proves that it is the one it should be.
  REQUIRED("required"),
  /// Whoever answers is taken for the server.
  NONE("none");

  private final String text;

  VerifyConfig(String text) {
    this.text = text;
  }

  /// As the config writes it: `required`.
  @Override
  public String toString() {
    return text;
  }
}
