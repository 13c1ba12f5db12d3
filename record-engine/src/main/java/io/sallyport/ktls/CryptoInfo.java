package io.sallyport.ktls;

/// What one direction of a socket needs to make or open records: `struct tls12_crypto_info_*` of
/// `linux/tls.h`.
///
/// The nonce of a record is `salt || iv`, combined with the sequence number as the version demands.
/// Owns its secrets: [#close()] wipes them. The record layer keeps what it needs when the keys are
/// set, so the caller closes this object right after.
public final class CryptoInfo implements AutoCloseable {
  private final TlsVersion version;
  private final CipherType cipherType;
  private final SecretBytes key;
  private final SecretBytes saltAndIv;
  private final long recSeq;

  /// Takes ownership of both secrets.
  ///
  /// @param key `cipherType.keyLength()` bytes
  /// @param saltAndIv 12 bytes: for AES-GCM 4 of salt and 8 of iv, for ChaCha20-Poly1305 12 of iv
  /// @param recSeq sequence number of the next record, unsigned
  /// @throws KtlsException EINVAL when a length does not fit the cipher
  public CryptoInfo(
      TlsVersion version,
      CipherType cipherType,
      SecretBytes key,
      SecretBytes saltAndIv,
      long recSeq) {
    if (key.length() != cipherType.keyLength()) {
      throw new KtlsException(
          KtlsErrno.EINVAL,
          cipherType + " takes a key of " + cipherType.keyLength() + " bytes, not " + key.length());
    }
    if (saltAndIv.length() != cipherType.saltLength() + cipherType.ivLength()) {
      throw new KtlsException(
          KtlsErrno.EINVAL,
          cipherType + " takes 12 bytes of salt and iv, not " + saltAndIv.length());
    }
    this.version = version;
    this.cipherType = cipherType;
    this.key = key;
    this.saltAndIv = saltAndIv;
    this.recSeq = recSeq;
  }

  /// Protocol version of the records.
  public TlsVersion version() {
    return version;
  }

  /// Cipher of the records.
  public CipherType cipherType() {
    return cipherType;
  }

  /// Sequence number of the next record, unsigned.
  public long recSeq() {
    return recSeq;
  }

  SecretBytes key() {
    return key;
  }

  SecretBytes saltAndIv() {
    return saltAndIv;
  }

  @Override
  public void close() {
    key.close();
    saltAndIv.close();
  }

  @Override
  public String toString() {
    return "CryptoInfo(" + version + " " + cipherType + ")";
  }
}
