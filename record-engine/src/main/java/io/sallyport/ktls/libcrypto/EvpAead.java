package io.sallyport.ktls.libcrypto;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;

/// One AEAD key in one direction, as an `EVP_CIPHER_CTX`.
///
/// Memory is passed by address, as a plain `long`: on the record path no object stands between a
/// buffer and libcrypto. The caller vouches for the addresses. The short calls of a record are
/// brief downcalls, the bulk update is an ordinary one, so that a safepoint never waits for 16 KiB.
/// Confined to one thread. [#close()] frees the context, which makes libcrypto wipe its key
/// schedule.
@SuppressWarnings("restricted") // Addresses are this class's business.
public final class EvpAead implements AutoCloseable {
  /// The AEADs that TLS uses here; all have a 12-byte nonce and a 16-byte tag.
  public enum Algorithm {
    AES_128_GCM("AES-128-GCM"),
    AES_256_GCM("AES-256-GCM"),
    CHACHA20_POLY1305("ChaCha20-Poly1305");

    /// The fetched `EVP_CIPHER`, kept for the life of the process.
    private final long cipher;

    Algorithm(String name) {
      cipher = fetch(name);
    }
  }

  private static final int TAG_LENGTH = 16;
  private static final int NONCE_LENGTH = 12;
  private static final int CTRL_GET_TAG = 0x10;
  private static final int CTRL_SET_TAG = 0x11;
  private static final int LEGACY_RECORD_VERSION = 0x0303;

  // Scratch memory of a context: nonce, additional data, the length libcrypto reports, one byte.
  private static final int NONCE = 0;
  private static final int NONCE_TAIL = 4;
  private static final int AAD = 16;
  private static final int OUT_LENGTH = 32;
  private static final int INNER_TYPE = 40;
  private static final int SCRATCH_LENGTH = 48;
  private static final int AAD_LENGTH_TLS_1_3 = 5;
  private static final int AAD_LENGTH_TLS_1_2 = 13;

  private static final ValueLayout.OfLong LONG =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final FunctionDescriptor INIT =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final FunctionDescriptor UPDATE =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final FunctionDescriptor FINAL =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle CONTEXT_NEW =
      Libcrypto.downcall("EVP_CIPHER_CTX_new", FunctionDescriptor.of(JAVA_LONG));
  private static final MethodHandle CONTEXT_FREE =
      Libcrypto.downcall("EVP_CIPHER_CTX_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle CONTROL =
      Libcrypto.briefDowncall(
          "EVP_CIPHER_CTX_ctrl",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle ENCRYPT_INIT =
      Libcrypto.briefDowncall("EVP_EncryptInit_ex", INIT);
  private static final MethodHandle ENCRYPT_UPDATE =
      Libcrypto.downcall("EVP_EncryptUpdate", UPDATE);
  private static final MethodHandle ENCRYPT_UPDATE_BRIEF =
      Libcrypto.briefDowncall("EVP_EncryptUpdate", UPDATE);
  private static final MethodHandle ENCRYPT_FINAL =
      Libcrypto.briefDowncall("EVP_EncryptFinal_ex", FINAL);
  private static final MethodHandle DECRYPT_INIT =
      Libcrypto.briefDowncall("EVP_DecryptInit_ex", INIT);
  private static final MethodHandle DECRYPT_UPDATE =
      Libcrypto.downcall("EVP_DecryptUpdate", UPDATE);
  private static final MethodHandle DECRYPT_UPDATE_BRIEF =
      Libcrypto.briefDowncall("EVP_DecryptUpdate", UPDATE);
  private static final MethodHandle DECRYPT_FINAL =
      Libcrypto.briefDowncall("EVP_DecryptFinal_ex", FINAL);

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment scratch = arena.allocate(SCRATCH_LENGTH, 16);
  private final long scratchAddress = scratch.address();
  private long context;
  private int aadLength;

  private EvpAead(MethodHandle init, Algorithm algorithm, long keyAddress, long nonceAddress) {
    MemorySegment nonce = MemorySegment.ofAddress(nonceAddress).reinterpret(NONCE_LENGTH);
    MemorySegment.copy(nonce, 0, scratch, NONCE, NONCE_LENGTH);
    try {
      context = (long) CONTEXT_NEW.invokeExact();
      check(
          (int)
              init.invokeExact(context, algorithm.cipher, 0L, keyAddress, scratchAddress + NONCE));
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// A context that encrypts.
  ///
  /// @param keyAddress where the key lies, as long as the algorithm demands; read now, not kept
  /// @param nonceAddress 12 bytes, of which the first four stay; read now, not kept
  public static EvpAead forSealing(Algorithm algorithm, long keyAddress, long nonceAddress) {
    return new EvpAead(ENCRYPT_INIT, algorithm, keyAddress, nonceAddress);
  }

  /// A context that decrypts; parameters as in [#forSealing].
  public static EvpAead forOpening(Algorithm algorithm, long keyAddress, long nonceAddress) {
    return new EvpAead(DECRYPT_INIT, algorithm, keyAddress, nonceAddress);
  }

  /// Sets the last eight bytes of the next record's nonce.
  public void nonce(long tail) {
    scratch.set(LONG, NONCE_TAIL, tail);
  }

  /// Sets five bytes of additional data: type, 0x0303, length.
  public void aad(int contentType, int length) {
    header(AAD, contentType, length);
    aadLength = AAD_LENGTH_TLS_1_3;
  }

  /// Sets thirteen bytes of additional data: sequence number, type, 0x0303, length.
  public void aad(long recSeq, int contentType, int length) {
    scratch.set(LONG, AAD, recSeq);
    header(AAD + Long.BYTES, contentType, length);
    aadLength = AAD_LENGTH_TLS_1_2;
  }

  private void header(int at, int contentType, int length) {
    scratch.set(JAVA_BYTE, at, (byte) contentType);
    scratch.set(SHORT, at + 1, (short) LEGACY_RECORD_VERSION);
    scratch.set(SHORT, at + 3, (short) length);
  }

  /// Begins to encrypt with the nonce and additional data set before.
  public void sealStart() {
    try {
      check((int) ENCRYPT_INIT.invokeExact(context, 0L, 0L, 0L, scratchAddress + NONCE));
      check(
          (int)
              ENCRYPT_UPDATE_BRIEF.invokeExact(
                  context, 0L, scratchAddress + OUT_LENGTH, scratchAddress + AAD, aadLength));
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// Encrypts `length` bytes from address `from` to address `to`.
  public void sealUpdate(long from, int length, long to) {
    try {
      check(
          (int) ENCRYPT_UPDATE.invokeExact(context, to, scratchAddress + OUT_LENGTH, from, length));
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// Encrypts one byte to address `to`.
  public void sealByte(int value, long to) {
    scratch.set(JAVA_BYTE, INNER_TYPE, (byte) value);
    try {
      check(
          (int)
              ENCRYPT_UPDATE_BRIEF.invokeExact(
                  context, to, scratchAddress + OUT_LENGTH, scratchAddress + INNER_TYPE, 1));
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// Ends the record and writes its tag to address `tag`.
  public void sealFinish(long tag) {
    try {
      check((int) ENCRYPT_FINAL.invokeExact(context, tag, scratchAddress + OUT_LENGTH));
      check((int) CONTROL.invokeExact(context, CTRL_GET_TAG, TAG_LENGTH, tag));
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// Decrypts `length` bytes in place at `address`; the tag lies behind them. False when it does
  /// not fit.
  public boolean open(long address, int length) {
    try {
      check((int) DECRYPT_INIT.invokeExact(context, 0L, 0L, 0L, scratchAddress + NONCE));
      check(
          (int)
              DECRYPT_UPDATE_BRIEF.invokeExact(
                  context, 0L, scratchAddress + OUT_LENGTH, scratchAddress + AAD, aadLength));
      check(
          (int)
              DECRYPT_UPDATE.invokeExact(
                  context, address, scratchAddress + OUT_LENGTH, address, length));
      check((int) CONTROL.invokeExact(context, CTRL_SET_TAG, TAG_LENGTH, address + length));
      return (int)
              DECRYPT_FINAL.invokeExact(
                  context, scratchAddress + NONCE, scratchAddress + OUT_LENGTH)
          == 1;
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  @Override
  public void close() {
    if (context == 0) {
      return;
    }
    try {
      CONTEXT_FREE.invokeExact(context);
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
    context = 0;
    scratch.fill((byte) 0);
    arena.close();
  }

  private static long fetch(String name) {
    MethodHandle fetch =
        Libcrypto.downcall(
            "EVP_CIPHER_fetch", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    try (Arena names = Arena.ofConfined()) {
      MemorySegment cipher =
          (MemorySegment)
              fetch.invokeExact(MemorySegment.NULL, names.allocateFrom(name), MemorySegment.NULL);
      if (cipher.address() == 0) {
        throw new IllegalStateException("libcrypto has no " + name);
      }
      return cipher.address();
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  private static void check(int result) {
    if (result != 1) {
      throw new IllegalStateException("libcrypto refused a call that cannot fail");
    }
  }
}
