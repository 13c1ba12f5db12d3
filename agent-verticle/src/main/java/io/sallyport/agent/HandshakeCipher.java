package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import java.io.IOException;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.crypto.TlsCipher;
import org.bouncycastle.tls.crypto.TlsDecodeResult;
import org.bouncycastle.tls.crypto.TlsEncodeResult;

/// Bouncy Castle's cipher for the records of a handshake, which refuses a record without content as
/// the standard demands (RFC 9846 §5.4, 8446 §5.4): Bouncy Castle sends illegal_parameter.
final class HandshakeCipher implements TlsCipher {
  private final TlsCipher cipher;

  HandshakeCipher(TlsCipher cipher) {
    this.cipher = cipher;
  }

  @Override
  public TlsDecodeResult decodeCiphertext(
      long recSeq,
      short recordType,
      ProtocolVersion recordVersion,
      byte[] ciphertext,
      int offset,
      int length)
      throws IOException {
    TlsDecodeResult decoded =
        cipher.decodeCiphertext(recSeq, recordType, recordVersion, ciphertext, offset, length);
    if (decoded.len == 0 && decoded.contentType != ContentType.application_data) {
      throw new Refusal(
          AlertDescription.unexpected_message,
          FailureReason.UNEXPECTED_MESSAGE,
          "peer sent an encrypted record without content");
    }
    return decoded;
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
    return cipher.encodePlaintext(
        recSeq, contentType, recordVersion, headerAllocation, plaintext, offset, length);
  }

  @Override
  public int getCiphertextDecodeLimit(int plaintextLimit) {
    return cipher.getCiphertextDecodeLimit(plaintextLimit);
  }

  @Override
  public int getCiphertextEncodeLimit(int plaintextLimit) {
    return cipher.getCiphertextEncodeLimit(plaintextLimit);
  }

  @Override
  public int getPlaintextDecodeLimit(int ciphertextLimit) {
    return cipher.getPlaintextDecodeLimit(ciphertextLimit);
  }

  @Override
  public int getPlaintextEncodeLimit(int ciphertextLimit) {
    return cipher.getPlaintextEncodeLimit(ciphertextLimit);
  }

  @Override
  public void rekeyDecoder() throws IOException {
    cipher.rekeyDecoder();
  }

  @Override
  public void rekeyEncoder() throws IOException {
    cipher.rekeyEncoder();
  }

  @Override
  public boolean usesOpaqueRecordTypeDecode() {
    return cipher.usesOpaqueRecordTypeDecode();
  }

  @Override
  public boolean usesOpaqueRecordTypeEncode() {
    return cipher.usesOpaqueRecordTypeEncode();
  }
}
