package io.sallyport.proxy;

import io.sallyport.cluster.ClusterKeyringStore;
import io.sallyport.cluster.ImportResult;
import io.sallyport.cluster.KeyringException;
import io.sallyport.cluster.KeyringOperations;
import io.sallyport.config.ConfigError;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.KeyringSharingConfig;
import io.sallyport.config.ProxyConfig;
import io.sallyport.keyring.KeyringLoader;
import io.sallyport.keyring.KeyringSharing;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.LocalKeyringStore;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Brings the keyrings of a member's config into the cluster, when the member starts. Where there
/// are too few members to change keys, it tries again every second until there are enough.
///
/// A member that has no key-encryption key keeps the keyrings of its config to itself.
final class KeyringImport {
  private static final System.Logger LOG = System.getLogger("sallyport.cluster");
  private static final int RETRY_SECONDS = 1;

  private final ClusterKeyringStore store;
  private final boolean isEdge;
  private final KeyringOperations operations;
  private final List<KeyringConfig> left;
  private final KeyringStore ownSerials = new LocalKeyringStore();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("keyring-import").factory());

  /// Why it did not work last, so that it is logged once. Used by one thread at a time.
  private String lastFailure = "";

  KeyringImport(ProxyConfig config, ClusterKeyringStore store, boolean isEdge) {
    this.store = store;
    this.isEdge = isEdge;
    operations = new KeyringOperations(store, new SecureRandom(), InstantSource.system());
    left = new ArrayList<>(config.keyrings());
  }

  /// Tries all once, and goes on with the rest in the background. Blocks.
  void start() {
    tryAll();
    if (left.isEmpty()) {
      thread.shutdown();
    } else {
      var _ =
          thread.scheduleWithFixedDelay(
              this::tryAll, RETRY_SECONDS, RETRY_SECONDS, TimeUnit.SECONDS);
    }
  }

  void stop() {
    thread.shutdownNow();
  }

  private void tryAll() {
    try {
      left.removeIf(keyring -> isEdge ? keep(keyring) : bringIn(keyring));
      if (left.isEmpty()) {
        thread.shutdown();
      }
    } catch (KeyringException e) {
      String failure = String.valueOf(e.getMessage());
      if (!failure.equals(lastFailure)) {
        lastFailure = failure;
        LOG.log(
            Level.WARNING,
            "keyrings of the config are not in the cluster yet, and are tried again: {0}",
            failure);
      }
    }
  }

  /// With serials of this member's own: it does not have to wait for a cluster that it asks
  /// nothing.
  private boolean keep(KeyringConfig keyring) {
    switch (KeyringLoader.load(keyring, ownSerials)) {
      case KeyringLoader.Loaded(var loaded, var warnings) -> {
        store.put(loaded);
        warnings.forEach(KeyringImport::warn);
      }
      case KeyringLoader.Rejected(var errors) -> errors.forEach(KeyringImport::warn);
    }
    return true;
  }

  private boolean bringIn(KeyringConfig keyring) {
    switch (operations.importConfig(keyring, sharing(keyring.sharing()))) {
      case ImportResult.Imported(var warnings) -> {
        LOG.log(Level.INFO, "keyring {0} of the config is in the cluster", keyring.name());
        warnings.forEach(KeyringImport::warn);
      }
      case ImportResult.Unchanged(var warnings) -> warnings.forEach(KeyringImport::warn);
      case ImportResult.Rejected(var errors) -> errors.forEach(KeyringImport::warn);
    }
    return true;
  }

  private static void warn(ConfigError error) {
    LOG.log(Level.WARNING, error.message());
  }

  private static KeyringSharing sharing(KeyringSharingConfig sharing) {
    return new KeyringSharing(
        switch (sharing.mode()) {
          case SIGN -> KeyringSharing.Mode.SIGN;
          case RELAY -> KeyringSharing.Mode.RELAY;
        },
        switch (sharing.tickets()) {
          case SHARED -> KeyringSharing.Tickets.SHARED;
          case SEALED -> KeyringSharing.Tickets.SEALED;
        },
        sharing.grants());
  }
}
