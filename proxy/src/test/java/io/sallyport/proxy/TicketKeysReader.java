package io.sallyport.proxy;

import io.sallyport.cluster.ClusterTicketRings;
import io.sallyport.cluster.Membership;
import io.sallyport.config.ClusterConfig;
import io.sallyport.config.ConfigLoader;
import io.sallyport.envelope.KeyEncryptionKeys;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ticket.TicketRing;
import io.sallyport.ticket.TicketRings;
import io.sallyport.ticket.TicketTimes;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// A member of a cluster, in this process, that reads its ring of ticket keys as a holder does, and
/// makes it when there is none.
final class TicketKeysReader implements AutoCloseable {
  /// As listeners have it unless told otherwise.
  private static final TicketTimes TIMES = TicketTimes.lasting(Duration.ofHours(12));

  /// In the form of a ring.
  private static final int HEADER_LENGTH = 2;

  private static final int NAME_LENGTH = 16;
  private static final int KEY_LENGTH = 32;
  private static final int TIMES_LENGTH = 16;

  /// A ticket key.
  ///
  /// @param name of 16 bytes, with which its tickets begin
  record Named(String name, SecretBytes key) {}

  private final Membership membership;
  private final KeyEncryptionKeys keys;
  private final ClusterTicketRings rings;

  private TicketKeysReader(
      Membership membership, KeyEncryptionKeys keys, ClusterTicketRings rings) {
    this.membership = membership;
    this.keys = keys;
    this.rings = rings;
  }

  static TicketKeysReader join(Path config, InstantSource clock) throws Exception {
    ConfigLoader.Loaded loaded = (ConfigLoader.Loaded) ConfigLoader.load(config);
    ClusterConfig.Member cluster = (ClusterConfig.Member) loaded.config().cluster();
    KeyEncryptionKeys keys = ((EncryptionKeys.Loaded) EncryptionKeys.load(cluster)).keys();
    Membership membership = Membership.join(cluster, loaded.config().node().name());
    return new TicketKeysReader(
        membership, keys, new ClusterTicketRings(membership, keys, clock, new SecureRandom()));
  }

  /// The keys of keyring `web`, newest first: the next one and the current one at least. The caller
  /// closes them.
  List<Named> read() {
    TicketRings.Found found = rings.ring("web", TIMES);
    if (!(found instanceof TicketRings.Found.Ring(TicketRing ring))) {
      throw new AssertionError("no ring: " + found);
    }
    List<Named> keys = new ArrayList<>();
    try (ring;
        SecretBytes form = ring.form()) {
      int at = HEADER_LENGTH;
      while (at < form.length()) {
        byte[] name = new byte[NAME_LENGTH];
        form.reveal().getBytes(at, name);
        keys.add(
            new Named(HexFormat.of().formatHex(name), form.copy(at + NAME_LENGTH, KEY_LENGTH)));
        at += NAME_LENGTH + KEY_LENGTH + TIMES_LENGTH;
      }
    }
    return keys;
  }

  @Override
  public void close() {
    membership.leave();
    keys.close();
  }
}
