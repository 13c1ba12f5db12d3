package io.sallyport.agent;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.bouncycastle.tls.crypto.CryptoHashAlgorithm;
import org.bouncycastle.tls.crypto.TlsHash;

/// SHA-256 or SHA-384 by the JDK, for the transcript.
final class JdkHash implements TlsHash {
  /// Never fed, only ever copied: to find a digest takes the JDK ten times as long.
  private static final MessageDigest SHA256 = find("SHA-256");

  private static final MessageDigest SHA384 = find("SHA-384");

  private final MessageDigest digest;

  /// @param algorithm one of Bouncy Castle's CryptoHashAlgorithm that is supported
  JdkHash(int algorithm) {
    this(digest(algorithm));
  }

  private JdkHash(MessageDigest digest) {
    this.digest = digest;
  }

  static boolean supports(int algorithm) {
    return algorithm == CryptoHashAlgorithm.sha256 || algorithm == CryptoHashAlgorithm.sha384;
  }

  static MessageDigest digest(int algorithm) {
    return copy(
        switch (algorithm) {
          case CryptoHashAlgorithm.sha256 -> SHA256;
          case CryptoHashAlgorithm.sha384 -> SHA384;
          default -> throw new IllegalArgumentException("hash " + algorithm);
        });
  }

  private static MessageDigest find(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }

  /// A digest that goes on from where `digest` is.
  static MessageDigest copy(MessageDigest digest) {
    try {
      return (MessageDigest) digest.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's digests can be cloned", e);
    }
  }

  @Override
  public void update(byte[] data, int offset, int length) {
    digest.update(data, offset, length);
  }

  @Override
  public byte[] calculateHash() {
    return digest.digest();
  }

  @Override
  public TlsHash cloneHash() {
    return new JdkHash(copy(digest));
  }

  @Override
  public void reset() {
    digest.reset();
  }
}
