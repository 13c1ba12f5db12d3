package io.sallyport.ktls;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.engines.ARIAEngine;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.modes.AEADCipher;
import org.bouncycastle.crypto.modes.CCMBlockCipher;
import org.bouncycastle.crypto.modes.ChaCha20Poly1305;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;

/// AEAD by Bouncy Castle's lightweight engines, for the ciphers that neither libcrypto nor the JDK
/// has.
///
/// In plain Java and the slowest of the three; the key lies on the heap for as long as the
/// connection lives.
final class BcAead extends HeapAead {
  private final AEADCipher cipher;
  private final boolean sealing;
  private final KeyParameter key;
  private boolean keyed;

  private BcAead(CryptoInfo info, boolean sealing) {
    super(info);
    this.sealing = sealing;
    cipher = engine(info.cipherType());
    byte[] keyBytes = keyBytes(info);
    key = new KeyParameter(keyBytes);
    Arrays.fill(keyBytes, (byte) 0);
  }

  static BcAead forSealing(CryptoInfo info) {
    return new BcAead(info, true);
  }

  static BcAead forOpening(CryptoInfo info) {
    return new BcAead(info, false);
  }

  private static AEADCipher engine(CipherType cipherType) {
    return switch (cipherType) {
      case AES_GCM_128, AES_GCM_256 -> GCMBlockCipher.newInstance(AESEngine.newInstance());
      case AES_CCM_128 -> CCMBlockCipher.newInstance(AESEngine.newInstance());
      case CHACHA20_POLY1305 -> new ChaCha20Poly1305();
      case SM4_GCM -> GCMBlockCipher.newInstance(new SM4Engine());
      case SM4_CCM -> CCMBlockCipher.newInstance(new SM4Engine());
      case ARIA_GCM_128, ARIA_GCM_256 -> GCMBlockCipher.newInstance(new ARIAEngine());
    };
  }

  @Override
  int process(byte[] nonce, ByteBuffer aad, byte[] in, int length, byte[] out) {
    byte[] exactly = new byte[aad.remaining()];
    aad.get(exactly);
    // Without a key the engine keeps the one it has, and the tables made of it.
    cipher.init(sealing, new AEADParameters(keyed ? null : key, TAG_BITS, nonce, exactly));
    keyed = true;
    try {
      int done = cipher.processBytes(in, 0, length, out, 0);
      return done + cipher.doFinal(out, done);
    } catch (InvalidCipherTextException _) {
      return NOT_AUTHENTIC;
    }
  }

  /// The engine keeps a key schedule of its own until it is collected.
  @Override
  public void close() {
    super.close();
    Arrays.fill(key.getKey(), (byte) 0);
  }
}
