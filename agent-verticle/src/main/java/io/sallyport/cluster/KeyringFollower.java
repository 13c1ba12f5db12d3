package io.sallyport.cluster;

import io.sallyport.envelope.KeyEncryptionKeys;
import io.sallyport.envelope.Opening;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringManifest;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Follows the manifests of a cluster, and puts in service what can be opened.
///
/// All of it happens on one thread, which is the caller's to end. Events say what to look at;
/// everything is looked at when parts of the cluster have merged, and every ten seconds, for the
/// events that got lost. The newest manifest of each name is remembered, so that nothing older is
/// taken again. Other methods: any thread.
final class KeyringFollower {
  /// Names of keyrings, those that were removed included; further ones are refused.
  static final int KEYRINGS_MAX = 4096;

  private static final Logger LOG = System.getLogger(KeyringFollower.class.getName());
  private static final long LOOK_SECONDS = 10;
  private static final long WAIT_SECONDS = 30;
  private static final int ATTEMPTS_MAX = 16;

  /// The newest manifest of a keyring that was found good.
  private static final class Accepted {
    private final KeyringManifest manifest;

    /// Its record; nobody writes into it.
    private final byte[] stored;

    Accepted(KeyringManifest manifest, byte[] stored) {
      this.manifest = manifest;
      this.stored = stored;
    }

    boolean isPresent() {
      return manifest.state() == KeyringManifest.State.PRESENT;
    }
  }

  private final KeyringMaps maps;
  private final KeyEncryptionKeys keys;
  private final ServedKeyrings served;
  private final SerialBlocks serials;
  private final ScheduledExecutorService thread;

  /// Written by the thread alone. Nothing is ever removed, so that nothing older comes back.
  private final ConcurrentMap<String, Accepted> accepted = new ConcurrentHashMap<>();

  /// Why a keyring was refused last, so that it is logged once. Used by the thread alone.
  private final Map<String, String> refused = new HashMap<>();

  /// Keyrings that are about to be looked at.
  private final Set<String> pending = ConcurrentHashMap.newKeySet();

  private @Nullable UUID listener;
  private @Nullable UUID mergeListener;

  /// @param keys at least one
  /// @param serials is told of those that are in use
  KeyringFollower(
      KeyringMaps maps,
      KeyEncryptionKeys keys,
      ServedKeyrings served,
      SerialBlocks serials,
      ScheduledExecutorService thread) {
    this.maps = maps;
    this.keys = keys;
    this.served = served;
    this.serials = serials;
    this.thread = thread;
  }

  /// Returns when everything was looked at once. Called once, before [#stop()].
  ///
  /// @throws KeyringException when the cluster does not answer
  void start() {
    listener = maps.listen(this::changed);
    mergeListener = maps.listenToMerges(this::merged);
    await(CompletableFuture.runAsync(this::lookAtAll, thread));
    var _ =
        thread.scheduleWithFixedDelay(
            this::lookAgain, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
  }

  /// Hears of no more changes.
  void stop() {
    UUID listening = listener;
    UUID merges = mergeListener;
    listener = null;
    mergeListener = null;
    try {
      if (merges != null) {
        maps.stopListeningToMerges(merges);
      }
      if (listening != null) {
        maps.stopListening(listening);
      }
    } catch (KeyringException e) {
      LOG.log(Level.DEBUG, "a stopped cluster needs no listener removed", e);
    }
  }

  /// The manifest that is in service; empty when there is none.
  Optional<KeyringManifest> manifest(String name) {
    return Optional.ofNullable(accepted.get(name))
        .filter(Accepted::isPresent)
        .map(newest -> newest.manifest);
  }

  /// The manifests of all keyrings that are in service.
  List<KeyringManifest> manifests() {
    return accepted.values().stream()
        .filter(Accepted::isPresent)
        .map(newest -> newest.manifest)
        .toList();
  }

  /// Whether this is an older manifest than one that was seen, or another one of the same version.
  boolean isOutdated(OpenManifest open, byte[] stored) {
    Accepted newest = accepted.get(open.manifest().name());
    return newest != null
        && (open.manifest().version() < newest.manifest.version()
            || (open.manifest().version() == newest.manifest.version()
                && !Arrays.equals(stored, newest.stored)));
  }

  /// The version that a keyring of this name must have to count as newer; 1 when none was seen.
  long nextVersion(String name) {
    Accepted newest = accepted.get(name);
    return newest == null ? 1 : newest.manifest.version() + 1;
  }

  /// Looks at a keyring that was changed here, and returns when that is in service.
  ///
  /// @throws KeyringException when that takes more than 30 seconds, or the thread has ended
  void follow(String name) {
    try {
      await(CompletableFuture.runAsync(() -> lookAt(name), thread));
    } catch (RejectedExecutionException _) {
      throw new KeyringException("found a closed keyring store, expected an open one");
    }
  }

  private static void await(CompletableFuture<?> future) {
    try {
      future.get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KeyringException known
          ? known
          : new KeyringException("keyrings of the cluster cannot be read", e);
    } catch (TimeoutException e) {
      throw new KeyringException(
          "found keyrings not read after " + WAIT_SECONDS + " s, expected them sooner", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KeyringException("interrupted while keyrings of the cluster are read", e);
    }
  }

  /// Has a keyring looked at soon. Does not wait: Hazelcast's threads call it, too.
  void changed(String name) {
    // What does not fit is found by the next look at everything.
    if (pending.size() >= KEYRINGS_MAX || !pending.add(name)) {
      return;
    }
    try {
      thread.execute(() -> {
        pending.remove(name);
        guard(() -> lookAt(name));
      });
    } catch (RejectedExecutionException _) {
      pending.remove(name); // the thread has ended
    }
  }

  private void merged() {
    try {
      thread.execute(this::lookAgain);
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "a closed store looks at nothing any more", e);
    }
  }

  private void lookAgain() {
    guard(this::lookAtAll);
  }

  private void guard(Runnable look) {
    try {
      look.run();
    } catch (RuntimeException e) {
      if (!thread.isShutdown()) {
        LOG.log(Level.WARNING, "keyrings of the cluster cannot be read: {0}", e.getMessage());
      }
    }
  }

  private void lookAtAll() {
    Set<String> names = new HashSet<>(accepted.keySet());
    names.addAll(maps.names());
    names.forEach(this::lookAt);
  }

  private void lookAt(String name) {
    String fault = "found a manifest that changes all the time, expected a rest";
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      byte[] stored = maps.manifest(name);
      if (stored == null) {
        reportGone(name);
        return;
      }
      String found = isInService(name, stored) ? null : load(name, stored);
      if (found == null) {
        refused.remove(name);
        return;
      }
      // A key may be gone because the manifest was replaced meanwhile.
      if (Arrays.equals(stored, maps.manifest(name))) {
        fault = found;
        break;
      }
    }
    refuse(name, fault);
  }

  private boolean isInService(String name, byte[] stored) {
    Accepted newest = accepted.get(name);
    return newest != null
        && Arrays.equals(stored, newest.stored)
        && served.isSettled(name, newest.isPresent());
  }

  private void reportGone(String name) {
    if (manifest(name).isPresent()) {
      refuse(name, "found no manifest, expected one, if only to say that it was removed");
    }
  }

  /// Says so once. Anyone can make up names, so there is an end to them.
  private void refuse(String name, String fault) {
    if (fault.equals(refused.get(name))
        || (refused.size() >= KEYRINGS_MAX && !refused.containsKey(name))) {
      return;
    }
    refused.put(name, fault);
    String rest =
        manifest(name)
            .map(manifest -> "version " + manifest.version() + " stays in service")
            .orElse("it is not in service here");
    LOG.log(Level.WARNING, "keyring {0}: {1}; {2}", name, fault, rest);
  }

  /// Puts a manifest and its keys in service; if that cannot be done, what is wrong with it.
  private @Nullable String load(String name, byte[] stored) {
    return switch (OpenManifest.open(name, stored, keys)) {
      case Opening.Refused<OpenManifest>(Opening.Reason reason) ->
          "found a manifest "
              + reason
              + ", expected "
              + (reason == Opening.Reason.UNKNOWN_KEY
                  ? "one of " + keys.ids()
                  : "what a member stored");
      case Opening.Opened<OpenManifest>(OpenManifest open) -> {
        try (open) {
          yield load(open, stored);
        }
      }
    };
  }

  private @Nullable String load(OpenManifest open, byte[] stored) {
    KeyringManifest manifest = open.manifest();
    if (isOutdated(open, stored)) {
      return "found a manifest of version "
          + manifest.version()
          + ", expected version "
          + nextVersion(manifest.name())
          + " or later";
    }
    if (!accepted.containsKey(manifest.name()) && accepted.size() >= KEYRINGS_MAX) {
      return "found one more keyring, expected at most " + KEYRINGS_MAX;
    }
    return switch (manifest.state()) {
      case REMOVED -> {
        accept(manifest, stored, null);
        yield null;
      }
      case PRESENT ->
          switch (KeyringOpening.open(open, maps)) {
            case KeyringOpening.Opened(Keyring keyring) -> {
              accept(manifest, stored, keyring);
              yield null;
            }
            case KeyringOpening.Refused(String fault) -> fault;
          };
    };
  }

  /// @param keyring null: it was removed
  private void accept(KeyringManifest manifest, byte[] stored, @Nullable Keyring keyring) {
    for (KeyringManifest.Entry entry : manifest.entries()) {
      serials.skip(entry.serial());
      serials.skip(entry.privateKey());
    }
    accepted.put(manifest.name(), new Accepted(manifest, stored));
    served.exchange(manifest.name(), keyring);
    LOG.log(
        Level.INFO,
        "keyring {0}: version {1} is {2}, {3} keys",
        manifest.name(),
        Long.toString(manifest.version()),
        keyring == null ? "its removal" : "in service",
        manifest.entries().size());
  }
}
