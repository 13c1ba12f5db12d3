package io.sallyport.ktls;

import static io.sallyport.testing.ReferenceRecords.concat;

import io.sallyport.testing.ReferenceRecords;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// What one peer seals: records of all kinds, the last of them perhaps one that no peer may send.
///
/// Made with the JDK's ciphers and the RFCs. Knows what a socket makes of it, mutated or not.
final class PeerStream {
  private static final byte[] NOTHING = {};
  private static final byte[] TICKET = {4, 0, 0, 3, 7, 7, 7};
  private static final int HEADER = 5;
  private static final int TAG = 16;

  /// One record.
  ///
  /// @param end where it ends on the wire
  /// @param type what the consumer gets of it
  /// @param content its bytes; null when the consumer gets nothing
  /// @param rekeys whether the record behind it has the next key
  /// @param refused what a socket answers in its place, and for ever; null when it may be sent
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Sealed(
      int end, int type, byte @Nullable [] content, boolean rekeys, @Nullable KtlsErrno refused) {}

  /// What a socket makes of bytes.
  ///
  /// @param records so many of the stream are received, and no more
  /// @param errno the error behind them, null when there is none
  /// @param sticky whether it is told for ever, and not once
  record Verdict(int records, @Nullable KtlsErrno errno, boolean sticky) {}

  final TlsVersion version;
  final CipherType cipher;

  /// Whether the socket gets the traffic secrets and follows key updates by itself.
  final boolean updatable;

  final List<Sealed> records = new ArrayList<>();
  byte[] wire = NOTHING;

  /// Whether it ends with more key updates in a row than the socket takes, as long as that sends no
  /// data between them.
  boolean hasRun;

  private final Random random;
  private final long keySeed;
  private final int updatesInARow;
  private final byte[] firstSecret = new byte[32];
  private byte[] secret;
  private ReferenceRecords sealing;
  private int rekeys;
  private int allowed;

  /// @param updatesInARow more key updates in a row than that, and one for each record of data
  ///   before, are refused
  PeerStream(
      TlsVersion version, CipherType cipher, boolean updatable, int updatesInARow, Random random) {
    this.version = version;
    this.cipher = cipher;
    this.updatable = updatable;
    this.updatesInARow = updatesInARow;
    allowed = updatesInARow;
    this.random = random;
    keySeed = random.nextLong();
    random.nextBytes(firstSecret);
    secret = firstSecret;
    sealing = sealing();
  }

  /// One to six records of any kind.
  static PeerStream random(
      TlsVersion version, CipherType cipher, boolean updatable, int updatesInARow, Random random) {
    PeerStream stream = new PeerStream(version, cipher, updatable, updatesInARow, random);
    for (int left = 1 + random.nextInt(6); left > 0 && !stream.isRefused(); left--) {
      stream.addAny();
    }
    return stream;
  }

  private ReferenceRecords sealing() {
    return updatable
        ? ReferenceRecords.of(keyOf(secret))
        : new ReferenceRecords(version, cipher, 0, new Random(keySeed + rekeys));
  }

  private CryptoInfo keyOf(byte[] of) {
    try (TrafficSecret current = secret(of)) {
      return current.cryptoInfo(cipher);
    }
  }

  private static TrafficSecret secret(byte[] of) {
    return new TrafficSecret(TrafficSecret.Hash.SHA256, SecretBytes.wiping(of.clone()));
  }

  /// The key behind `number` key updates, for a socket without the secrets.
  CryptoInfo key(int number) {
    return new ReferenceRecords(version, cipher, 0, new Random(keySeed + number)).cryptoInfo();
  }

  /// The first secret of this peer.
  TrafficSecret trafficSecret() {
    return secret(firstSecret);
  }

  private boolean isRefused() {
    return !records.isEmpty() && records.getLast().refused != null;
  }

  private void addAny() {
    switch (random.nextInt(version == TlsVersion.TLS_1_3 ? 12 : 6)) {
      case 0, 1, 2 -> add(ContentType.APPLICATION_DATA, bytes(length()));
      case 3 -> add(ContentType.APPLICATION_DATA, NOTHING);
      case 4 -> add(ContentType.ALERT, bytes(random.nextInt(3)));
      case 5 -> addOddType();
      case 6 -> addTypeless();
      case 7, 8 -> addTicket();
      case 9, 10 -> addKeyUpdate();
      default -> addBadHandshake();
    }
  }

  private int length() {
    return switch (random.nextInt(80)) {
      case 0 -> RecordHeader.MAX_PLAINTEXT;
      case 1, 2, 3, 4 -> random.nextInt(600);
      default -> 1 + random.nextInt(40);
    };
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  void add(int type, byte[] content) {
    add(type, content, type, content, false, null);
  }

  private void add(
      int type,
      byte[] content,
      int gotType,
      byte @Nullable [] got,
      boolean rekey,
      @Nullable KtlsErrno refused) {
    boolean pad = version == TlsVersion.TLS_1_3 && content.length < 600 && random.nextInt(4) == 0;
    wire = concat(wire, sealing.seal(type, content, pad ? random.nextInt(20) : 0));
    records.add(new Sealed(wire.length, gotType, got, rekey, refused));
    if (gotType == ContentType.APPLICATION_DATA && content.length > 0) {
      allowed = Math.max(allowed, updatesInARow) + 1;
    }
  }

  private void addOddType() {
    int[] types = {1, 20, 24, 25, 100, 255};
    add(types[random.nextInt(types.length)], bytes(random.nextInt(9)));
  }

  /// Type 0 is padding: the last byte that is not zero is the type, and without one there is none.
  private void addTypeless() {
    byte[] content = bytes(random.nextInt(3));
    int last = content.length - 1;
    while (last >= 0 && content[last] == 0) {
      last--;
    }
    if (last < 0) {
      add(0, content, 0, null, false, KtlsErrno.EBADMSG);
    } else if ((content[last] & 255) != ContentType.HANDSHAKE) {
      add(0, content, content[last] & 255, Arrays.copyOf(content, last), false, null);
    }
  }

  /// Whole, or cut in two.
  private void addTicket() {
    int cut = random.nextInt(TICKET.length);
    if (cut > 0) {
      add(ContentType.HANDSHAKE, Arrays.copyOf(TICKET, cut));
    }
    add(ContentType.HANDSHAKE, Arrays.copyOfRange(TICKET, cut, TICKET.length));
  }

  /// Alone, behind a ticket, or cut in two. Whoever has the secrets follows it and does not see it.
  private void addKeyUpdate() {
    byte[] update = {24, 0, 0, 1, (byte) random.nextInt(2)};
    byte[] before = random.nextInt(3) == 0 ? TICKET : NOTHING;
    boolean followed = allowed-- > 0;
    int cut = random.nextInt(3) == 0 ? 1 + random.nextInt(4) : 0;
    byte[] first = concat(before, Arrays.copyOf(update, cut));
    byte[] rest = cut == 0 ? concat(before, update) : Arrays.copyOfRange(update, cut, 5);
    if (cut > 0) {
      byte[] got = updatable ? before : first;
      add(ContentType.HANDSHAKE, first, ContentType.HANDSHAKE, orNull(got), false, null);
    }
    byte[] got = !updatable ? rest : cut == 0 ? before : NOTHING;
    if (updatable && !followed) {
      hasRun = true;
      add(ContentType.HANDSHAKE, rest, ContentType.HANDSHAKE, null, false, KtlsErrno.EPROTO);
    } else {
      add(ContentType.HANDSHAKE, rest, ContentType.HANDSHAKE, orNull(got), true, null);
      rekeys++;
      secret = updatable ? next(secret) : secret;
      sealing = sealing();
    }
  }

  private byte @Nullable [] orNull(byte[] got) {
    return updatable && got.length == 0 ? null : got;
  }

  private static byte[] next(byte[] secret) {
    try {
      return TrafficSecretTest.expand(TrafficSecret.Hash.SHA256, secret, "traffic upd", 32);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /// What only a socket that reads handshake messages can refuse.
  private void addBadHandshake() {
    if (!updatable) {
      return;
    }
    byte[][] bad = {
      {24, 0, 0, 1, 2},
      {24, 0, 0, 1, 0, 4},
      {24, 0, 0, 0},
      {24, 0, 0, 2, 0, 0},
      {24, (byte) 255, 0, 1, 0},
      concat(TICKET, new byte[] {24, 1, 0, 1})
    };
    int which = random.nextInt(bad.length + 1);
    if (which < bad.length) {
      add(ContentType.HANDSHAKE, bad[which], 0, null, false, KtlsErrno.EPROTO);
    } else {
      add(ContentType.HANDSHAKE, new byte[] {4, 0});
      add(ContentType.APPLICATION_DATA, bytes(5), 0, null, false, KtlsErrno.EPROTO);
    }
  }

  /// What a socket makes of `bytes`, which begin as this stream does. Records are authentic where
  /// they are the stream's from its beginning on, and nowhere else.
  Verdict verdict(byte[] bytes) {
    int mismatch = Arrays.mismatch(wire, bytes);
    int common = mismatch < 0 ? wire.length : mismatch;
    int intact = 0;
    int at = 0;
    for (Sealed record : records) {
      if (record.end > common) {
        break;
      }
      if (record.refused != null) {
        return new Verdict(intact, record.refused, true);
      }
      at = record.end;
      intact++;
    }
    if (bytes.length - at < HEADER) {
      return new Verdict(intact, null, false);
    }
    KtlsErrno framing = framing(bytes, at);
    if (framing != null) {
      return new Verdict(intact, framing, false);
    }
    boolean whole = bytes.length - at >= HEADER + length(bytes, at);
    return new Verdict(intact, whole ? KtlsErrno.EBADMSG : null, whole);
  }

  /// Kernel: `tls_rx_msg_size`.
  private @Nullable KtlsErrno framing(byte[] bytes, int at) {
    boolean tls13 = version == TlsVersion.TLS_1_3;
    int nonce = tls13 || cipher == CipherType.CHACHA20_POLY1305 ? 0 : 8;
    int length = length(bytes, at);
    if (length > (1 << 14) + TAG + nonce + (tls13 ? 1 : 0)) {
      return KtlsErrno.EMSGSIZE;
    }
    if (length < TAG + nonce) {
      return KtlsErrno.EBADMSG;
    }
    return bytes[at + 1] == 3 && bytes[at + 2] == 3 ? null : KtlsErrno.EINVAL;
  }

  private static int length(byte[] bytes, int at) {
    return (bytes[at + 3] & 255) << 8 | (bytes[at + 4] & 255);
  }

  /// The longest record that `bytes` claim to hold, as far as records can be told apart.
  int longestClaim(byte[] bytes) {
    int longest = 0;
    for (int at = 0; bytes.length - at >= HEADER && framing(bytes, at) == null; ) {
      longest = Math.max(longest, HEADER + length(bytes, at));
      at += HEADER + length(bytes, at);
    }
    return longest;
  }

  int start(int record) {
    return record == 0 ? 0 : records.get(record - 1).end;
  }
}
