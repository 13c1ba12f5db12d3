package io.sallyport.ktls;

import io.sallyport.ktls.libcrypto.Libcrypto;

/// Who computes the AEADs: chosen once, by probing.
///
/// No back end has every cipher of `linux/tls.h`. For what libcrypto lacks the JDK's provider is
/// asked, and for what that lacks Bouncy Castle, which has them all.
public enum AeadBackend {
  /// OpenSSL's libcrypto through the foreign function interface: in place, without allocation.
  LIBCRYPTO {
    @Override
    Provider providerOf(CipherType cipherType) {
      return LibcryptoAead.supports(cipherType) ? Provider.LIBCRYPTO : JDK.providerOf(cipherType);
    }

    @Override
    public String description() {
      return "libcrypto (" + Libcrypto.description() + ")";
    }
  },

  /// The JDK's own provider: everywhere, slower, with keys on the heap.
  JDK {
    @Override
    Provider providerOf(CipherType cipherType) {
      return JcaAead.supports(cipherType) ? Provider.JDK : Provider.BOUNCY_CASTLE;
    }

    @Override
    public String description() {
      return "the JDK's provider (" + Libcrypto.description() + ")";
    }
  };

  /// Who computes one cipher of a back end.
  enum Provider {
    LIBCRYPTO,
    JDK,
    BOUNCY_CASTLE
  }

  /// libcrypto where it can be used, else the JDK.
  public static AeadBackend probe() {
    return Libcrypto.isAvailable() ? LIBCRYPTO : JDK;
  }

  abstract Provider providerOf(CipherType cipherType);

  AeadCipher forSealing(CryptoInfo info) {
    return switch (providerOf(info.cipherType())) {
      case LIBCRYPTO -> LibcryptoAead.forSealing(info);
      case JDK -> JcaAead.forSealing(info);
      case BOUNCY_CASTLE -> BcAead.forSealing(info);
    };
  }

  AeadCipher forOpening(CryptoInfo info) {
    return switch (providerOf(info.cipherType())) {
      case LIBCRYPTO -> LibcryptoAead.forOpening(info);
      case JDK -> JcaAead.forOpening(info);
      case BOUNCY_CASTLE -> BcAead.forOpening(info);
    };
  }

  /// What was chosen and why, for the start-up log line.
  public abstract String description();
}
