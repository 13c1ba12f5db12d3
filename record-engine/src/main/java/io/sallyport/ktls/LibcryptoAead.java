package io.sallyport.ktls;

import io.netty.buffer.ByteBuf;
import io.sallyport.ktls.libcrypto.EvpAead;
import io.sallyport.ktls.libcrypto.NativeMemory;

/// AEAD by libcrypto, straight on the memory of direct buffers: nothing is copied or allocated.
final class LibcryptoAead implements AeadCipher {
  private final EvpAead evp;

  private LibcryptoAead(EvpAead evp) {
    this.evp = evp;
  }

  /// Whether the libcrypto of this machine has the cipher.
  static boolean supports(CipherType cipherType) {
    return algorithm(cipherType).isAvailable();
  }

  static LibcryptoAead forSealing(CryptoInfo info) {
    return new LibcryptoAead(
        EvpAead.forSealing(
            algorithm(info.cipherType()), address(info.key()), address(info.saltAndIv())));
  }

  static LibcryptoAead forOpening(CryptoInfo info) {
    return new LibcryptoAead(
        EvpAead.forOpening(
            algorithm(info.cipherType()), address(info.key()), address(info.saltAndIv())));
  }

  private static EvpAead.Algorithm algorithm(CipherType cipherType) {
    return switch (cipherType) {
      case AES_GCM_128 -> EvpAead.Algorithm.AES_128_GCM;
      case AES_GCM_256 -> EvpAead.Algorithm.AES_256_GCM;
      case AES_CCM_128 -> EvpAead.Algorithm.AES_128_CCM;
      case CHACHA20_POLY1305 -> EvpAead.Algorithm.CHACHA20_POLY1305;
      case SM4_GCM -> EvpAead.Algorithm.SM4_GCM;
      case SM4_CCM -> EvpAead.Algorithm.SM4_CCM;
      case ARIA_GCM_128 -> EvpAead.Algorithm.ARIA_128_GCM;
      case ARIA_GCM_256 -> EvpAead.Algorithm.ARIA_256_GCM;
    };
  }

  private static long address(SecretBytes secret) {
    return NativeMemory.address(secret.reveal(), 0);
  }

  @Override
  public void nonce(long tail) {
    evp.nonce(tail);
  }

  @Override
  public void aad(int contentType, int length) {
    evp.aad(contentType, length);
  }

  @Override
  public void aad(long recSeq, int contentType, int length) {
    evp.aad(recSeq, contentType, length);
  }

  @Override
  public void seal(ByteBuf source, int sourceIndex, int length, ByteBuf target, int targetIndex) {
    evp.seal(
        NativeMemory.address(source, sourceIndex),
        length,
        NativeMemory.address(target, targetIndex));
  }

  @Override
  public void sealInner(
      ByteBuf source, int sourceIndex, int length, int innerType, ByteBuf target, int targetIndex) {
    evp.seal(
        NativeMemory.address(source, sourceIndex),
        length,
        innerType,
        NativeMemory.address(target, targetIndex));
  }

  @Override
  public boolean open(ByteBuf record, int index, int length) {
    return evp.open(NativeMemory.address(record, index), length);
  }

  @Override
  public void close() {
    evp.close();
  }
}
