package io.sallyport.cluster;

import io.sallyport.envelope.Opening;
import io.sallyport.keyring.KeyringManifest;
import java.util.List;

/// A keyring of the cluster, as a member sees it.
public sealed interface ListedKeyring {
  /// This member can open it.
  ///
  /// @param keyIds ids of the key-encryption keys that its data key is wrapped under
  record Opened(KeyringManifest manifest, List<String> keyIds) implements ListedKeyring {
    public Opened {
      keyIds = List.copyOf(keyIds);
    }
  }

  /// This member cannot.
  ///
  /// @param name under which it is stored; nobody vouches for it
  /// @param keyIds as stored; empty when that cannot be read
  record Closed(String name, List<String> keyIds, Opening.Reason reason) implements ListedKeyring {
    public Closed {
      keyIds = List.copyOf(keyIds);
    }
  }
}
