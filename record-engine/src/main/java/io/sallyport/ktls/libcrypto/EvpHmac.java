package io.sallyport.ktls.libcrypto;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// HMAC (RFC 2104) by libcrypto, over memory given by address: key and result never touch the heap.
///
/// Any thread may call. Between calls nothing is left of a key.
public final class EvpHmac {
  private static final String DIGEST_PARAMETER = "digest";
  private static final int UTF8_STRING = 4;
  private static final long UNMODIFIED = -1;

  // Two OSSL_PARAM: name, type, address and length of the value, length returned; the last is zero.
  private static final int PARAMETERS_LENGTH = 80;
  private static final int TYPE = 8;
  private static final int VALUE = 16;
  private static final int VALUE_LENGTH = 24;
  private static final int RETURN_LENGTH = 32;

  private static final MethodHandle FETCH =
      Libcrypto.downcall(
          "EVP_MAC_fetch", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle CONTEXT_NEW =
      Libcrypto.downcall("EVP_MAC_CTX_new", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle CONTEXT_COPY =
      Libcrypto.downcall("EVP_MAC_CTX_dup", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle CONTEXT_FREE =
      Libcrypto.downcall("EVP_MAC_CTX_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle INIT =
      Libcrypto.downcall(
          "EVP_MAC_init",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle UPDATE =
      Libcrypto.downcall(
          "EVP_MAC_update", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FINAL =
      Libcrypto.downcall(
          "EVP_MAC_final",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  /// With SHA-256: 32 bytes.
  public static final EvpHmac SHA256 = new EvpHmac("SHA256", 32);

  /// With SHA-384: 48 bytes.
  public static final EvpHmac SHA384 = new EvpHmac("SHA384", 48);

  private final int length;

  /// An `EVP_MAC_CTX` whose key is all zero, kept for the life of the process and only ever copied.
  /// It saves the search for the algorithm, which costs more than the computation.
  private final long template;

  private EvpHmac(String digest, int length) {
    this.length = length;
    template = template(digest, length);
  }

  private static long template(String digest, int length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(digest);
      MemorySegment parameters = arena.allocate(PARAMETERS_LENGTH, Long.BYTES);
      parameters.set(JAVA_LONG, 0, arena.allocateFrom(DIGEST_PARAMETER).address());
      parameters.set(JAVA_INT, TYPE, UTF8_STRING);
      parameters.set(JAVA_LONG, VALUE, name.address());
      parameters.set(JAVA_LONG, VALUE_LENGTH, digest.length());
      parameters.set(JAVA_LONG, RETURN_LENGTH, UNMODIFIED);
      long algorithm =
          EvpPkey.checkAddress(
              (long) FETCH.invokeExact(0L, arena.allocateFrom("HMAC").address(), 0L));
      long context = EvpPkey.checkAddress((long) CONTEXT_NEW.invokeExact(algorithm));
      long zeros = arena.allocate(length).address();
      EvpPkey.check((int) INIT.invokeExact(context, zeros, (long) length, parameters.address()));
      return context;
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// Writes the code of the bytes at `data` to `out`, which has room for the digest's length.
  public void compute(long key, int keyLength, long data, int dataLength, long out) {
    long context = 0;
    try {
      context = EvpPkey.checkAddress((long) CONTEXT_COPY.invokeExact(template));
      EvpPkey.check((int) INIT.invokeExact(context, key, (long) keyLength, 0L));
      EvpPkey.check((int) UPDATE.invokeExact(context, data, (long) dataLength));
      EvpPkey.check((int) FINAL.invokeExact(context, out, 0L, (long) length));
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    } finally {
      free(context);
    }
  }

  /// Frees a context, which wipes the key in it; of 0 it frees nothing.
  private static void free(long context) {
    try {
      CONTEXT_FREE.invokeExact(context);
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }
}
