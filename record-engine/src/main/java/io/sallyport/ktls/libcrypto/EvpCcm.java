package io.sallyport.ktls.libcrypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// CCM (RFC 6655, SP 800-38C): its first block holds the length of the plaintext, so libcrypto
/// wants that length before anything else, and the plaintext in one piece.
@SuppressWarnings("restricted") // Addresses are this class's business.
final class EvpCcm extends EvpAead {
  /// All memory, so that bytes are moved by address without an object for each place.
  private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  EvpCcm(MethodHandle init, Algorithm algorithm, long keyAddress, long nonceAddress) {
    super(init, algorithm, nonceAddress);
    try {
      // Both lengths go into the key's set-up: they come before the key.
      check((int) CONTROL.invokeExact(context, CTRL_SET_NONCE_LENGTH, NONCE_LENGTH, 0L));
      check((int) CONTROL.invokeExact(context, CTRL_SET_TAG, TAG_LENGTH, 0L));
      check((int) init.invokeExact(context, 0L, 0L, keyAddress, nonce));
    } catch (Throwable e) {
      close();
      throw Libcrypto.failure(e);
    }
  }

  @Override
  public void seal(long from, int length, long to) {
    try {
      check((int) ENCRYPT_INIT.invokeExact(context, 0L, 0L, 0L, nonce));
      check((int) ENCRYPT_UPDATE_BRIEF.invokeExact(context, 0L, outLength, 0L, length));
      check((int) ENCRYPT_UPDATE_BRIEF.invokeExact(context, 0L, outLength, aad, aadLength));
      check((int) ENCRYPT_UPDATE.invokeExact(context, to, outLength, from, length));
      check((int) CONTROL.invokeExact(context, CTRL_GET_TAG, TAG_LENGTH, to + length));
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  @Override
  public void seal(long from, int length, int lastByte, long to) {
    if (from != to) {
      MemorySegment.copy(MEMORY, from, MEMORY, to, length);
    }
    MEMORY.set(JAVA_BYTE, to + length, (byte) lastByte);
    seal(to, length + 1, to);
  }

  /// libcrypto compares the tag within the update, which gives out nothing when it does not fit.
  @Override
  public boolean open(long address, int length) {
    try {
      check((int) DECRYPT_INIT.invokeExact(context, 0L, 0L, 0L, nonce));
      check((int) CONTROL.invokeExact(context, CTRL_SET_TAG, TAG_LENGTH, address + length));
      check((int) DECRYPT_UPDATE_BRIEF.invokeExact(context, 0L, outLength, 0L, length));
      check((int) DECRYPT_UPDATE_BRIEF.invokeExact(context, 0L, outLength, aad, aadLength));
      return (int) DECRYPT_UPDATE.invokeExact(context, address, outLength, address, length) == 1;
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }
}
