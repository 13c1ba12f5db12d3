package io.sallyport.link;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.ConfigError;
import io.sallyport.config.FilePath;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.StaplingConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.Group;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeyringLoader;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.ktls.TlsVersion;
import java.time.Duration;
import java.util.List;

/// The keys of the links themselves: this member's certificate, and the cluster's authority. In a
/// store of its own, so that nothing of the cluster can take its place.
public final class LinkKeyring {
  /// Its name in that store.
  static final String NAME = "link";

  private LinkKeyring() {}

  /// Loads the files into `store`; answers with all that is wrong with them, empty when they are
  /// right. Blocks on the file system.
  public static List<ConfigError> load(
      FilePath chain, FilePath key, FilePath ca, KeyringStore store) {
    TrustConfig anchors = new TrustConfig.Anchors(ca, List.of());
    KeyringConfig config =
        new KeyringConfig(
            NAME,
            List.of(new CertificateConfig(chain, key, new StaplingConfig.Off())),
            anchors,
            anchors,
            List.of());
    return switch (KeyringLoader.load(config, store)) {
      case KeyringLoader.Loaded(var keyring, _) -> {
        store.put(keyring);
        yield List.of();
      }
      case KeyringLoader.Rejected(var errors) -> errors;
    };
  }

  /// TLS 1.3 and nothing that outlives a session.
  static TlsPolicy policy(ClientAuth auth) {
    return new TlsPolicy(
        TlsVersion.TLS_1_3,
        TlsVersion.TLS_1_3,
        List.of(),
        List.of(Group.X25519MLKEM768, Group.X25519, Group.P256),
        auth,
        false,
        Duration.ZERO);
  }
}
