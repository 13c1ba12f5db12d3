package io.sallyport.agent;

import java.io.IOException;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.crypto.TlsCipher;
import org.bouncycastle.tls.crypto.TlsDecodeResult;
import org.bouncycastle.tls.crypto.TlsEncodeResult;
import org.jspecify.annotations.Nullable;

/// Stands where Bouncy Castle wants a cipher for application data.
///
/// The record layer does that work, so there is none, except that an alert about the client's last
/// messages goes out under the application keys (RFC 9846 §A.2): only for that is it made.
final class AlertCipher implements TlsCipher {
  /// Makes the real cipher; its secrets are alive as long as the handshake is.
  interface Source {
    TlsCipher make() throws IOException;
  }

  private static final int INNER_TYPE_AND_TAG = 17;

  private final Source source;
  private @Nullable TlsCipher real;

  AlertCipher(Source source) {
    this.source = source;
  }

  @Override
  public TlsEncodeResult encodePlaintext(
      long recSeq,
      short contentType,
      ProtocolVersion recordVersion,
      int headerAllocation,
      byte[] plaintext,
      int offset,
      int length)
      throws IOException {
    if (real == null) {
      real = source.make();
    }
    return real.encodePlaintext(
        recSeq, contentType, recordVersion, headerAllocation, plaintext, offset, length);
  }

  @Override
  public TlsDecodeResult decodeCiphertext(
      long recSeq,
      short recordType,
      ProtocolVersion recordVersion,
      byte[] ciphertext,
      int offset,
      int length) {
    throw new IllegalStateException("application data is the record layer's");
  }

  @Override
  public int getCiphertextDecodeLimit(int plaintextLimit) {
    return plaintextLimit + INNER_TYPE_AND_TAG;
  }

  @Override
  public int getCiphertextEncodeLimit(int plaintextLimit) {
    return plaintextLimit + INNER_TYPE_AND_TAG;
  }

  @Override
  public int getPlaintextDecodeLimit(int ciphertextLimit) {
    return ciphertextLimit - INNER_TYPE_AND_TAG;
  }

  @Override
  public int getPlaintextEncodeLimit(int ciphertextLimit) {
    return ciphertextLimit - INNER_TYPE_AND_TAG;
  }

  @Override
  public void rekeyDecoder() {
    throw new IllegalStateException("KeyUpdate is the record layer's");
  }

  @Override
  public void rekeyEncoder() {
    throw new IllegalStateException("KeyUpdate is the record layer's");
  }

  @Override
  public boolean usesOpaqueRecordTypeDecode() {
    return true;
  }

  @Override
  public boolean usesOpaqueRecordTypeEncode() {
    return true;
  }
}
