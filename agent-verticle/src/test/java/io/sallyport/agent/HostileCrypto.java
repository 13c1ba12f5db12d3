package io.sallyport.agent;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.security.SecureRandom;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.crypto.TlsCipher;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;

/// Bouncy Castle's cryptography of a hostile peer, which can seal what Bouncy Castle would not: a
/// record without content, of a type that must have one.
final class HostileCrypto extends BcTlsCrypto {
  private boolean hidesHandshakeType;

  HostileCrypto() {
    super(new SecureRandom());
  }

  /// Whether records of application data are sealed as if they were of a handshake.
  void hideHandshakeType(boolean hides) {
    hidesHandshakeType = hides;
  }

  @Override
  public TlsCipher createCipher(TlsCryptoParameters parameters, int encryption, int mac)
      throws IOException {
    TlsCipher cipher = super.createCipher(parameters, encryption, mac);
    return (TlsCipher)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {TlsCipher.class},
            (_, method, arguments) -> {
              if (hidesHandshakeType && method.getName().equals("encodePlaintext")) {
                arguments[1] = ContentType.handshake;
              }
              try {
                return method.invoke(cipher, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
