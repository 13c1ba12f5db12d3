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
/// brief downcalls, the update of more than a kilobyte is an ordinary one, so that a safepoint
/// never waits for 16 KiB. Confined to one thread. [#close()] frees the context, which makes
/// libcrypto wipe its key schedule.
@SuppressWarnings("restricted") // Addresses are this class's business.
public abstract sealed class EvpAead implements AutoCloseable permits EvpStreamAead, EvpCcm {
  /// The AEADs that TLS uses here; all have a 12-byte nonce and a 16-byte tag. Which of them there
  /// are depends on the version of libcrypto and on how it was built.
  public enum Algorithm {
    AES_128_GCM("AES-128-GCM", false),
    AES_256_GCM("AES-256-GCM", false),
    AES_128_CCM("AES-128-CCM", true),
    CHACHA20_POLY1305("ChaCha20-Poly1305", false),
    SM4_GCM("SM4-GCM", false),
    SM4_CCM("SM4-CCM", true),
    ARIA_128_GCM("ARIA-128-GCM", false),
    ARIA_256_GCM("ARIA-256-GCM", false);

    private final String libcryptoName;
    private final boolean ccm;

    /// The fetched `EVP_CIPHER`, kept for the life of the process; 0 when there is none.
    private final long cipher;

    Algorithm(String libcryptoName, boolean ccm) {
      this.libcryptoName = libcryptoName;
      this.ccm = ccm;
      cipher = fetch(libcryptoName);
    }

    /// Whether this libcrypto has it.
    public boolean isAvailable() {
      return cipher != 0;
    }
  }

  static final int TAG_LENGTH = 16;
  static final int NONCE_LENGTH = 12;
  static final int CTRL_SET_NONCE_LENGTH = 0x9;
  static final int CTRL_GET_TAG = 0x10;
  static final int CTRL_SET_TAG = 0x11;
  private static final int LEGACY_RECORD_VERSION = 0x0303;

  // Scratch memory of a context: nonce, additional data, the length libcrypto reports, one byte.
  private static final int NONCE = 0;
  private static final int NONCE_TAIL = 4;
  private static final int AAD = 16;
  private static final int OUT_LENGTH = 32;
  private static final int LAST = 40;
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
  static final MethodHandle CONTROL =
      Libcrypto.briefDowncall(
          "EVP_CIPHER_CTX_ctrl",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));
  static final MethodHandle ENCRYPT_INIT = Libcrypto.briefDowncall("EVP_EncryptInit_ex", INIT);
  static final MethodHandle ENCRYPT_UPDATE = Libcrypto.downcall("EVP_EncryptUpdate", UPDATE);
  static final MethodHandle ENCRYPT_UPDATE_BRIEF =
      Libcrypto.briefDowncall("EVP_EncryptUpdate", UPDATE);
  static final MethodHandle ENCRYPT_FINAL = Libcrypto.briefDowncall("EVP_EncryptFinal_ex", FINAL);
  static final MethodHandle DECRYPT_INIT = Libcrypto.briefDowncall("EVP_DecryptInit_ex", INIT);
  static final MethodHandle DECRYPT_UPDATE = Libcrypto.downcall("EVP_DecryptUpdate", UPDATE);
  static final MethodHandle DECRYPT_UPDATE_BRIEF =
      Libcrypto.briefDowncall("EVP_DecryptUpdate", UPDATE);
  static final MethodHandle DECRYPT_FINAL = Libcrypto.briefDowncall("EVP_DecryptFinal_ex", FINAL);

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment scratch = arena.allocate(SCRATCH_LENGTH, 16);
  private final long scratchAddress = scratch.address();

  /// Where the nonce of the next record lies.
  final long nonce = scratchAddress + NONCE;

  /// Where the additional data of the next record lies.
  final long aad = scratchAddress + AAD;

  /// Where libcrypto reports a length that nobody reads.
  final long outLength = scratchAddress + OUT_LENGTH;

  /// Where [#last(int)] puts its byte.
  final long last = scratchAddress + LAST;

  /// The `EVP_CIPHER_CTX`; 0 once it is freed.
  long context;

  int aadLength;

  /// A context that knows its algorithm and direction, but not yet its key.
  EvpAead(MethodHandle init, Algorithm algorithm, long nonceAddress) {
    MemorySegment start = MemorySegment.ofAddress(nonceAddress).reinterpret(NONCE_LENGTH);
    MemorySegment.copy(start, 0, scratch, NONCE, NONCE_LENGTH);
    try {
      context = (long) CONTEXT_NEW.invokeExact();
      if (context == 0) {
        throw new OutOfMemoryError("libcrypto has no memory for a cipher context");
      }
      check((int) init.invokeExact(context, algorithm.cipher, 0L, 0L, 0L));
    } catch (Throwable e) {
      close();
      throw Libcrypto.failure(e);
    }
  }

  /// A context that encrypts.
  ///
  /// @param algorithm one that is available
  /// @param keyAddress where the key lies, as long as the algorithm demands; read now, not kept
  /// @param nonceAddress 12 bytes, of which the first four stay; read now, not kept
  public static EvpAead forSealing(Algorithm algorithm, long keyAddress, long nonceAddress) {
    return create(ENCRYPT_INIT, algorithm, keyAddress, nonceAddress);
  }

  /// A context that decrypts; parameters as in [#forSealing].
  public static EvpAead forOpening(Algorithm algorithm, long keyAddress, long nonceAddress) {
    return create(DECRYPT_INIT, algorithm, keyAddress, nonceAddress);
  }

  private static EvpAead create(
      MethodHandle init, Algorithm algorithm, long keyAddress, long nonceAddress) {
    if (!algorithm.isAvailable()) {
      throw new IllegalStateException("libcrypto has no " + algorithm.libcryptoName);
    }
    return algorithm.ccm
        ? new EvpCcm(init, algorithm, keyAddress, nonceAddress)
        : new EvpStreamAead(init, algorithm, keyAddress, nonceAddress);
  }

  /// Sets the last eight bytes of the next record's nonce.
  public final void nonce(long tail) {
    scratch.set(LONG, NONCE_TAIL, tail);
  }

  /// Sets five bytes of additional data: type, 0x0303, length.
  public final void aad(int contentType, int length) {
    header(AAD, contentType, length);
    aadLength = AAD_LENGTH_TLS_1_3;
  }

  /// Sets thirteen bytes of additional data: sequence number, type, 0x0303, length.
  public final void aad(long recSeq, int contentType, int length) {
    scratch.set(LONG, AAD, recSeq);
    header(AAD + Long.BYTES, contentType, length);
    aadLength = AAD_LENGTH_TLS_1_2;
  }

  private void header(int at, int contentType, int length) {
    scratch.set(JAVA_BYTE, at, (byte) contentType);
    scratch.set(SHORT, at + 1, (short) LEGACY_RECORD_VERSION);
    scratch.set(SHORT, at + 3, (short) length);
  }

  final void last(int value) {
    scratch.set(JAVA_BYTE, LAST, (byte) value);
  }

  /// Encrypts `length` bytes from address `from` to address `to`, with the nonce and additional
  /// data set before; the tag follows. The addresses may be the same, but not overlap otherwise.
  public abstract void seal(long from, int length, long to);

  /// Like [#seal], with the byte `lastByte` behind those at `from`.
  public abstract void seal(long from, int length, int lastByte, long to);

  /// Decrypts `length` bytes in place at `address`; the tag lies behind them. False when it does
  /// not fit.
  public abstract boolean open(long address, int length);

  @Override
  public final void close() {
    if (!arena.scope().isAlive()) {
      return;
    }
    try {
      // Of 0 it frees nothing.
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
      return cipher.address();
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  static void check(int result) {
    if (result != 1) {
      throw new IllegalStateException("libcrypto refused a call that cannot fail");
    }
  }
}
