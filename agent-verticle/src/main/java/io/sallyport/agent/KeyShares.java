package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.Group;
import java.io.EOFException;
import java.io.IOException;
import java.util.Collections;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.List;
import java.util.Set;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.KeyShareEntry;
import org.bouncycastle.tls.TlsExtensionsUtils;
import org.jspecify.annotations.Nullable;

/// For which groups a TLS 1.3 client sent a key share (RFC 9846 §4.3.8, 8446 §4.2.8).
///
/// @param groups numbers of the groups, known here or not
record KeyShares(Set<Integer> groups) {
  KeyShares {
    groups = Collections.unmodifiableSet(groups);
  }

  /// Reads the extension and holds each share of a known group against its length, which Bouncy
  /// Castle does not, or not as the peer's fault.
  ///
  /// @param extensions of a ClientHello, as Bouncy Castle gives them; null for none
  /// @throws IOException an alert: missing_extension, decode_error, or illegal_parameter
  @SuppressWarnings({"rawtypes", "unchecked"}) // Bouncy Castle's types are raw.
  static KeyShares of(@Nullable Hashtable extensions) throws IOException {
    List<KeyShareEntry> shares;
    try {
      shares = TlsExtensionsUtils.getKeyShareClientHello(extensions);
    } catch (EOFException _) {
      throw new Refusal(
          AlertDescription.decode_error,
          FailureReason.MALFORMED_MESSAGE,
          "client's key_share extension is cut short");
    }
    if (shares == null) {
      throw new Refusal(
          AlertDescription.missing_extension,
          FailureReason.MISSING_EXTENSION,
          "client sent no key_share extension");
    }
    Set<Integer> groups = new HashSet<>();
    for (KeyShareEntry share : shares) {
      if (!groups.add(share.getNamedGroup())) {
        throw new Refusal(
            AlertDescription.illegal_parameter,
            FailureReason.BAD_KEY_SHARE,
            "client sent two key shares for group " + share.getNamedGroup());
      }
      KeyExchangeGroup group = KeyExchangeGroup.of(share.getNamedGroup());
      if (group != null) {
        group.requireClientShare(share.getKeyExchange());
      }
    }
    return new KeyShares(groups);
  }

  /// The group to use with a client that supports `offered`, in its order: the hybrid one when
  /// there is a share for it, else the first for which there is a share. A HelloRetryRequest is
  /// only worth it when there is no share that fits; then the hybrid group is as cheap as any. Null
  /// when no allowed group is shared.
  @Nullable KeyExchangeGroup select(int[] offered, List<Group> allowed) {
    KeyExchangeGroup best = null;
    boolean bestHasShare = false;
    for (int number : offered) {
      KeyExchangeGroup group = KeyExchangeGroup.of(number);
      if (group == null || !allowed.contains(group.group())) {
        continue;
      }
      boolean hasShare = groups.contains(number);
      boolean isBetter =
          hasShare == bestHasShare ? group == KeyExchangeGroup.X25519_MLKEM768 : hasShare;
      if (best == null || isBetter) {
        best = group;
        bestHasShare = hasShare;
      }
    }
    return best;
  }
}
