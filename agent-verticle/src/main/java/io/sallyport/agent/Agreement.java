package io.sallyport.agent;

import io.sallyport.handshake.Session;
import io.sallyport.keyring.KeySerial;
import io.sallyport.ktls.SessionKeys;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.TlsContext;
import org.bouncycastle.tls.TlsSession;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.jspecify.annotations.Nullable;

/// What a handshake came to: session, keys, and who the peer is. Empty until it is complete.
///
/// Confined to its [Handshake]. [#close()] wipes keys that nobody took.
final class Agreement implements AutoCloseable {
  private @Nullable Session session;
  private @Nullable SessionKeys keys;
  private KeySerial peerid = KeySerial.NONE;

  boolean isComplete() {
    return session != null;
  }

  /// What was agreed; only when complete.
  Session session() {
    if (session == null) {
      throw new IllegalStateException("handshake is not complete");
    }
    return session;
  }

  /// The keys; only when complete, and only once: the caller closes them.
  SessionKeys takeKeys() {
    SessionKeys taken = keys;
    if (taken == null) {
      throw new IllegalStateException("no keys");
    }
    keys = null;
    return taken;
  }

  /// The serial of the peer's authenticated identity.
  KeySerial peerid() {
    return peerid;
  }

  void setPeerid(KeySerial serial) {
    peerid = serial;
  }

  /// Takes the keys out of a handshake that completes: the only moment at which the secrets are
  /// complete and still there.
  void complete(TlsContext context, Session agreed) {
    SecurityParameters parameters = context.getSecurityParametersConnection();
    keys = KtlsInstaller.keys(parameters, context.isServer());
    forget(context, parameters);
    session = agreed;
  }

  /// Wipes what Bouncy Castle would keep for later: there is no later here.
  private static void forget(TlsContext context, SecurityParameters parameters) {
    destroy(parameters.getTrafficSecretClient());
    destroy(parameters.getTrafficSecretServer());
    destroy(parameters.getExporterMasterSecret());
    TlsSession resumable = context.getSession();
    if (resumable != null) {
      resumable.invalidate();
    }
  }

  private static void destroy(@Nullable TlsSecret secret) {
    if (secret != null) {
      secret.destroy();
    }
  }

  @Override
  public void close() {
    if (keys != null) {
      keys.close();
      keys = null;
    }
  }
}
