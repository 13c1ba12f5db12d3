package io.sallyport.link;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.audit.KeyUse;
import io.sallyport.audit.KeyUse.Operation;
import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.KeyElsewhereException.Cause;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.LocalSigningKey;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

/// Signs for one other member, which may use the keyring. Every use is in the audit log before the
/// signature leaves, those that fail too. On a thread that signs.
///
/// @param asking the other member
record KeySigner(AnsweringService service, String asking) {
  private static final Logger LOG = System.getLogger("sallyport.link");

  /// The signature, or why there is none.
  ///
  /// @param operation what the content is, as far as its form tells
  LinkFrame sign(LinkFrame.Sign sign, Operation operation) {
    Optional<Keyring> keyring = service.held().acquire(sign.keyring(), key -> isAsked(key, sign));
    if (keyring.isEmpty()) {
      log(sign, operation, new KeyUse.Refused(KeyUse.Reason.NO_KEY));
      return refused(
          sign,
          "keyring "
              + sign.keyring()
              + " holds no private key "
              + sign.privateKey()
              + " of that certificate, or does no more");
    }
    try {
      return sign(sign, operation, key(keyring.get(), sign));
    } finally {
      keyring.get().release();
    }
  }

  private static boolean isAsked(CertifiedKey key, LinkFrame.Sign sign) {
    return key.privateKey().equals(sign.privateKey())
        && key.sha256().equals(sign.certificate())
        && key.signingKey() instanceof LocalSigningKey;
  }

  private static LocalSigningKey key(Keyring keyring, LinkFrame.Sign sign) {
    return keyring.certificates().stream()
        .filter(key -> isAsked(key, sign))
        .map(key -> (LocalSigningKey) key.signingKey())
        .findFirst()
        .orElseThrow();
  }

  private LinkFrame sign(LinkFrame.Sign sign, Operation operation, LocalSigningKey key) {
    byte[] signature;
    try {
      signature = key.sign(sign.scheme(), digest(sign));
    } catch (IllegalArgumentException _) {
      log(sign, operation, new KeyUse.Refused(KeyUse.Reason.WRONG_SCHEME));
      return refused(sign, "the key does not sign by " + sign.scheme());
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "cannot sign with a key of keyring " + sign.keyring(), e);
      log(sign, operation, new KeyUse.Refused(KeyUse.Reason.FAILED));
      return refused(sign, "the key cannot sign that");
    }
    return log(sign, operation, new KeyUse.Done())
        ? new LinkFrame.Signature(sign.id(), Unpooled.wrappedBuffer(signature))
        : refused(sign, "its audit log takes no more");
  }

  private boolean log(LinkFrame.Sign sign, Operation operation, KeyUse.Result result) {
    return service
        .audit()
        .admits(
            asking,
            sign.purpose().consumer(),
            sign.keyring(),
            sign.privateKey(),
            operation,
            sign.purpose().serverName(),
            result);
  }

  private static LinkFrame refused(LinkFrame.Sign sign, String why) {
    return new LinkFrame.Refused(sign.id(), Cause.REFUSED, why);
  }

  private static byte[] digest(LinkFrame.Sign sign) {
    try {
      return MessageDigest.getInstance(sign.scheme().hash().jdkName())
          .digest(ByteBufUtil.getBytes(sign.content()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }
}
