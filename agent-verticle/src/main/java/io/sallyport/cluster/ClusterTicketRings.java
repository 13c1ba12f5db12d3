package io.sallyport.cluster;

import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.map.IMap;
import io.sallyport.envelope.DataKey;
import io.sallyport.envelope.KeyEncryptionKeys;
import io.sallyport.envelope.Opening;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ticket.TicketRing;
import io.sallyport.ticket.TicketRings;
import io.sallyport.ticket.TicketTimes;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The ticket keys that members share, in map `sallyport.tickets`: a ring for each keyring and
/// lifetime of tickets, sealed under the keyring's data key for exactly that place.
///
/// Whoever asks for a ring that is due turns it, and stores the new one if the old one is still
/// there: of several members one does it, and the others take what it made. Without a quorum no
/// ring turns, and the one that is there is used for as long as its keys last. A ring that does not
/// open, because somebody changed it or because the data key was replaced, is replaced by a new
/// one: sessions under the old one get full handshakes.
///
/// Any thread but Hazelcast's own. Blocks on the network.
public final class ClusterTicketRings implements TicketRings {
  private static final Logger LOG = System.getLogger("sallyport.cluster");
  private static final String LABEL = "sallyport ticket ring 1";
  private static final int ATTEMPTS_MAX = 8;

  private final KeyringMaps maps;
  private final KeyEncryptionKeys keys;
  private final IMap<Object, Object> rings;
  private final InstantSource clock;
  private final SecureRandom random;

  /// @param membership joined, and left later than this is used
  /// @param keys of this member; stay the caller's
  public ClusterTicketRings(
      Membership membership, KeyEncryptionKeys keys, InstantSource clock, SecureRandom random) {
    this(membership.hazelcast(), keys, clock, random);
  }

  ClusterTicketRings(
      HazelcastInstance hazelcast,
      KeyEncryptionKeys keys,
      InstantSource clock,
      SecureRandom random) {
    maps = new KeyringMaps(hazelcast);
    this.keys = keys;
    rings = hazelcast.getMap("sallyport.tickets");
    this.clock = clock;
    this.random = random;
  }

  @Override
  public Found ring(String keyring, TicketTimes times) {
    try {
      byte[] stored = maps.manifest(keyring);
      if (stored == null) {
        return new Found.Denied();
      }
      return switch (OpenManifest.open(keyring, stored, keys)) {
        case Opening.Refused<OpenManifest> _ -> new Found.Denied();
        case Opening.Opened<OpenManifest>(OpenManifest open) -> {
          try (open) {
            yield ring(new Place(keyring, times), open.dataKey());
          }
        }
      };
    } catch (KeyringException | HazelcastException | HazelcastInstanceNotActiveException e) {
      LOG.log(Level.DEBUG, "ticket keys of keyring " + keyring + " cannot be read", e);
      return new Found.Unknown();
    }
  }

  private record Place(String keyring, TicketTimes times) {
    String id() {
      return keyring + "/" + times.lifetime().toSeconds();
    }

    byte[] additionalData() {
      byte[] label = LABEL.getBytes(StandardCharsets.US_ASCII);
      byte[] name = keyring.getBytes(StandardCharsets.UTF_8);
      return ByteBuffer.allocate(label.length + name.length + 2 * Long.BYTES)
          .put(label)
          .put(name)
          .putLong(times.sealing().toSeconds())
          .putLong(times.lifetime().toSeconds())
          .array();
    }
  }

  private Found ring(Place place, DataKey dataKey) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      byte[] stored = rings.get(place.id()) instanceof byte[] bytes ? bytes : null;
      TicketRing current = stored == null ? null : open(place, dataKey, stored).orElse(null);
      if (stored != null && current == null) {
        LOG.log(
            Level.WARNING,
            "keyring {0}: found ticket keys that its data key does not open, expected what a member"
                + " stored; new ones take their place",
            place.keyring());
      }
      long now = clock.millis();
      if (current != null && !current.isDue(now)) {
        return new Found.Ring(current);
      }
      TicketRing next =
          current == null
              ? TicketRing.begin(place.times(), now, random)
              : current.turn(place.times(), now, random);
      Found found = exchange(place, dataKey, stored, current, next);
      if (found instanceof Found.Ring) {
        return found;
      }
    }
    return new Found.Unknown();
  }

  private static Optional<TicketRing> open(Place place, DataKey dataKey, byte[] stored) {
    return switch (dataKey.open(place.additionalData(), stored)) {
      case Opening.Refused<SecretBytes> _ -> Optional.empty();
      case Opening.Opened<SecretBytes>(SecretBytes form) -> {
        try (form) {
          yield TicketRing.read(form);
        }
      }
    };
  }

  /// The ring that is in the cluster after that, if it is known.
  ///
  /// @param before what is stored; null: nothing
  /// @param current the same, opened; null when it does not open
  private Found exchange(
      Place place,
      DataKey dataKey,
      byte @Nullable [] before,
      @Nullable TicketRing current,
      TicketRing next) {
    try (SecretBytes form = next.form()) {
      byte[] sealed = dataKey.seal(place.additionalData(), form);
      boolean stored =
          before == null
              ? rings.putIfAbsent(place.id(), sealed) == null
              : rings.replace(place.id(), before, sealed);
      if (stored) {
        close(current);
        return new Found.Ring(next);
      }
      // Another member was first.
      close(current);
      next.close();
      return new Found.Unknown();
    } catch (HazelcastException e) {
      // No quorum: nobody turns the ring, and its keys last for a while.
      next.close();
      if (current != null) {
        return new Found.Ring(current);
      }
      throw e;
    }
  }

  private static void close(@Nullable TicketRing ring) {
    if (ring != null) {
      ring.close();
    }
  }
}
