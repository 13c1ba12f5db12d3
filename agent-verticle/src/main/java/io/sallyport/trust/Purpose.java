package io.sallyport.trust;

/// What a peer shows its certificate for (RFC 5280 §4.2.1.12).
public enum Purpose {
  /// The peer is a server: `id-kp-serverAuth`.
  SERVER_AUTH("1.3.6.1.5.5.7.3.1"),
  /// The peer is a client: `id-kp-clientAuth`.
  CLIENT_AUTH("1.3.6.1.5.5.7.3.2");

  private final String oid;

  Purpose(String oid) {
    this.oid = oid;
  }

  /// The extended key usage that allows it, in dotted form.
  String oid() {
    return oid;
  }
}
