package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.libcrypto.EvpHmac;
import io.sallyport.ktls.libcrypto.Libcrypto;
import io.sallyport.ktls.libcrypto.NativeMemory;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// An `application_traffic_secret_N` of TLS 1.3: the source of one direction's keys, and of the
/// next secret (RFC 9846 §7.2, §7.3).
///
/// Off-heap, except that without libcrypto the JDK computes on the heap, in arrays that are wiped.
/// Owned by whoever holds it; not thread-safe.
public final class TrafficSecret implements AutoCloseable {
  /// The hash of the cipher suite.
  public enum Hash {
    /// SHA-256.
    SHA256(32, "HmacSHA256"),
    /// SHA-384.
    SHA384(48, "HmacSHA384");

    private final int length;
    private final String hmac;

    Hash(int length, String hmac) {
      this.length = length;
      this.hmac = hmac;
    }

    /// Bytes of its digest and of a secret.
    public int length() {
      return length;
    }
  }

  private final Hash hash;
  private final SecretBytes secret;

  /// Takes ownership of `secret`, also when it throws.
  ///
  /// @throws KtlsException EINVAL when its length is not the hash's
  public TrafficSecret(Hash hash, SecretBytes secret) {
    Misuse.notNull(hash, "the hash");
    int found = Misuse.notNull(secret, "the secret").length();
    if (found != hash.length) {
      secret.close();
      throw new KtlsException(
          KtlsErrno.EINVAL, hash + " takes a secret of " + hash.length + " bytes, not " + found);
    }
    this.hash = hash;
    this.secret = secret;
  }

  /// The hash of the cipher suite.
  public Hash hash() {
    return hash;
  }

  /// The secret itself, which stays this object's: for whoever has to hand it to another member.
  public SecretBytes secret() {
    return secret;
  }

  /// The keys of this secret, for the record with number 0. The caller closes them.
  public CryptoInfo cryptoInfo(CipherType cipherType) {
    Misuse.notNull(cipherType, "the cipher");
    SecretBytes key = expandLabel("key", cipherType.keyLength());
    try {
      SecretBytes iv = expandLabel("iv", cipherType.saltLength() + cipherType.ivLength());
      return new CryptoInfo(TlsVersion.TLS_1_3, cipherType, key, iv, 0);
    } catch (RuntimeException | OutOfMemoryError e) {
      key.close();
      throw e;
    }
  }

  /// The secret that follows this one (RFC 9846 §7.2). The caller closes both.
  public TrafficSecret next() {
    return new TrafficSecret(hash, expandLabel("traffic upd", hash.length));
  }

  /// HKDF-Expand-Label with an empty context (RFC 9846 §7.1). One block of HKDF-Expand (RFC 5869
  /// §2.3) is enough, since nothing asked for is longer than the hash.
  private SecretBytes expandLabel(String label, int length) {
    byte[] name = ("tls13 " + label).getBytes(StandardCharsets.US_ASCII);
    byte[] info = new byte[name.length + 5];
    info[1] = (byte) length;
    info[2] = (byte) name.length;
    System.arraycopy(name, 0, info, 3, name.length);
    info[info.length - 1] = 1;
    return Libcrypto.isAvailable() ? expandOffHeap(info, length) : expandOnHeap(info, length);
  }

  private SecretBytes expandOffHeap(byte[] info, int length) {
    EvpHmac hmac =
        switch (hash) {
          case SHA256 -> EvpHmac.SHA256;
          case SHA384 -> EvpHmac.SHA384;
        };
    // One piece of memory: the block, of which what is asked for stays, and the info behind it.
    SecretBytes expanded = SecretBytes.zeros(hash.length + info.length);
    try {
      expanded.reveal().setBytes(hash.length, info);
      long block = address(expanded);
      hmac.compute(address(secret), secret.length(), block + hash.length, info.length, block);
      expanded.cut(length);
      return expanded;
    } catch (RuntimeException | OutOfMemoryError e) {
      expanded.close();
      throw e;
    }
  }

  private static long address(SecretBytes bytes) {
    ByteBuf memory = bytes.reveal();
    return NativeMemory.address(memory, 0);
  }

  private SecretBytes expandOnHeap(byte[] info, int length) {
    byte[] key = new byte[hash.length];
    secret.reveal().getBytes(0, key);
    try {
      Mac mac = Mac.getInstance(hash.hmac);
      mac.init(new SecretKeySpec(key, hash.hmac));
      byte[] block = mac.doFinal(info);
      byte[] expanded = Arrays.copyOf(block, length);
      Arrays.fill(block, (byte) 0);
      return SecretBytes.wiping(expanded);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has no " + hash.hmac, e);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  void requireLive() {
    secret.reveal();
  }

  @Override
  public void close() {
    secret.close();
  }

  @Override
  public String toString() {
    return "TrafficSecret(" + hash + ")";
  }
}
