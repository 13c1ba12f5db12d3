package io.sallyport.agent;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Provider;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.crypto.impl.TlsAEADCipherImpl;

/// AES-GCM by the JDK, for the few records of a handshake.
final class JdkGcm implements TlsAEADCipherImpl {
  private static final String TRANSFORMATION = "AES/GCM/NoPadding";

  /// Who has it. Found once: to ask all providers takes longer than a record.
  private static final Provider PROVIDER = provider();

  private final int mode;
  private final Cipher cipher;

  // Both are set by Bouncy Castle before anything is done with them.
  @SuppressWarnings("NullAway.Init")
  private SecretKeySpec key;

  @SuppressWarnings("NullAway.Init")
  private GCMParameterSpec parameters;

  private JdkGcm(int mode, Cipher cipher) {
    this.mode = mode;
    this.cipher = cipher;
  }

  private static Provider provider() {
    try {
      return Cipher.getInstance(TRANSFORMATION).getProvider();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }

  /// The two directions of one handshake.
  record Pair(JdkGcm sealing, JdkGcm opening) {}

  /// Both share a cipher, which is set up anew for each record: to find another costs more than a
  /// record.
  static Pair pair() {
    try {
      Cipher cipher = Cipher.getInstance(TRANSFORMATION, PROVIDER);
      return new Pair(
          new JdkGcm(Cipher.ENCRYPT_MODE, cipher), new JdkGcm(Cipher.DECRYPT_MODE, cipher));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }

  @Override
  public void setKey(byte[] bytes, int offset, int length) {
    key = new SecretKeySpec(bytes, offset, length, "AES");
  }

  @Override
  public void init(byte[] nonce, int tagLength) {
    parameters = new GCMParameterSpec(tagLength * Byte.SIZE, nonce);
  }

  @Override
  public int getOutputSize(int inputLength) {
    int tagLength = parameters.getTLen() / Byte.SIZE;
    return mode == Cipher.ENCRYPT_MODE
        ? inputLength + tagLength
        : Math.max(0, inputLength - tagLength);
  }

  @Override
  public int doFinal(
      byte[] additionalData,
      byte[] input,
      int inputOffset,
      int inputLength,
      byte[] output,
      int outputOffset)
      throws IOException {
    try {
      cipher.init(mode, key, parameters);
      if (additionalData != null) {
        cipher.updateAAD(additionalData);
      }
      return cipher.doFinal(input, inputOffset, inputLength, output, outputOffset);
    } catch (GeneralSecurityException e) {
      throw new TlsFatalAlert(
          mode == Cipher.ENCRYPT_MODE
              ? AlertDescription.internal_error
              : AlertDescription.bad_record_mac,
          e);
    }
  }
}
