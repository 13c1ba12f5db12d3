package io.sallyport.agent;

import java.util.Arrays;
import org.bouncycastle.tls.crypto.TlsCryptoUtils;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.bouncycastle.tls.crypto.impl.AbstractTlsSecret;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsSecret;

/// A secret of the key schedule, with HKDF (RFC 5869) and the PRF of TLS 1.2 (RFC 5246 §5) over the
/// HMAC of [JdkHmac].
class JdkTlsSecret extends BcTlsSecret {
  private final JdkTlsCrypto owner;

  /// Takes ownership of `data`.
  JdkTlsSecret(JdkTlsCrypto crypto, byte[] data) {
    super(crypto, data);
    owner = crypto;
  }

  static JdkTlsSecret copyOf(JdkTlsCrypto crypto, AbstractTlsSecret secret) {
    return new JdkTlsSecret(crypto, copyData(secret));
  }

  @Override
  public synchronized byte[] calculateHMAC(int algorithm, byte[] buffer, int offset, int length) {
    checkAlive();
    return JdkHash.supports(algorithm)
        ? owner.hmac(algorithm).of(data, Arrays.copyOfRange(buffer, offset, offset + length))
        : super.calculateHMAC(algorithm, buffer, offset, length);
  }

  @Override
  public synchronized TlsSecret hkdfExpand(int algorithm, byte[] info, int length) {
    if (!JdkHash.supports(algorithm)
        || length < 1
        || length > TlsCryptoUtils.getHashOutputSize(algorithm)) {
      return super.hkdfExpand(algorithm, info, length);
    }
    checkAlive();
    byte[] block = owner.hmac(algorithm).of(data, info, new byte[] {1});
    return new JdkTlsSecret(owner, cut(block, length));
  }

  /// This secret is the salt, and is spent.
  @Override
  public synchronized TlsSecret hkdfExtract(int algorithm, TlsSecret inputKeyMaterial) {
    if (!JdkHash.supports(algorithm) || !(inputKeyMaterial instanceof JdkTlsSecret input)) {
      return super.hkdfExtract(algorithm, inputKeyMaterial);
    }
    checkAlive();
    byte[] extracted = owner.hmac(algorithm).of(data, input.data);
    destroy();
    return input.extracted(owner, extracted);
  }

  /// The secret that is made by extracting with this one as the input. Takes ownership of it.
  JdkTlsSecret extracted(JdkTlsCrypto crypto, byte[] secret) {
    return new JdkTlsSecret(crypto, secret);
  }

  @Override
  public synchronized TlsSecret deriveUsingPRF(
      int prfAlgorithm, String label, byte[] seed, int length) {
    TlsSecret derived = super.deriveUsingPRF(prfAlgorithm, label, seed, length);
    return derived instanceof JdkTlsSecret
        ? derived
        : new JdkTlsSecret(owner, ((AbstractTlsSecret) derived).extract());
  }

  /// `P_hash` of RFC 5246 §5, which is the whole PRF of TLS 1.2.
  @Override
  protected void hmacHash(
      int algorithm,
      byte[] secret,
      int secretOffset,
      int secretLength,
      byte[] seed,
      byte[] output) {
    if (!JdkHash.supports(algorithm)) {
      super.hmacHash(algorithm, secret, secretOffset, secretLength, seed, output);
      return;
    }
    byte[] key = Arrays.copyOfRange(secret, secretOffset, secretOffset + secretLength);
    byte[] a = seed;
    for (int at = 0; at < output.length; ) {
      a = owner.hmac(algorithm).of(key, a);
      byte[] block = owner.hmac(algorithm).of(key, a, seed);
      int length = Math.min(block.length, output.length - at);
      System.arraycopy(block, 0, output, at, length);
      Arrays.fill(block, (byte) 0);
      at += length;
    }
    Arrays.fill(key, (byte) 0);
  }

  private static byte[] cut(byte[] block, int length) {
    if (length == block.length) {
      return block;
    }
    byte[] first = Arrays.copyOf(block, length);
    Arrays.fill(block, (byte) 0);
    return first;
  }
}
