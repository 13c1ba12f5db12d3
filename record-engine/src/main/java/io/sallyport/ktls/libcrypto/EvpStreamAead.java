package io.sallyport.ktls.libcrypto;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;

/// GCM and ChaCha20-Poly1305: data may come in pieces, and the tag is asked about at the end.
final class EvpStreamAead extends EvpAead {
  /// So many bytes take well under a microsecond, which a safepoint may wait for: a kilobyte and
  /// its content type.
  private static final int BRIEF_LENGTH = (1 << 10) + 1;

  static {
    callOnce();
  }

  EvpStreamAead(MethodHandle init, Algorithm algorithm, long keyAddress, long nonceAddress) {
    super(init, algorithm, nonceAddress);
    try {
      check((int) init.invokeExact(context, 0L, 0L, keyAddress, nonce));
    } catch (Throwable e) {
      close();
      throw Libcrypto.failure(e);
    }
  }

  /// Calls every handle. One that was never called before its caller is compiled, as the update of
  /// more than a kilobyte while there are only handshakes, leaves in that code, for good, the
  /// question whether its class is initialized.
  private static void callOnce() {
    Algorithm algorithm = Algorithm.AES_128_GCM;
    if (!algorithm.isAvailable()) {
      return;
    }
    int length = 2 * BRIEF_LENGTH;
    try (Arena arena = Arena.ofConfined()) {
      long zeros = arena.allocate(TAG_LENGTH).address();
      long data = arena.allocate(length + TAG_LENGTH).address();
      try (EvpAead sealing = forSealing(algorithm, zeros, zeros);
          EvpAead opening = forOpening(algorithm, zeros, zeros)) {
        sealing.aad(0, length);
        sealing.seal(data, length, data);
        opening.aad(0, length);
        if (!opening.open(data, length)) {
          throw new IllegalStateException("libcrypto does not open what it sealed");
        }
      }
    }
  }

  @Override
  public void seal(long from, int length, long to) {
    try {
      start(from, length, to);
      finish(to + length);
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  @Override
  public void seal(long from, int length, int lastByte, long to) {
    last(lastByte);
    try {
      start(from, length, to);
      check((int) ENCRYPT_UPDATE_BRIEF.invokeExact(context, to + length, outLength, last, 1));
      finish(to + length + 1);
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  private void start(long from, int length, long to) throws Throwable {
    check((int) ENCRYPT_INIT.invokeExact(context, 0L, 0L, 0L, nonce));
    check((int) ENCRYPT_UPDATE_BRIEF.invokeExact(context, 0L, outLength, aad, aadLength));
    if (length <= BRIEF_LENGTH) {
      check((int) ENCRYPT_UPDATE_BRIEF.invokeExact(context, to, outLength, from, length));
    } else {
      check((int) ENCRYPT_UPDATE.invokeExact(context, to, outLength, from, length));
    }
  }

  private void finish(long tag) throws Throwable {
    check((int) ENCRYPT_FINAL.invokeExact(context, tag, outLength));
    check((int) CONTROL.invokeExact(context, CTRL_GET_TAG, TAG_LENGTH, tag));
  }

  @Override
  public boolean open(long address, int length) {
    try {
      check((int) DECRYPT_INIT.invokeExact(context, 0L, 0L, 0L, nonce));
      check((int) DECRYPT_UPDATE_BRIEF.invokeExact(context, 0L, outLength, aad, aadLength));
      if (length <= BRIEF_LENGTH) {
        check((int) DECRYPT_UPDATE_BRIEF.invokeExact(context, address, outLength, address, length));
      } else {
        check((int) DECRYPT_UPDATE.invokeExact(context, address, outLength, address, length));
      }
      check((int) CONTROL.invokeExact(context, CTRL_SET_TAG, TAG_LENGTH, address + length));
      return (int) DECRYPT_FINAL.invokeExact(context, last, outLength) == 1;
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }
}
