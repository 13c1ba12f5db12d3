package io.sallyport.config;

/// The groups that keys may be agreed in, most preferred first (RFC 9846 §4.3.7, 8446 §4.2.7).
public enum TlsGroupConfig {
  /// Against those who record today to decrypt with a quantum computer. TLS 1.3 only.
  X25519MLKEM768("X25519MLKEM768"),
  X25519("x25519"),
  SECP256R1("secp256r1"),
  SECP384R1("secp384r1"),
  SECP521R1("secp521r1");

  private final String text;

  TlsGroupConfig(String text) {
    this.text = text;
  }

  /// As IANA registered it: `x25519`.
  @Override
  public String toString() {
    return text;
  }
}
