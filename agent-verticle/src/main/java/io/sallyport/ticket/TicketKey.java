package io.sallyport.ticket;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.libcrypto.EvpAead;
import io.sallyport.ktls.libcrypto.EvpAead.Algorithm;
import io.sallyport.ktls.libcrypto.Libcrypto;
import io.sallyport.ktls.libcrypto.NativeMemory;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// An AES-256 key and its name.
///
/// A ticket is the name of its key, 16 bytes; a nonce, 12; what is sealed; and the tag of GCM, 16.
/// Nothing vouches for the name, and nothing needs to: under another one there is another key.
///
/// The key is off-heap, and libcrypto uses it there. Without libcrypto the JDK's cipher has a copy
/// on the heap while it works, and leaves it to the garbage collector. Whoever holds it closes it,
/// which wipes it. Not thread-safe.
final class TicketKey implements AutoCloseable {
  static final int NAME_LENGTH = 16;

  /// Where what is sealed begins, behind the name and the nonce.
  static final int FORM_AT = NAME_LENGTH + 12;

  static final int TAG_LENGTH = 16;
  static final int KEY_LENGTH = 32;

  /// Bytes of a ticket beside what is sealed in it.
  static final int OVERHEAD = FORM_AT + TAG_LENGTH;

  private final byte[] name;
  private final SecretBytes key;

  private TicketKey(byte[] name, SecretBytes key) {
    this.name = name;
    this.key = key;
  }

  static TicketKey generate(SecureRandom random) {
    byte[] name = new byte[NAME_LENGTH];
    byte[] key = new byte[KEY_LENGTH];
    random.nextBytes(name);
    random.nextBytes(key);
    return new TicketKey(name, SecretBytes.wiping(key));
  }

  /// A key that was made elsewhere. Takes ownership of `key`.
  static TicketKey of(byte[] name, SecretBytes key) {
    return new TicketKey(name, key);
  }

  /// Writes the key to `out`, which is off-heap and wiped by the caller.
  void copyTo(ByteBuf out, int index) {
    out.setBytes(index, key.reveal(), 0, KEY_LENGTH);
  }

  TicketKey copy() {
    return new TicketKey(name, key.copy(0, KEY_LENGTH));
  }

  byte[] name() {
    return name.clone();
  }

  /// Whether a ticket begins with this key's name.
  boolean hasNamed(byte[] ticket) {
    return ticket.length >= NAME_LENGTH
        && Arrays.equals(ticket, 0, NAME_LENGTH, name, 0, NAME_LENGTH);
  }

  private static boolean hasLibcrypto() {
    return Libcrypto.isAvailable() && Algorithm.AES_256_GCM.isAvailable();
  }

  /// Makes a ticket of a direct buffer that holds a name, a nonce and what is to be sealed: that is
  /// encrypted in place, and the tag appended.
  void seal(ByteBuf ticket) {
    ticket.ensureWritable(TAG_LENGTH);
    if (hasLibcrypto()) {
      sealOffHeap(ticket);
    } else {
      sealOnHeap(ticket);
    }
    ticket.writerIndex(ticket.writerIndex() + TAG_LENGTH);
  }

  private void sealOffHeap(ByteBuf ticket) {
    long start = NativeMemory.address(ticket, 0);
    long form = start + FORM_AT;
    try (EvpAead aead =
        EvpAead.forSealing(Algorithm.AES_256_GCM, address(key), start + NAME_LENGTH)) {
      aead.seal(form, ticket.writerIndex() - FORM_AT, form);
    }
  }

  void sealOnHeap(ByteBuf ticket) {
    byte[] form = bytes(ticket, FORM_AT, ticket.writerIndex() - FORM_AT);
    try {
      ticket.setBytes(FORM_AT, cipher(Cipher.ENCRYPT_MODE, ticket).doFinal(form));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM of the JDK fails", e);
    } finally {
      Arrays.fill(form, (byte) 0);
    }
  }

  /// Turns a ticket in a direct buffer back into what [#seal] was given, to be wiped by the caller.
  /// False when the tag does not fit: what was sealed is then undefined.
  boolean open(ByteBuf ticket) {
    int formLength = ticket.writerIndex() - FORM_AT - TAG_LENGTH;
    boolean fits = hasLibcrypto() ? openOffHeap(ticket, formLength) : openOnHeap(ticket);
    ticket.writerIndex(FORM_AT + formLength);
    return fits;
  }

  private boolean openOffHeap(ByteBuf ticket, int formLength) {
    long start = NativeMemory.address(ticket, 0);
    try (EvpAead aead =
        EvpAead.forOpening(Algorithm.AES_256_GCM, address(key), start + NAME_LENGTH)) {
      return aead.open(start + FORM_AT, formLength);
    }
  }

  boolean openOnHeap(ByteBuf ticket) {
    byte[] sealed = bytes(ticket, FORM_AT, ticket.writerIndex() - FORM_AT);
    try {
      byte[] form = cipher(Cipher.DECRYPT_MODE, ticket).doFinal(sealed);
      ticket.setBytes(FORM_AT, form);
      Arrays.fill(form, (byte) 0);
      return true;
    } catch (AEADBadTagException _) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM of the JDK fails", e);
    }
  }

  private Cipher cipher(int mode, ByteBuf ticket) throws GeneralSecurityException {
    byte[] bytes = bytes(key.reveal(), 0, KEY_LENGTH);
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      byte[] nonce = bytes(ticket, NAME_LENGTH, FORM_AT - NAME_LENGTH);
      cipher.init(
          mode,
          new SecretKeySpec(bytes, "AES"),
          new GCMParameterSpec(TAG_LENGTH * Byte.SIZE, nonce));
      return cipher;
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static byte[] bytes(ByteBuf buffer, int index, int length) {
    byte[] bytes = new byte[length];
    buffer.getBytes(index, bytes);
    return bytes;
  }

  private static long address(SecretBytes secret) {
    return NativeMemory.address(secret.reveal(), 0);
  }

  @Override
  public void close() {
    key.close();
  }

  @Override
  public String toString() {
    return "TicketKey(redacted)";
  }
}
