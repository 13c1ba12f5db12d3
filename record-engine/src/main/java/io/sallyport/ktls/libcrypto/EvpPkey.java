package io.sallyport.ktls.libcrypto;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// What keys and key exchanges share of libcrypto's `EVP_PKEY`.
///
/// A key or context is a plain `long`, the address libcrypto gave out; 0 is none. None of the calls
/// is brief in the sense of [Libcrypto#briefDowncall]: a safepoint must not wait for a signature.
/// Stateless; any thread may call.
final class EvpPkey {
  static final FunctionDescriptor CONTEXT_TO_INT = FunctionDescriptor.of(JAVA_INT, JAVA_LONG);

  private static final MethodHandle KEY_FREE =
      Libcrypto.downcall("EVP_PKEY_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle CONTEXT_NEW =
      Libcrypto.downcall(
          "EVP_PKEY_CTX_new", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle CONTEXT_FREE =
      Libcrypto.downcall("EVP_PKEY_CTX_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle CLEAR_ERRORS =
      Libcrypto.downcall("ERR_clear_error", FunctionDescriptor.ofVoid());
  private static final MethodHandle DIGEST_FETCH =
      Libcrypto.downcall(
          "EVP_MD_fetch", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  private EvpPkey() {}

  /// A context for one operation with `key`; the caller frees it.
  static long newContext(long key) {
    try {
      return checkAddress((long) CONTEXT_NEW.invokeExact(key, 0L));
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  static void freeContext(long context) {
    try {
      CONTEXT_FREE.invokeExact(context);
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// Frees a key; libcrypto wipes its private part.
  static void freeKey(long key) {
    try {
      KEY_FREE.invokeExact(key);
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// Drops what a failed call left in this thread's error queue.
  static void clearErrors() {
    try {
      CLEAR_ERRORS.invokeExact();
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// The `EVP_MD` of this name, kept for the life of the process.
  static long fetchDigest(String name) {
    try (Arena names = Arena.ofConfined()) {
      MemorySegment text = names.allocateFrom(name);
      return checkAddress((long) DIGEST_FETCH.invokeExact(0L, text.address(), 0L));
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  static void check(int result) {
    if (result != 1) {
      clearErrors();
      throw new IllegalStateException("libcrypto refused a call that cannot fail");
    }
  }

  static long checkAddress(long address) {
    if (address == 0) {
      clearErrors();
      throw new IllegalStateException("libcrypto gave no memory");
    }
    return address;
  }
}
