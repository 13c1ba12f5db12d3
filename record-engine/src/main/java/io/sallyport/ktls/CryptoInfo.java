package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// What one direction of a socket needs to make or open records: `struct tls12_crypto_info_*` of
/// `linux/tls.h`.
///
/// The nonce of a record is `salt || iv`, combined with the sequence number as the version demands.
/// Owns its secrets: [#close()] wipes them. The record layer keeps what it needs when the keys are
/// set, so the caller closes this object right after.
public final class CryptoInfo implements AutoCloseable {
  /// Bytes of `struct tls_crypto_info`, with which every other one begins.
  static final int HEAD_LENGTH = 4;

  private static final int IV_TAIL = 4;

  private final TlsVersion version;
  private final CipherType cipherType;
  private final SecretBytes key;
  private final SecretBytes saltAndIv;
  private final long recSeq;

  /// Takes ownership of both secrets, also when it throws.
  ///
  /// @param key `cipherType.keyLength()` bytes
  /// @param saltAndIv 12 bytes: 4 of salt and 8 of iv, or for ChaCha20-Poly1305 12 of iv
  /// @param recSeq sequence number of the next record, unsigned
  /// @throws KtlsException EINVAL when the version does not have the cipher, or a length does not
  ///   fit it
  public CryptoInfo(
      TlsVersion version,
      CipherType cipherType,
      SecretBytes key,
      SecretBytes saltAndIv,
      long recSeq) {
    Misuse.notNull(version, "the version");
    Misuse.notNull(cipherType, "the cipher");
    Misuse.notNull(key, "the key");
    Misuse.notNull(saltAndIv, "the salt and iv");
    String misfit = misfit(version, cipherType, key, saltAndIv);
    if (misfit != null) {
      key.close();
      saltAndIv.close();
      throw new KtlsException(KtlsErrno.EINVAL, misfit);
    }
    this.version = version;
    this.cipherType = cipherType;
    this.key = key;
    this.saltAndIv = saltAndIv;
    this.recSeq = recSeq;
  }

  private static @Nullable String misfit(
      TlsVersion version, CipherType cipherType, SecretBytes key, SecretBytes saltAndIv) {
    if (!cipherType.supports(version)) {
      return version + " has no " + cipherType;
    }
    if (key.length() != cipherType.keyLength()) {
      return cipherType
          + " takes a key of "
          + cipherType.keyLength()
          + " bytes, not "
          + key.length();
    }
    if (saltAndIv.length() != cipherType.saltLength() + cipherType.ivLength()) {
      return cipherType + " takes 12 bytes of salt and iv, not " + saltAndIv.length();
    }
    return null;
  }

  /// Reads a `struct tls12_crypto_info_*`: version and cipher as 16 bits in the host's order, then
  /// iv, key, salt and rec_seq. The caller wipes `struct`.
  ///
  /// @throws KtlsException EINVAL when version or cipher are unknown, or the length is not the
  ///   struct's
  public static CryptoInfo parse(ByteBuf struct) {
    Misuse.live(struct, "the struct");
    int at = struct.readerIndex();
    if (struct.readableBytes() < HEAD_LENGTH) {
      throw new KtlsException(
          KtlsErrno.EINVAL,
          "found crypto_info of " + struct.readableBytes() + " bytes, expected at least 4");
    }
    int versionNumber = HostOrder.unsignedShort(struct, at);
    TlsVersion version =
        TlsVersion.ofWire(versionNumber)
            .orElseThrow(() ->
                new KtlsException(
                    KtlsErrno.EINVAL,
                    String.format(
                        "found version 0x%04x, expected 0x0303 or 0x0304", versionNumber)));
    int cipherNumber = HostOrder.unsignedShort(struct, at + 2);
    CipherType cipher =
        CipherType.ofNumber(cipherNumber)
            .orElseThrow(() ->
                new KtlsException(
                    KtlsErrno.EINVAL, "found cipher type " + cipherNumber + ", expected 51 to 58"));
    if (struct.readableBytes() != structLength(cipher)) {
      throw new KtlsException(
          KtlsErrno.EINVAL,
          "found crypto_info of "
              + struct.readableBytes()
              + " bytes, expected "
              + structLength(cipher)
              + " for "
              + cipher);
    }
    int ivAt = at + HEAD_LENGTH;
    int keyAt = ivAt + cipher.ivLength();
    int saltAt = keyAt + cipher.keyLength();
    byte[] key = new byte[cipher.keyLength()];
    struct.getBytes(keyAt, key);
    byte[] saltAndIv = new byte[cipher.saltLength() + cipher.ivLength()];
    struct.getBytes(saltAt, saltAndIv, 0, cipher.saltLength());
    struct.getBytes(ivAt, saltAndIv, cipher.saltLength(), cipher.ivLength());
    return new CryptoInfo(
        version,
        cipher,
        SecretBytes.wiping(key),
        SecretBytes.wiping(saltAndIv),
        struct.getLong(saltAt + cipher.saltLength()));
  }

  /// Appends the `struct tls12_crypto_info_*` that [#parse] reads. The caller wipes `out`.
  public void write(ByteBuf out) {
    Misuse.live(out, "the buffer");
    writeHead(out);
    ByteBuf nonce = saltAndIv.reveal();
    out.writeBytes(nonce, cipherType.saltLength(), cipherType.ivLength())
        .writeBytes(key.reveal(), 0, cipherType.keyLength())
        .writeBytes(nonce, 0, cipherType.saltLength())
        .writeLong(recSeq);
  }

  /// Appends version and cipher alone: `struct tls_crypto_info`.
  void writeHead(ByteBuf out) {
    HostOrder.writeShort(out, version.wire());
    HostOrder.writeShort(out, cipherType.number());
  }

  /// Bytes of the struct of this cipher.
  static int structLength(CipherType cipher) {
    return HEAD_LENGTH + cipher.ivLength() + cipher.keyLength() + cipher.saltLength() + Long.BYTES;
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

  /// The last eight bytes of salt and iv, which the sequence number is combined with.
  long ivTail() {
    return saltAndIv.reveal().getLong(IV_TAIL);
  }

  /// These keys as they stand `records` later: the sequence number, and in TLS 1.2 the explicit
  /// nonce, have counted on (kernel: `getsockopt`). The caller closes the copy.
  CryptoInfo copy(long records) {
    SecretBytes keyCopy = key.copy(0, key.length());
    try {
      SecretBytes nonce = saltAndIv.copy(0, saltAndIv.length());
      if (cipherType.explicitNonceLength(version) > 0) {
        nonce.reveal().setLong(IV_TAIL, ivTail() + records);
      }
      return new CryptoInfo(version, cipherType, keyCopy, nonce, recSeq + records);
    } catch (RuntimeException | OutOfMemoryError e) {
      keyCopy.close();
      throw e;
    }
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
