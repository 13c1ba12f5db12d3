package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.PreSharedKey;
import io.sallyport.ktls.SecretBytes;
import java.util.List;
import java.util.Vector;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.PRFAlgorithm;
import org.bouncycastle.tls.PskIdentity;
import org.bouncycastle.tls.TlsPSKExternal;
import org.bouncycastle.tls.TlsPSKIdentity;
import org.bouncycastle.tls.TlsPSKIdentityManager;
import org.bouncycastle.tls.crypto.TlsSecret;
import org.jspecify.annotations.Nullable;

/// The pre-shared keys that a server lets a client prove, and the one that it chose. Confined to
/// one handshake.
final class PskSelection implements TlsPSKIdentityManager {
  private static final byte[] NO_HINT = new byte[0];

  private final Keyring keyring;
  private final List<KeySerial> allowed;
  private @Nullable PreSharedKey chosen;

  /// @param allowed serials; empty: every pre-shared key of the keyring
  PskSelection(Keyring keyring, List<KeySerial> allowed) {
    this.keyring = keyring;
    this.allowed = allowed;
  }

  /// A ClientHello came: what an earlier one proved does not count for it. Bouncy Castle does not
  /// compare the two, and does not ask again when the second has no key to prove.
  void forget() {
    chosen = null;
  }

  /// The key that was chosen.
  ///
  /// @throws Refusal when the client knows none that is allowed (RFC 9846 §6.2)
  PreSharedKey requireChosen() throws Refusal {
    if (chosen == null) {
      throw new Refusal(
          AlertDescription.unknown_psk_identity,
          FailureReason.UNKNOWN_PSK_IDENTITY,
          "client offers no pre-shared key of keyring " + keyring.name());
    }
    return chosen;
  }

  /// TLS 1.3: chooses among what the client offers, in its order.
  @Nullable TlsPSKExternal choose(Vector<PskIdentity> offered, JdkTlsCrypto crypto) {
    for (int i = 0; i < offered.size(); i++) {
      byte[] identity = offered.get(i).getIdentity();
      PreSharedKey known = known(identity);
      if (known != null) {
        chosen = known;
        // The age of such a key is ignored (RFC 9846 §4.3.11, 8446 §4.2.11), but Bouncy Castle
        // finds again only what has none.
        offered.set(i, new PskIdentity(identity, 0));
        return external(known, crypto);
      }
    }
    return null;
  }

  /// A key in the form that TLS 1.3 proves it in: one made for another place goes with SHA-256 (RFC
  /// 9846 §4.3.11).
  static TlsPSKExternal external(PreSharedKey key, JdkTlsCrypto crypto) {
    TlsSecret secret = crypto.hold(new JdkTlsSecret(crypto, revealed(key)));
    return new BasicTlsPSKExternal(key.identityBytes(), secret, PRFAlgorithm.tls13_hkdf_sha256);
  }

  /// A key in the form that TLS 1.2 proves it in.
  static TlsPSKIdentity identityTls12(PreSharedKey key) {
    return new TlsPSKIdentity() {
      @Override
      public void skipIdentityHint() {}

      @Override
      public void notifyIdentityHint(byte[] hint) {}

      @Override
      public byte[] getPSKIdentity() {
        return key.identityBytes();
      }

      // Bouncy Castle wipes it.
      @Override
      public byte[] getPSK() {
        return revealed(key);
      }
    };
  }

  /// The secret on the heap, for as long as Bouncy Castle needs it.
  static byte[] revealed(PreSharedKey key) {
    try (SecretBytes secret = key.secret()) {
      byte[] bytes = new byte[secret.length()];
      secret.reveal().getBytes(0, bytes);
      return bytes;
    }
  }

  private @Nullable PreSharedKey known(byte[] identity) {
    return keyring
        .psk(identity)
        .filter(key -> allowed.isEmpty() || allowed.contains(key.serial()))
        .orElse(null);
  }

  /// TLS 1.2: none is given, so that a client cannot ask which keys there are.
  @Override
  public byte[] getHint() {
    return NO_HINT;
  }

  /// TLS 1.2: the secret of the identity that the client sent.
  @Override
  public byte @Nullable [] getPSK(byte[] identity) {
    chosen = known(identity);
    return chosen == null ? null : revealed(chosen);
  }
}
