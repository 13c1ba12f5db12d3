package io.sallyport.agent;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.bouncycastle.tls.crypto.CryptoHashAlgorithm;
import org.bouncycastle.tls.crypto.TlsHash;

/// SHA-256 or SHA-384 by the JDK, for the transcript.
final class JdkHash implements TlsHash {
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
    try {
      return MessageDigest.getInstance(JdkTlsCrypto.jdkName(algorithm));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
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
    try {
      return new JdkHash((MessageDigest) digest.clone());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's digests can be cloned", e);
    }
  }

  @Override
  public void reset() {
    digest.reset();
  }
}
