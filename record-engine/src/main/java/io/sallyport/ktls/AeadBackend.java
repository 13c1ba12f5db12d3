package io.sallyport.ktls;

import io.sallyport.ktls.libcrypto.Libcrypto;

/// Who computes the AEADs: chosen once, by probing.
public enum AeadBackend {
  /// OpenSSL's libcrypto through the foreign function interface: in place, without allocation.
  LIBCRYPTO {
    @Override
    AeadCipher forSealing(CryptoInfo info) {
      return LibcryptoAead.forSealing(info);
    }

    @Override
    AeadCipher forOpening(CryptoInfo info) {
      return LibcryptoAead.forOpening(info);
    }

    @Override
    public String description() {
      return "libcrypto (" + Libcrypto.description() + ")";
    }
  },

  /// The JDK's own provider: everywhere, slower, with keys on the heap.
  JDK {
    @Override
    AeadCipher forSealing(CryptoInfo info) {
      return JcaAead.forSealing(info);
    }

    @Override
    AeadCipher forOpening(CryptoInfo info) {
      return JcaAead.forOpening(info);
    }

    @Override
    public String description() {
      return "the JDK's provider (" + Libcrypto.description() + ")";
    }
  };

  /// libcrypto where it can be used, else the JDK.
  public static AeadBackend probe() {
    return Libcrypto.isAvailable() ? LIBCRYPTO : JDK;
  }

  abstract AeadCipher forSealing(CryptoInfo info);

  abstract AeadCipher forOpening(CryptoInfo info);

  /// What was chosen and why, for the start-up log line.
  public abstract String description();
}
