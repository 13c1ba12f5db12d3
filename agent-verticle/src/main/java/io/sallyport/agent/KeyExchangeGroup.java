package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.Group;
import java.util.List;
import org.bouncycastle.tls.AlertDescription;
import org.jspecify.annotations.Nullable;

/// The groups for the key exchange that are spoken here, most preferred first, and the lengths of
/// their key shares in bytes.
enum KeyExchangeGroup {
  /// ML-KEM-768 first, in the shares and in the secret, X25519 behind it
  /// (draft-ietf-tls-ecdhe-mlkem §3).
  X25519_MLKEM768(
      Group.X25519MLKEM768, MlKem768.PUBLIC_KEY_LENGTH + 32, MlKem768.CIPHERTEXT_LENGTH + 32),
  X25519(Group.X25519, 32, 32),
  P256(Group.P256, 65, 65),
  P384(Group.P384, 97, 97),
  P521(Group.P521, 133, 133);

  private static final List<KeyExchangeGroup> ALL = List.of(values());

  private final Group group;
  private final int clientShareLength;
  private final int serverShareLength;

  KeyExchangeGroup(Group group, int clientShareLength, int serverShareLength) {
    this.group = group;
    this.clientShareLength = clientShareLength;
    this.serverShareLength = serverShareLength;
  }

  /// The group with this number in TLS; null when it is not spoken here.
  static @Nullable KeyExchangeGroup of(int number) {
    for (KeyExchangeGroup group : ALL) {
      if (group.number() == number) {
        return group;
      }
    }
    return null;
  }

  /// Its name in a policy.
  Group group() {
    return group;
  }

  int number() {
    return group.number();
  }

  /// Whether an agreement takes about as much as the two changes of thread that it would save to do
  /// it at once: X25519 and P-256 take 30 to 50 microseconds, P-384 more than ten times that.
  boolean isLight() {
    return this == X25519 || this == P256;
  }

  /// @throws Refusal with illegal_parameter when a client's share cannot be one of this group
  void requireClientShare(byte[] share) throws Refusal {
    requireLength(share, clientShareLength);
  }

  /// @throws Refusal with illegal_parameter when a server's share cannot be one of this group
  void requireServerShare(byte[] share) throws Refusal {
    requireLength(share, serverShareLength);
  }

  private void requireLength(byte[] share, int length) throws Refusal {
    if (share.length != length) {
      throw new Refusal(
          AlertDescription.illegal_parameter,
          FailureReason.BAD_KEY_SHARE,
          "peer's key share for " + group + " has " + share.length + " bytes, not " + length);
    }
  }
}
