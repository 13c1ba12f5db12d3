package io.sallyport.cluster;

import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.EntryListener;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.core.LifecycleEvent.LifecycleState;
import com.hazelcast.map.IMap;
import com.hazelcast.map.MapEvent;
import com.hazelcast.map.listener.EntryMergedListener;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The maps of Hazelcast that hold keyrings, and nothing of what their bytes mean.
///
/// Any member can write into them, so a value of another type counts as no bytes. Blocks on the
/// network; any thread but Hazelcast's own. Whatever goes wrong is a [KeyringException].
final class KeyringMaps {
  private static final String KEYRINGS = "sallyport.keyrings";
  private static final String KEYS = "sallyport.keys";
  private static final String SERIALS = "sallyport.serials";
  private static final String NEXT = "next";

  /// One more than the highest serial.
  private static final long SERIALS_END = 1L << 32;

  private static final int ATTEMPTS_MAX = 1000;

  /// As in a config. Any other is nobody's keyring, and would not be fit for a log line.
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private final HazelcastInstance hazelcast;
  private final IMap<Object, Object> keyrings;
  private final IMap<Object, Object> keys;
  private final IMap<Object, Object> serials;

  KeyringMaps(HazelcastInstance hazelcast) {
    this.hazelcast = hazelcast;
    keyrings = hazelcast.getMap(KEYRINGS);
    keys = hazelcast.getMap(KEYS);
    serials = hazelcast.getMap(SERIALS);
  }

  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /// Names of all keyrings, also of those that were removed.
  Set<String> names() {
    Set<String> names = new TreeSet<>();
    for (Object id : ask(keyrings::keySet)) {
      if (id instanceof String name && isName(name)) {
        names.add(name);
      }
    }
    return names;
  }

  /// The manifest of a keyring; null when there is none.
  byte @Nullable [] manifest(String name) {
    Object value = ask(() -> keyrings.get(name));
    return value == null ? null : bytes(value);
  }

  /// Stores a manifest, unless another one than `before` is there.
  ///
  /// @param before null: none
  /// @return whether it was stored; false also when the answer got lost with a member
  boolean putManifest(String name, byte @Nullable [] before, byte[] after) {
    return ask(() ->
        before == null
            ? keyrings.putIfAbsent(name, after) == null
            : keyrings.replace(name, before, after));
  }

  /// Those of these keys that are there.
  Map<String, byte[]> keys(Set<String> ids) {
    Map<String, byte[]> found = new HashMap<>();
    ask(() -> keys.getAll(new HashSet<>(ids)))
        .forEach((id, value) -> found.put((String) id, bytes(value)));
    return found;
  }

  /// Stores a key, unless one is there.
  boolean putKey(String id, byte[] sealed) {
    return ask(() -> keys.putIfAbsent(id, sealed) == null);
  }

  void deleteKeys(Iterable<String> ids) {
    ask(() -> {
      ids.forEach(keys::delete);
      return true;
    });
  }

  private static byte[] bytes(Object value) {
    return value instanceof byte[] bytes ? bytes : new byte[0];
  }

  /// Takes `count` serials that nobody has.
  ///
  /// @param floor the lowest that may come, should the counter be lost
  /// @return the first of them
  long takeSerials(int count, long floor) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      Object before = ask(() -> serials.get(NEXT));
      long first = Math.max(before instanceof Long next ? next : 1, floor);
      if (first + count > SERIALS_END) {
        throw new KeyringException(
            "found serial "
                + first
                + " next, expected one below "
                + SERIALS_END
                + ": the cluster has used up its serials");
      }
      Long after = first + count;
      boolean isTaken =
          ask(() ->
              before == null
                  ? serials.putIfAbsent(NEXT, after) == null
                  : serials.replace(NEXT, before, after));
      if (isTaken) {
        return first;
      }
    }
    throw new KeyringException(
        "found the counter of serials changed "
            + ATTEMPTS_MAX
            + " times meanwhile, expected a rest");
  }

  /// Has `changed` called with the name of every keyring whose manifest changes, on a thread of
  /// Hazelcast, which must not be held up. An event may get lost with a member.
  UUID listen(Consumer<String> changed) {
    return ask(() -> keyrings.addEntryListener(new Changes(changed), false));
  }

  void stopListening(UUID listener) {
    ask(() -> keyrings.removeEntryListener(listener));
  }

  /// Has `merged` called when this member was part of a smaller part of the cluster and now has
  /// what the larger one has, all of which may be new. On a thread of Hazelcast, as above.
  UUID listenToMerges(Runnable merged) {
    return ask(() ->
        hazelcast
            .getLifecycleService()
            .addLifecycleListener(event -> {
              if (event.getState() == LifecycleState.MERGED) {
                merged.run();
              }
            }));
  }

  void stopListeningToMerges(UUID listener) {
    ask(() -> hazelcast.getLifecycleService().removeLifecycleListener(listener));
  }

  private static <T> T ask(Supplier<T> question) {
    try {
      return question.get();
    } catch (SplitBrainProtectionException e) {
      throw new KeyringException(
          "found fewer members than the quorum, expected more: keys change when they are back", e);
    } catch (HazelcastException | HazelcastInstanceNotActiveException e) {
      throw new KeyringException(
          "found no answer from the cluster (" + e.getClass().getSimpleName() + "), expected one",
          e);
    }
  }

  /// @param changed is told names alone
  private record Changes(Consumer<String> changed)
      implements EntryListener<Object, Object>, EntryMergedListener<Object, Object> {
    private void tell(EntryEvent<Object, Object> event) {
      if (event.getKey() instanceof String name && isName(name)) {
        changed.accept(name);
      }
    }

    @Override
    public void entryAdded(EntryEvent<Object, Object> event) {
      tell(event);
    }

    @Override
    public void entryUpdated(EntryEvent<Object, Object> event) {
      tell(event);
    }

    @Override
    public void entryRemoved(EntryEvent<Object, Object> event) {
      tell(event);
    }

    @Override
    public void entryEvicted(EntryEvent<Object, Object> event) {
      tell(event);
    }

    @Override
    public void entryExpired(EntryEvent<Object, Object> event) {
      tell(event);
    }

    @Override
    public void entryMerged(EntryEvent<Object, Object> event) {
      tell(event);
    }

    // Keyrings that are gone without a manifest that says so stay in service.
    @Override
    public void mapCleared(MapEvent event) {}

    @Override
    public void mapEvicted(MapEvent event) {}
  }
}
