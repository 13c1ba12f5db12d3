package io.sallyport.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;

/// The fewest calls to libcrypto that make or open a TLS 1.3 record, each by the cheapest way out
/// of the JVM. Its own binding and not the engine's, so that it stays the floor whatever the engine
/// does.
@SuppressWarnings("restricted") // Calling native code is what is measured.
final class EvpLoop implements AutoCloseable {
  static final int TAG_LENGTH = 16;

  private static final int CTRL_GET_TAG = 0x10;
  private static final int CTRL_SET_TAG = 0x11;
  private static final int NONCE_TAIL = 4;
  private static final int AAD = 16;
  private static final int AAD_LENGTH = 5;
  private static final int OUT_LENGTH = 32;
  private static final ValueLayout.OfLong LONG =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final SymbolLookup LIBRARY =
      SymbolLookup.libraryLookup(
          System.getProperty("io.sallyport.libcrypto", "libcrypto.so.3"), Arena.global());

  private static final FunctionDescriptor INIT =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final FunctionDescriptor UPDATE =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final FunctionDescriptor FINAL =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle FETCH =
      call("EVP_CIPHER_fetch", FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle NEW =
      call("EVP_CIPHER_CTX_new", FunctionDescriptor.of(JAVA_LONG));
  private static final MethodHandle FREE =
      call("EVP_CIPHER_CTX_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle CONTROL =
      call(
          "EVP_CIPHER_CTX_ctrl",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle ENCRYPT_INIT = call("EVP_EncryptInit_ex", INIT);
  private static final MethodHandle ENCRYPT_UPDATE = call("EVP_EncryptUpdate", UPDATE);
  private static final MethodHandle ENCRYPT_FINAL = call("EVP_EncryptFinal_ex", FINAL);
  private static final MethodHandle DECRYPT_INIT = call("EVP_DecryptInit_ex", INIT);
  private static final MethodHandle DECRYPT_UPDATE = call("EVP_DecryptUpdate", UPDATE);
  private static final MethodHandle DECRYPT_FINAL = call("EVP_DecryptFinal_ex", FINAL);

  private static final long CIPHER = fetch("AES-128-GCM");

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment scratch = arena.allocate(48, 16);
  private final long nonce = scratch.address();
  private final long aad = nonce + AAD;
  private final long outLength = nonce + OUT_LENGTH;
  private final long ivTail;
  private final long context;
  private long recSeq;

  private EvpLoop(MethodHandle init, byte[] key, byte[] saltAndIv) {
    MemorySegment.copy(saltAndIv, 0, scratch, JAVA_BYTE, 0, saltAndIv.length);
    ivTail = scratch.get(LONG, NONCE_TAIL);
    scratch.set(JAVA_BYTE, AAD, (byte) 23);
    scratch.set(SHORT, AAD + 1, (short) 0x0303);
    try (Arena brief = Arena.ofConfined()) {
      context = (long) NEW.invokeExact();
      MemorySegment keyBytes = brief.allocateFrom(JAVA_BYTE, key);
      check((int) init.invokeExact(context, CIPHER, 0L, keyBytes.address(), nonce));
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  static EvpLoop forSealing(byte[] key, byte[] saltAndIv) {
    return new EvpLoop(ENCRYPT_INIT, key, saltAndIv);
  }

  static EvpLoop forOpening(byte[] key, byte[] saltAndIv) {
    return new EvpLoop(DECRYPT_INIT, key, saltAndIv);
  }

  /// Encrypts `length` bytes from address `from` to address `to`, where the tag follows them.
  void seal(long from, int length, long to) {
    nextRecord(length);
    try {
      check((int) ENCRYPT_INIT.invokeExact(context, 0L, 0L, 0L, nonce));
      check((int) ENCRYPT_UPDATE.invokeExact(context, 0L, outLength, aad, AAD_LENGTH));
      check((int) ENCRYPT_UPDATE.invokeExact(context, to, outLength, from, length));
      check((int) ENCRYPT_FINAL.invokeExact(context, to + length, outLength));
      check((int) CONTROL.invokeExact(context, CTRL_GET_TAG, TAG_LENGTH, to + length));
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Decrypts `length` bytes in place at `address`; the tag lies behind them.
  void open(long address, int length) {
    nextRecord(length);
    try {
      check((int) DECRYPT_INIT.invokeExact(context, 0L, 0L, 0L, nonce));
      check((int) DECRYPT_UPDATE.invokeExact(context, 0L, outLength, aad, AAD_LENGTH));
      check((int) DECRYPT_UPDATE.invokeExact(context, address, outLength, address, length));
      check((int) CONTROL.invokeExact(context, CTRL_SET_TAG, TAG_LENGTH, address + length));
      check((int) DECRYPT_FINAL.invokeExact(context, address + length, outLength));
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private void nextRecord(int length) {
    scratch.set(LONG, NONCE_TAIL, ivTail ^ recSeq++);
    scratch.set(SHORT, AAD + 3, (short) (length + TAG_LENGTH));
  }

  @Override
  public void close() {
    try {
      FREE.invokeExact(context);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    arena.close();
  }

  private static MethodHandle call(String name, FunctionDescriptor function) {
    return Linker.nativeLinker()
        .downcallHandle(LIBRARY.find(name).orElseThrow(), function, Linker.Option.critical(false));
  }

  private static long fetch(String name) {
    try (Arena names = Arena.ofConfined()) {
      long cipher =
          (long)
              FETCH.invokeExact(MemorySegment.NULL, names.allocateFrom(name), MemorySegment.NULL);
      check(cipher == 0 ? 0 : 1);
      return cipher;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void check(int result) {
    if (result != 1) {
      throw new IllegalStateException("libcrypto refused a call that cannot fail");
    }
  }
}
