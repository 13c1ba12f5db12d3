package io.sallyport.keyring;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PeerTableTest {
  private final AtomicInteger next = new AtomicInteger();
  private final PeerTable table = new PeerTable(2, () -> new KeySerial(next.incrementAndGet()));

  private static PeerIdentity peer(String digest, String name) {
    return new PeerIdentity("CN=peer", List.of(name), digest, Instant.EPOCH);
  }

  @Test
  void oneCertificateHasOneSerial() {
    KeySerial first = table.add(peer("aa", "a.example"));
    assertThat(table.add(peer("aa", "a.example"))).isEqualTo(first);
    assertThat(table.find(first)).contains(peer("aa", "a.example"));
  }

  @Test
  void aFalseClaimAboutACertificateChangesNothingForOthers() {
    KeySerial claimed = table.add(peer("aa", "admin.example"));
    KeySerial verified = table.add(peer("aa", "guest.example"));
    assertThat(table.find(verified)).contains(peer("aa", "guest.example"));
    assertThat(table.find(claimed)).contains(peer("aa", "admin.example"));
  }

  @Test
  void theOneThatWasSeenLongestAgoIsForgottenFirst() {
    KeySerial first = table.add(peer("aa", "a.example"));
    KeySerial second = table.add(peer("bb", "b.example"));
    table.add(peer("aa", "a.example"));
    KeySerial third = table.add(peer("cc", "c.example"));
    assertThat(table.find(second)).isEmpty();
    assertThat(table.find(first)).isPresent();
    assertThat(table.find(third)).isPresent();
    assertThat(table.add(peer("bb", "b.example"))).isNotEqualTo(second);
  }
}
