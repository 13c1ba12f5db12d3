package io.sallyport.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/// TLS records made and opened straight from the RFCs with the JDK's ciphers, or for CCM, SM4 and
/// ARIA with those of Bouncy Castle's JCE provider: an answer that does not come from the engine
/// under test. Where the engine takes Bouncy Castle itself, published answers vouch for [#aead].
public final class ReferenceRecords {
  /// A record taken apart.
  ///
  /// @param contentType the real type, in TLS 1.3 the inner one
  /// @param plaintext its bytes
  @SuppressWarnings("ArrayRecordComponent") // Compared by its parts only.
  public record Opened(int contentType, byte[] plaintext) {}

  private static final Provider BC = new BouncyCastleProvider();
  private static final int HEADER = 5;
  private static final int TAG = 16;

  private final TlsVersion version;
  private final CipherType cipherType;
  private final byte[] key;
  private final byte[] saltAndIv;
  private long recSeq;

  /// Random keys for one direction, starting at sequence number `recSeq`.
  public ReferenceRecords(TlsVersion version, CipherType cipherType, long recSeq, Random random) {
    this.version = version;
    this.cipherType = cipherType;
    this.recSeq = recSeq;
    key = new byte[cipherType.keyLength()];
    saltAndIv = new byte[12];
    random.nextBytes(key);
    random.nextBytes(saltAndIv);
  }

  /// With keys the engine has, from the sequence number they stand at. Closes `info`.
  public static ReferenceRecords of(CryptoInfo info) {
    CipherType cipher = info.cipherType();
    ReferenceRecords records =
        new ReferenceRecords(info.version(), cipher, info.recSeq(), new Random(0));
    ByteBuf struct = Unpooled.buffer();
    try (info) {
      info.write(struct);
    }
    struct
        .skipBytes(4)
        .readBytes(records.saltAndIv, cipher.saltLength(), cipher.ivLength())
        .readBytes(records.key)
        .readBytes(records.saltAndIv, 0, cipher.saltLength());
    return records;
  }

  /// The same keys, for the engine.
  public CryptoInfo cryptoInfo() {
    return new CryptoInfo(
        version,
        cipherType,
        SecretBytes.wiping(key.clone()),
        SecretBytes.wiping(saltAndIv.clone()),
        recSeq);
  }

  /// One record of any type.
  public byte[] seal(int contentType, byte[] plaintext) {
    return seal(contentType, plaintext, 0);
  }

  /// One record with `padding` zero bytes behind the type (TLS 1.3 only, RFC 9846 §5.4).
  public byte[] seal(int contentType, byte[] plaintext, int padding) {
    try {
      return version == TlsVersion.TLS_1_3
          ? sealTls13(contentType, plaintext, padding)
          : sealTls12(contentType, plaintext);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    } finally {
      recSeq++;
    }
  }

  private byte[] sealTls13(int contentType, byte[] plaintext, int padding)
      throws GeneralSecurityException {
    byte[] inner = Arrays.copyOf(plaintext, plaintext.length + 1 + padding);
    inner[plaintext.length] = (byte) contentType;
    byte[] header = header(23, inner.length + TAG);
    Cipher cipher = cipher(Cipher.ENCRYPT_MODE, xorNonce());
    cipher.updateAAD(header);
    return concat(header, cipher.doFinal(inner));
  }

  private byte[] sealTls12(int contentType, byte[] plaintext) throws GeneralSecurityException {
    boolean explicit = cipherType != CipherType.CHACHA20_POLY1305;
    byte[] wireNonce = explicit ? ByteBuffer.allocate(8).putLong(~recSeq).array() : new byte[0];
    Cipher cipher =
        cipher(
            Cipher.ENCRYPT_MODE,
            explicit ? concat(Arrays.copyOf(saltAndIv, 4), wireNonce) : xorNonce());
    cipher.updateAAD(aadTls12(contentType, plaintext.length));
    byte[] sealed = cipher.doFinal(plaintext);
    return concat(header(contentType, wireNonce.length + sealed.length), wireNonce, sealed);
  }

  /// Opens one whole record that the engine made.
  public Opened open(byte[] record) {
    try {
      return version == TlsVersion.TLS_1_3 ? openTls13(record) : openTls12(record);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("record does not open", e);
    } finally {
      recSeq++;
    }
  }

  private Opened openTls13(byte[] record) throws GeneralSecurityException {
    Cipher cipher = cipher(Cipher.DECRYPT_MODE, xorNonce());
    cipher.updateAAD(record, 0, HEADER);
    byte[] inner = cipher.doFinal(record, HEADER, record.length - HEADER);
    int last = inner.length - 1;
    while (inner[last] == 0) {
      last--;
    }
    return new Opened(inner[last], Arrays.copyOf(inner, last));
  }

  private Opened openTls12(byte[] record) throws GeneralSecurityException {
    boolean explicit = cipherType != CipherType.CHACHA20_POLY1305;
    int from = explicit ? HEADER + 8 : HEADER;
    byte[] nonce =
        explicit
            ? concat(Arrays.copyOf(saltAndIv, 4), Arrays.copyOfRange(record, HEADER, from))
            : xorNonce();
    Cipher cipher = cipher(Cipher.DECRYPT_MODE, nonce);
    cipher.updateAAD(aadTls12(record[0], record.length - from - TAG));
    return new Opened(record[0], cipher.doFinal(record, from, record.length - from));
  }

  private byte[] xorNonce() {
    byte[] nonce = saltAndIv.clone();
    ByteBuffer tail = ByteBuffer.wrap(nonce);
    tail.putLong(4, tail.getLong(4) ^ recSeq);
    return nonce;
  }

  private byte[] aadTls12(int contentType, int length) {
    return ByteBuffer.allocate(13).putLong(recSeq).put(header(contentType, length)).array();
  }

  private Cipher cipher(int mode, byte[] nonce) throws GeneralSecurityException {
    return aead(cipherType, mode, key, nonce);
  }

  /// The AEAD itself, with a nonce of 12 and a tag of 16 bytes.
  public static Cipher aead(CipherType cipherType, int mode, byte[] key, byte[] nonce)
      throws GeneralSecurityException {
    GCMParameterSpec tagAndNonce = new GCMParameterSpec(TAG * 8, nonce);
    return switch (cipherType) {
      case AES_GCM_128, AES_GCM_256 ->
          init(Cipher.getInstance("AES/GCM/NoPadding"), mode, "AES", key, tagAndNonce);
      case CHACHA20_POLY1305 ->
          init(
              Cipher.getInstance("ChaCha20-Poly1305"),
              mode,
              "ChaCha20",
              key,
              new IvParameterSpec(nonce));
      case AES_CCM_128 ->
          init(Cipher.getInstance("AES/CCM/NoPadding", BC), mode, "AES", key, tagAndNonce);
      case SM4_GCM ->
          init(Cipher.getInstance("SM4/GCM/NoPadding", BC), mode, "SM4", key, tagAndNonce);
      case SM4_CCM ->
          init(Cipher.getInstance("SM4/CCM/NoPadding", BC), mode, "SM4", key, tagAndNonce);
      case ARIA_GCM_128, ARIA_GCM_256 ->
          init(Cipher.getInstance("ARIA/GCM/NoPadding", BC), mode, "ARIA", key, tagAndNonce);
    };
  }

  private static Cipher init(
      Cipher cipher, int mode, String keyAlgorithm, byte[] key, AlgorithmParameterSpec parameters)
      throws GeneralSecurityException {
    cipher.init(mode, new SecretKeySpec(key, keyAlgorithm), parameters);
    return cipher;
  }

  /// A record header.
  public static byte[] header(int contentType, int length) {
    return ByteBuffer.allocate(HEADER)
        .put((byte) contentType)
        .putShort((short) 0x0303)
        .putShort((short) length)
        .array();
  }

  /// The arrays one behind the other.
  public static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
