package io.sallyport.handshake;

/// The groups of a key exchange (RFC 9846 §4.3.7), most preferred first.
public enum Group {
  /// Safe against a quantum computer; TLS 1.3 only.
  X25519MLKEM768(0x11EC, "X25519MLKEM768"),
  X25519(0x001D, "x25519"),
  P256(0x0017, "secp256r1"),
  P384(0x0018, "secp384r1"),
  P521(0x0019, "secp521r1");

  private final int number;
  private final String ianaName;

  Group(int number, String ianaName) {
    this.number = number;
    this.ianaName = ianaName;
  }

  /// The 16-bit number on the wire.
  public int number() {
    return number;
  }

  /// Its name in IANA's registry, as `x25519`.
  @Override
  public String toString() {
    return ianaName;
  }
}
