package io.sallyport.keyring;

/// The signatures that keys here make (RFC 9846 §4.3.3, 8446 §4.2.3).
///
/// In TLS 1.3 the ECDSA schemes fix the curve as well; in TLS 1.2 the same numbers mean hash and
/// algorithm only (RFC 5246 §7.4.1.4.1).
public enum SignatureScheme {
  ECDSA_SECP256R1_SHA256(0x0403, Kind.ECDSA, Hash.SHA256),
  ECDSA_SECP384R1_SHA384(0x0503, Kind.ECDSA, Hash.SHA384),
  ECDSA_SECP521R1_SHA512(0x0603, Kind.ECDSA, Hash.SHA512),
  RSA_PSS_RSAE_SHA256(0x0804, Kind.RSA_PSS, Hash.SHA256),
  RSA_PSS_RSAE_SHA384(0x0805, Kind.RSA_PSS, Hash.SHA384),
  RSA_PSS_RSAE_SHA512(0x0806, Kind.RSA_PSS, Hash.SHA512),
  RSA_PKCS1_SHA256(0x0401, Kind.RSA_PKCS1, Hash.SHA256),
  RSA_PKCS1_SHA384(0x0501, Kind.RSA_PKCS1, Hash.SHA384),
  RSA_PKCS1_SHA512(0x0601, Kind.RSA_PKCS1, Hash.SHA512);

  /// How a digest becomes a signature.
  public enum Kind {
    ECDSA,
    RSA_PSS,
    RSA_PKCS1
  }

  /// What makes the digest.
  public enum Hash {
    SHA256("SHA-256"),
    SHA384("SHA-384"),
    SHA512("SHA-512");

    private final String jdkName;

    Hash(String jdkName) {
      this.jdkName = jdkName;
    }

    /// The name for `MessageDigest.getInstance`.
    public String jdkName() {
      return jdkName;
    }
  }

  private final int number;
  private final Kind kind;
  private final Hash hash;

  SignatureScheme(int number, Kind kind, Hash hash) {
    this.number = number;
    this.kind = kind;
    this.hash = hash;
  }

  /// The 16-bit number on the wire.
  public int number() {
    return number;
  }

  /// How a digest becomes a signature.
  public Kind kind() {
    return kind;
  }

  /// What makes the digest.
  public Hash hash() {
    return hash;
  }
}
