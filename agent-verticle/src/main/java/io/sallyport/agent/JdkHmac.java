package io.sallyport.agent;

import java.security.MessageDigest;
import java.util.Arrays;
import org.bouncycastle.tls.crypto.TlsCryptoUtils;

/// HMAC (RFC 2104) over one of the JDK's digests, which is kept: a handshake computes some thirty
/// codes, and the JDK takes longer to find a digest than to make one.
///
/// Between codes nothing is left of a key. For one handshake.
final class JdkHmac {
  private static final byte INNER_PAD = 0x36;
  private static final byte OUTER_PAD = 0x5c;
  private static final int BLOCK_LENGTH_SHA256 = 64;
  private static final int BLOCK_LENGTH_SHA384 = 128;

  private final MessageDigest digest;
  private final byte[] pad;

  /// @param algorithm one that [JdkHash] supports
  JdkHmac(int algorithm) {
    digest = JdkHash.digest(algorithm);
    pad =
        new byte
            [TlsCryptoUtils.getHashOutputSize(algorithm) == 32
                ? BLOCK_LENGTH_SHA256
                : BLOCK_LENGTH_SHA384];
  }

  /// The code of `parts`, one behind the other. They and the key stay the caller's.
  byte[] of(byte[] key, byte[]... parts) {
    byte[] shortKey = key.length > pad.length ? digest.digest(key) : key;
    System.arraycopy(shortKey, 0, pad, 0, shortKey.length);
    mask(INNER_PAD);
    digest.update(pad);
    for (byte[] part : parts) {
      digest.update(part);
    }
    byte[] inner = digest.digest();
    mask((byte) (INNER_PAD ^ OUTER_PAD));
    digest.update(pad);
    Arrays.fill(pad, (byte) 0);
    return digest.digest(inner);
  }

  private void mask(byte with) {
    for (int i = 0; i < pad.length; i++) {
      pad[i] ^= with;
    }
  }
}
