package io.sallyport.ktls.differential;

import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.ReferenceRecords;
import java.util.Arrays;
import java.util.Random;

/// Scripts that nobody thought of, drawn from a seed.
///
/// Most of their steps keep the connection good, because after an error there is little left to
/// see: what breaks it comes late, and once.
final class RandomScripts {
  /// More than this unread, and the kernel's receive window would hold the peer back.
  private static final int UNREAD_LIMIT = 100_000;

  private static final byte NEW_SESSION_TICKET = 4;
  private static final int[] CONTENT_TYPES = {20, 21, 22, 22, 24, 99};

  private final Random random;
  private final Script script;
  private final boolean tls13;
  private Keys txKeys;
  private Keys rxKeys;
  private byte[] unsent = new byte[0];
  private int unread;
  private boolean peerRekeyed;
  private boolean broken;

  private RandomScripts(Random random, Script script) {
    this.random = random;
    this.script = script;
    tls13 = script.version() == TlsVersion.TLS_1_3;
    txKeys = script.tx();
    rxKeys = script.rx();
  }

  /// The script of a seed.
  static Script of(long seed, TlsVersion version, CipherType cipherType) {
    Random random = new Random(seed);
    Script script =
        new Script("random " + seed + " " + version + " " + cipherType, version, cipherType, seed);
    new RandomScripts(random, script).draw();
    return script;
  }

  private void draw() {
    script.ulp("tls");
    if (oneIn(8)) {
      smallerOption();
    }
    boolean withTx = !oneIn(12);
    boolean withRx = !oneIn(12);
    if (withTx) {
      script.setTx(txKeys);
    }
    if (withRx) {
      if (oneIn(6)) {
        peerRecord();
      }
      script.setRx(rxKeys);
    }
    int steps = 20 + random.nextInt(41);
    for (int i = 0; i < steps && !broken; i++) {
      step(i > steps * 2 / 3);
    }
    if (!broken && oneIn(2)) {
      end();
    }
    for (int i = 0; i < 4; i++) {
      receive();
    }
    script.soError().send(size()).wire();
    if (oneIn(3)) {
      script.close();
    }
  }

  private void step(boolean late) {
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3 -> send();
      case 4, 5, 6, 7 -> peerRecord();
      case 8, 9, 10, 11, 12, 13, 14 -> receive();
      case 15 -> script.getKeys(oneIn(2) ? Linux.TLS_TX : Linux.TLS_RX);
      case 16 -> smallerOption();
      case 17 -> rekey();
      case 18 -> script.soError();
      default -> {
        if (late) {
          peerFault();
        }
      }
    }
  }

  private void send() {
    int flags =
        switch (random.nextInt(10)) {
          case 0, 1, 2, 3 -> Linux.MSG_MORE;
          case 4, 5 -> Linux.MSG_EOR;
          case 6 -> oneIn(3) ? Linux.MSG_MORE | Linux.MSG_EOR : 0;
          case 7 -> oneIn(3) ? Linux.MSG_OOB : 0;
          default -> 0;
        };
    switch (random.nextInt(6)) {
      case 0 -> script.sendControl(contentType(), Script.pattern(size()), flags);
      case 1 -> {
        int offset = random.nextInt(100);
        script.sendFile(offset + size(), offset, size());
      }
      default -> script.send(size(), flags);
    }
    script.wire();
  }

  private void peerRecord() {
    byte[] content = Script.pattern(size());
    byte[] record =
        switch (random.nextInt(12)) {
          case 0 -> script.sealed(Script.DATA);
          case 1 -> control(limited(content));
          case 2 -> script.sealed(contentType());
          case 3 -> tls13 ? padded(content) : script.sealed(Script.DATA, content);
          default -> script.sealed(Script.DATA, content);
        };
    peerSends(record, content.length);
  }

  /// A handshake record holds a whole message that is no KeyUpdate: what the engine reads across
  /// records and the kernel record by record has a row of its own.
  private byte[] control(byte[] content) {
    int type = contentType();
    if (type == Script.HANDSHAKE) {
      byte[] header = {NEW_SESSION_TICKET, 0, (byte) (content.length >> 8), (byte) content.length};
      return script.sealed(type, ReferenceRecords.concat(header, content));
    }
    return script.sealed(type, content);
  }

  /// Sends what is due, split anywhere: the cut may lie in a record, which the next call completes.
  private void peerSends(byte[] bytes, int unreadBytes) {
    if (unread + unreadBytes > UNREAD_LIMIT) {
      script.recvmsg(UNREAD_LIMIT).recvmsg(UNREAD_LIMIT).recvmsg(UNREAD_LIMIT);
      unread = 0;
    }
    unread += unreadBytes;
    byte[] due = ReferenceRecords.concat(unsent, bytes);
    int cut = oneIn(3) ? random.nextInt(due.length + 1) : due.length;
    unsent = Arrays.copyOfRange(due, cut, due.length);
    int first = oneIn(3) ? random.nextInt(cut + 1) : cut;
    peerSendsPart(Arrays.copyOf(due, first));
    peerSendsPart(Arrays.copyOfRange(due, first, cut));
  }

  private void peerSendsPart(byte[] bytes) {
    if (bytes.length > 0) {
      script.inject("records", bytes);
    }
  }

  private byte[] padded(byte[] content) {
    byte[] some = limited(content);
    return script.sealedPadded(Script.DATA, some, random.nextInt(300));
  }

  private void receive() {
    int length =
        switch (random.nextInt(6)) {
          case 0 -> random.nextInt(3);
          case 1, 2 -> size();
          default -> 20000;
        };
    int flags =
        switch (random.nextInt(8)) {
          case 0, 1 -> Linux.MSG_PEEK;
          case 2 -> Linux.MSG_WAITALL;
          case 3 -> oneIn(2) ? Linux.MSG_PEEK | Linux.MSG_WAITALL : 0;
          case 4 -> oneIn(6) ? Linux.MSG_OOB : 0;
          default -> 0;
        };
    switch (random.nextInt(6)) {
      case 0 -> script.splice(Math.max(1, length));
      case 1 -> script.recv(length, flags);
      default -> script.recvmsg(length, flags);
    }
  }

  private void smallerOption() {
    switch (random.nextInt(9)) {
      case 0 -> script.zeroCopyRo(random.nextInt(3), 4);
      case 1 -> script.expectNoPad(random.nextInt(2), 4);
      case 2 -> script.getTls(Linux.TLS_RX_EXPECT_NO_PAD, 4);
      case 3 -> script.maxPayload(60 + random.nextInt(2000), 2);
      case 4 -> script.getTls(Linux.TLS_TX_MAX_PAYLOAD_LEN, 2 + random.nextInt(4));
      case 5 -> script.maxPayload(random.nextInt(17000), 2);
      case 6, 7 -> script.getTls(random.nextInt(8), random.nextInt(70));
      default -> script.getUlp(random.nextInt(20));
    }
  }

  private void rekey() {
    if (oneIn(6)) {
      script.setTx(txKeys.as(otherCipher()));
    } else if (oneIn(2)) {
      if (!oneIn(4)) {
        script.sendKeyUpdate();
      }
      txKeys = txKeys.next();
      script.setTx(txKeys).wire();
    } else if (!tls13) {
      script.setRx(rxKeys.next());
    } else if (peerRekeyed) {
      adoptPeerKeys();
    } else {
      peerSends(script.sealedKeyUpdate(), 5);
      peerRekeyed = true;
      rxKeys = script.rekeyPeer();
    }
  }

  /// The new key must be set where the old one ended, or all that follows is unreadable: so what is
  /// queued is read first, mostly.
  private void adoptPeerKeys() {
    peerSendsPart(unsent);
    unsent = new byte[0];
    if (!oneIn(10)) {
      for (int i = 0; i < 12; i++) {
        script.recvmsg(UNREAD_LIMIT);
      }
    }
    unread = 0;
    script.setRx(rxKeys);
    peerRekeyed = false;
  }

  private CipherType otherCipher() {
    return script.cipherType() == CipherType.AES_GCM_128
        ? CipherType.AES_GCM_256
        : CipherType.AES_GCM_128;
  }

  private void peerFault() {
    broken = true;
    byte[] record = script.sealed(Script.DATA, Script.pattern(1 + random.nextInt(300)));
    switch (random.nextInt(5)) {
      case 0 -> record[record.length - 1] ^= 1;
      case 1 -> record[1 + random.nextInt(2)] ^= (byte) (1 + random.nextInt(7));
      case 2 -> record[3] = 0x7f;
      case 3 -> {
        record[3] = 0;
        record[4] = (byte) random.nextInt(25);
      }
      default -> record[5 + random.nextInt(record.length - 5)] ^= (byte) (1 << random.nextInt(8));
    }
    byte[] due = ReferenceRecords.concat(unsent, record);
    unsent = new byte[0];
    peerSendsPart(due);
  }

  private void end() {
    switch (random.nextInt(4)) {
      case 0 -> script.peerFin();
      case 1 -> script.peerReset();
      case 2 -> script.shutdownWrite();
      default -> script.shutdownRead();
    }
  }

  /// Mostly small, sometimes around what a record holds.
  private int size() {
    return switch (random.nextInt(12)) {
      case 0 -> random.nextInt(3);
      case 1 -> 16380 + random.nextInt(5);
      case 2 -> random.nextInt(16385);
      case 3 -> random.nextInt(3000);
      default -> random.nextInt(300);
    };
  }

  private byte[] limited(byte[] content) {
    return Arrays.copyOf(content, Math.min(content.length, 2000));
  }

  private int contentType() {
    return CONTENT_TYPES[random.nextInt(CONTENT_TYPES.length)];
  }

  private boolean oneIn(int count) {
    return random.nextInt(count) == 0;
  }
}
