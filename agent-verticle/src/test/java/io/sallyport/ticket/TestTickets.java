package io.sallyport.ticket;

import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.TrafficSecret;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Tickets of any contents.
final class TestTickets {
  static final TicketPolicy POLICY =
      new TicketPolicy(
          "web",
          TlsVersion.TLS_1_2,
          TlsVersion.TLS_1_3,
          List.of(0x1301, 0xC02B),
          List.of(29, 23),
          List.of("h2", "http/1.1"),
          true,
          "required",
          "ab12",
          Set.of("alice.example", "bob.example"));
  static final TicketBinding BINDING =
      TicketRules.of(POLICY, new byte[] {1}).bind("a.example", "h2");

  private TestTickets() {}

  /// A TLS 1.3 ticket of 1 hour.
  static SessionTicket plain(long nowMs) {
    return new SessionTicket(facts(nowMs, nowMs, 3600, null), secret(32));
  }

  static TicketFacts facts(
      long nowMs, long authenticatedMs, int lifetimeSeconds, @Nullable PeerCertificate peer) {
    return new TicketFacts(
        TlsVersion.TLS_1_3,
        0x1301,
        TrafficSecret.Hash.SHA256,
        authenticatedMs,
        nowMs,
        lifetimeSeconds,
        0x80000001,
        true,
        "a.example",
        "h2",
        peer,
        BINDING);
  }

  static SecretBytes secret(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) 0x5e);
    return SecretBytes.wiping(bytes);
  }

  static SessionTicket random(Random random, long nowMs) {
    TlsVersion version = random.nextBoolean() ? TlsVersion.TLS_1_2 : TlsVersion.TLS_1_3;
    TrafficSecret.Hash hash =
        random.nextBoolean() ? TrafficSecret.Hash.SHA256 : TrafficSecret.Hash.SHA384;
    TicketFacts facts =
        new TicketFacts(
            version,
            random.nextInt(0x10000),
            hash,
            nowMs - random.nextInt(86_400_000),
            nowMs,
            1 + random.nextInt(3600),
            random.nextInt(),
            true,
            random.nextBoolean() ? null : ascii(random, 1 + random.nextInt(253)),
            random.nextBoolean() ? null : "\u00e9".repeat(1 + random.nextInt(127)),
            random.nextBoolean() ? null : peer(random, nowMs),
            TicketBinding.ofDigest(bytes(random, TicketBinding.LENGTH)));
    return new SessionTicket(facts, SecretBytes.wiping(bytes(random, facts.secretLength())));
  }

  private static PeerCertificate peer(Random random, long nowMs) {
    byte[] der = bytes(random, 1 + random.nextInt(PeerCertificate.LENGTH_MAX));
    return new PeerCertificate(der, nowMs + random.nextLong(1L << 40));
  }

  private static String ascii(Random random, int length) {
    return random
        .ints(length, 'a', 'z' + 1)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
