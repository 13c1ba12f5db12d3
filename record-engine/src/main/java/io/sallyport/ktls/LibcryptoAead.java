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
      case CHACHA20_POLY1305 -> EvpAead.Algorithm.CHACHA20_POLY1305;
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
    long to = NativeMemory.address(target, targetIndex);
    evp.sealStart();
    evp.sealUpdate(NativeMemory.address(source, sourceIndex), length, to);
    evp.sealFinish(to + length);
  }

  @Override
  public void sealInner(
      ByteBuf source, int sourceIndex, int length, int innerType, ByteBuf target, int targetIndex) {
    long to = NativeMemory.address(target, targetIndex);
    evp.sealStart();
    evp.sealUpdate(NativeMemory.address(source, sourceIndex), length, to);
    evp.sealByte(innerType, to + length);
    evp.sealFinish(to + length + 1);
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
