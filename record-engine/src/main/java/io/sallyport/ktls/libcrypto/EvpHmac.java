package io.sallyport.ktls.libcrypto;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/// HMAC (RFC 2104) by libcrypto, over memory given by address: key and result never touch the heap.
public enum EvpHmac {
  /// With SHA-256: 32 bytes.
  SHA256("EVP_sha256"),
  /// With SHA-384: 48 bytes.
  SHA384("EVP_sha384");

  private static final MethodHandle HMAC =
      Libcrypto.downcall(
          "HMAC",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG,
              JAVA_LONG));

  private final long digest;

  EvpHmac(String function) {
    try {
      digest = (long) Libcrypto.downcall(function, FunctionDescriptor.of(JAVA_LONG)).invokeExact();
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// Writes the code of the bytes at `data` to `out`, which has room for the digest's length.
  public void compute(long key, int keyLength, long data, int dataLength, long out) {
    try {
      long result =
          (long) HMAC.invokeExact(digest, key, keyLength, data, (long) dataLength, out, 0L);
      if (result == 0) {
        throw new IllegalStateException("libcrypto refused a call that cannot fail");
      }
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }
}
