package io.sallyport.ktls.differential;

import static io.sallyport.ktls.differential.Linux.MSG_EOR;
import static io.sallyport.ktls.differential.Linux.MSG_MORE;
import static io.sallyport.ktls.differential.Linux.MSG_OOB;
import static io.sallyport.ktls.differential.Linux.MSG_PEEK;
import static io.sallyport.ktls.differential.Linux.MSG_WAITALL;
import static io.sallyport.ktls.differential.Linux.TLS_RX;
import static io.sallyport.ktls.differential.Linux.TLS_RX_EXPECT_NO_PAD;
import static io.sallyport.ktls.differential.Linux.TLS_TX;
import static io.sallyport.ktls.differential.Linux.TLS_TX_MAX_PAYLOAD_LEN;
import static io.sallyport.ktls.differential.Linux.TLS_TX_ZEROCOPY_RO;
import static io.sallyport.ktls.differential.Script.ALERT;
import static io.sallyport.ktls.differential.Script.DATA;
import static io.sallyport.ktls.differential.Script.HANDSHAKE;
import static io.sallyport.ktls.differential.Script.pattern;

import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.ReferenceRecords;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// What was looked at by hand in a real kernel, row by row, for each version and cipher.
///
/// Rows: A options, B the wire, C control records, D errors, E sending, F receiving, G the smaller
/// options, H rekey, I the end of a connection, K the corners between them. Left out is what the
/// engine's calls cannot say: a control message buffer that is too small (C7, C8), another control
/// message (C15), MSG_PROXY (C18), MSG_ERRQUEUE (F5), and the channels of Java NIO (E7, J).
final class ObservedScripts {
  private static final byte[] CLOSE_NOTIFY = {1, 0};
  private static final byte[] TICKET_AND_KEY_UPDATE = {4, 0, 0, 1, 0, 24, 0, 0, 1, 0};
  private static final byte[] KEY_UPDATE_START = {24};
  private static final byte[] BAD_KEY_UPDATE = {24, 0, 0, 1, 9};
  private static final int MAX_PAYLOAD = 16384;

  private final TlsVersion version;
  private final CipherType cipherType;
  private final Map<String, Consumer<Script>> rows = new LinkedHashMap<>();

  private ObservedScripts(TlsVersion version, CipherType cipherType) {
    this.version = version;
    this.cipherType = cipherType;
  }

  /// All rows that there are for a version and a cipher.
  static List<Script> of(TlsVersion version, CipherType cipherType) {
    ObservedScripts observed = new ObservedScripts(version, cipherType);
    observed.options();
    observed.wire();
    observed.controlRecords();
    observed.errors();
    observed.sending();
    observed.receiving();
    observed.smallerOptions();
    if (version == TlsVersion.TLS_1_3) {
      observed.rekey();
      observed.padding();
    }
    observed.ends();
    observed.corners();
    return observed.scripts();
  }

  private List<Script> scripts() {
    List<Script> scripts = new ArrayList<>();
    rows.forEach((row, steps) -> {
      Script script =
          new Script(row + " " + version + " " + cipherType, version, cipherType, row.hashCode());
      steps.accept(script);
      scripts.add(script);
    });
    return scripts;
  }

  private void row(String id, Consumer<Script> steps) {
    rows.put(id, steps);
  }

  /// A row on a socket with keys for both directions.
  private void keyed(String id, Consumer<Script> steps) {
    row(id, s -> steps.accept(s.bothKeys()));
  }

  private void options() {
    row("A1", s -> s.unconnected().ulp("tls"));
    row("A2", s -> s.setTx(s.tx()).setRx(s.rx()).getKeys(TLS_TX));
    row("A3", s -> s.ulp("nope").ulp("tls"));
    row("A4", s -> s.getUlp(16).ulp("tls\0").ulp("tls").ulp("nope").getUlp(16).getUlp(4).getUlp(2));
    row(
        "A8",
        s -> s.ulp("tls").send("plain").wire().inject("plain bytes", ascii("plain")).recv(100));
    row("A9", s -> s.ulp("tls").getKeys(TLS_TX).getKeys(TLS_RX).getTls(TLS_TX, 4));
    row("A10", this::refusedKeys);
    row("A16", this::keysThatDoNotFit);
    row("A20", this::liveKeys);
    row(
        "A24",
        s -> {
          s.ulp("tls").setTx(s.tx().at(-1)).send(1).send(1).sendControl(ALERT, CLOSE_NOTIFY);
          s.wire().getKeys(TLS_TX).soError().send(1).wire();
        });
    row(
        "A24 one before",
        s -> {
          s.ulp("tls").setTx(s.tx().at(-2)).send(1).wire().getKeys(TLS_TX).send(1).send(1).wire();
          s.soError();
        });
    row(
        "A24 in RX",
        s -> {
          s.ulp("tls").setRx(s.rekeyPeer(s.rx().at(-2))).data("one").data("two").data("three");
          s.recv(3).recv(100).recv(100).soError().getKeys(TLS_RX);
        });
  }

  private void refusedKeys(Script s) {
    byte[] good = s.tx().struct();
    s.ulp("tls");
    for (int length : new int[] {0, 3, 4, good.length - 1, good.length + 1}) {
      s.setTls("TLS_TX of " + length + " bytes", TLS_TX, Arrays.copyOf(good, length));
      s.setTls("TLS_RX of " + length + " bytes", TLS_RX, Arrays.copyOf(good, length));
    }
    int cipher = cipherType.number();
    s.setTls("TLS_TX version 0302", TLS_TX, s.tx().struct(0x0302, cipher));
    s.setTls("TLS_TX version 0305", TLS_TX, s.tx().struct(0x0305, cipher));
    for (int number : new int[] {0, 10, 50, 59, 70, 99}) {
      s.setTls("TLS_TX cipher " + number, TLS_TX, s.tx().struct(version.wire(), number));
    }
    s.setTls("option 77", 77, new byte[4]).getTls(77, 4);
    s.setTx(s.tx()).send(1).wire().close();
  }

  private void keysThatDoNotFit(Script s) {
    TlsVersion other = version == TlsVersion.TLS_1_2 ? TlsVersion.TLS_1_3 : TlsVersion.TLS_1_2;
    CipherType otherCipher =
        cipherType == CipherType.AES_GCM_128 ? CipherType.AES_GCM_256 : CipherType.AES_GCM_128;
    s.ulp("tls").setTx(s.tx());
    s.setTx(s.tx().as(other)).setTx(s.tx().as(otherCipher));
    s.setRx(s.rx().as(other)).setRx(s.rx().as(otherCipher));
    s.setRx(s.rx()).setRx(s.rx().as(other)).setRx(s.rx().as(otherCipher));
    if (version == TlsVersion.TLS_1_2) {
      s.setTx(s.tx()).setRx(s.rx()).setTx(s.tx().next());
    }
    s.setTls("TLS_TX of 3 bytes", TLS_TX, new byte[3]);
    s.data("still").recv(10).send(5).wire();
  }

  private void liveKeys(Script s) {
    int length = s.tx().structLength();
    s.bothKeys().send(1).send(1).send(1).data("1").data("2").recv(1);
    for (int option : new int[] {TLS_TX, TLS_RX}) {
      s.getTls(option, length).getTls(option, 4).getTls(option, length - 1).getTls(option, 64);
      s.getTls(option, 3).getTls(option, 0).getTls(option, 5).getTls(option, length + 1);
    }
    s.wire().recv(100).getKeys(TLS_RX).close().wire();
  }

  private void wire() {
    row(
        "B tx",
        s -> {
          s.ulp("tls").setTx(s.tx()).send("hello").wire().send(40000).wire();
          s.sendControl(ALERT, CLOSE_NOTIFY).wire();
        });
    row(
        "B rx",
        s -> {
          s.ulp("tls").setRx(s.rx()).data("hi").data(MAX_PAYLOAD).record(ALERT, CLOSE_NOTIFY);
          s.recvmsg(100).recvmsg(40000).recvmsg(100).recvmsg(100);
        });
  }

  private void controlRecords() {
    keyed(
        "C1",
        s -> {
          s.record(ALERT, CLOSE_NOTIFY).recv(100).recv(100).recv(100).recvmsg(100).data("after");
          s.recv(100).send(1).wire();
        });
    keyed(
        "C4",
        s -> {
          s.data("one").data("two").record(HANDSHAKE, ascii("HS")).record(HANDSHAKE, ascii("HS2"));
          s.data("three").recvmsg(100).recvmsg(100).recvmsg(100).recvmsg(100).recvmsg(100);
        });
    keyed(
        "C5",
        s -> s.data("one").record(ALERT, CLOSE_NOTIFY).recv(100).recv(100).recvmsg(100).recv(1));
    keyed(
        "C6",
        s -> s.record(HANDSHAKE, pattern(10)).recvmsg(4).recvmsg(4).recvmsg(4).recvmsg(4).recv(4));
    keyed("C8", s -> s.data("abc").recv(2).recv(2).recv(2));
    keyed(
        "C9",
        s -> {
          s.record(HANDSHAKE, ascii("HS")).record(HANDSHAKE, ascii("H3"));
          s.recvmsg(100, MSG_PEEK).recvmsg(100, MSG_PEEK).recv(100, MSG_PEEK).recvmsg(100);
          s.recvmsg(100, MSG_PEEK).recvmsg(100).recvmsg(100);
        });
    keyed("C10", s -> s.record(99, ascii("odd")).recvmsg(100).record(255, ascii("x")).recvmsg(9));
    keyed("C11", s -> s.record(DATA).data("z").recv(100).recv(100));
    keyed("C12", s -> s.record(DATA).recv(100).recv(100).recvmsg(100).data("z").recv(100));
    keyed("C13", s -> s.record(ALERT).data("q").recvmsg(100).recvmsg(100).recvmsg(100));
    keyed(
        "C14",
        s -> {
          s.data("data").record(ALERT, CLOSE_NOTIFY).splice(100).splice(100).splice(100);
          s.recv(100).recvmsg(100).splice(100);
        });
    keyed("C16", s -> s.sendControl(ALERT, CLOSE_NOTIFY, MSG_MORE).wire().send(1).wire());
    keyed(
        "C17",
        s -> {
          s.sendControl(DATA, ascii("d")).sendControl(HANDSHAKE, ascii("h"));
          s.sendControl(99, ascii("?")).sendControl(ALERT).send(0).send(3, MSG_EOR).wire();
          s.sendControl(0, ascii("0")).sendControl(255, ascii("f")).wire();
        });
    keyed("C18", s -> s.send(1, MSG_OOB).sendControl(ALERT, CLOSE_NOTIFY, MSG_OOB).wire());
    keyed(
        "C18 flags",
        s -> {
          s.send(1, MSG_MORE | MSG_EOR).sendControl(ALERT, CLOSE_NOTIFY, MSG_EOR).wire();
          s.sendControl(ALERT, CLOSE_NOTIFY, MSG_EOR | MSG_MORE).wire();
        });
    keyed("C19", s -> s.send(4, MSG_MORE).wire().sendControl(ALERT, CLOSE_NOTIFY).wire());
    keyed("C19 same type", s -> s.send(4, MSG_MORE).sendControl(DATA, ascii("d")).wire());
    keyed("C19 empty", s -> s.send(4, MSG_MORE).sendControl(ALERT).wire().send(1).wire());
    keyed("C20", s -> s.sendControl(ALERT, pattern(20000)).wire());
  }

  private void errors() {
    keyed(
        "D1",
        s -> {
          s.badTag(DATA, pattern(4)).recv(100).data("good");
          aftermath(s);
        });
    keyed("D2", s -> s.data("good").badTag(DATA, pattern(4)).recv(100).recv(100).recv(100));
    int overhead = overhead();
    framing("D3", 23, 0x0303, 16646, 64);
    framing("D4", 23, 0x0303, MAX_PAYLOAD + overhead + 1, 64);
    framing("D5", 23, 0x0303, MAX_PAYLOAD + overhead, 64);
    framing("D6", 23, 0x0303, 1, 6);
    framing("D6 zero", 23, 0x0303, 0, 5);
    framing("D6b", 23, 0x0303, overhead - 1, 5 + overhead - 1);
    framing("D6c", 23, 0x0303, overhead, 5 + overhead);
    framing("D7", 23, 0x0301, 64, 69);
    framing("D8", 23, 0x0304, 64, 69);
    keyed(
        "D9",
        s -> {
          s.inject("HTTP", ascii("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).recv(100);
          aftermath(s);
        });
    framing("D10", 23, 0x0303, 64, 3);
    keyed(
        "D11",
        s -> {
          byte[] record = s.sealed(DATA, pattern(4));
          record[0] = (byte) (version == TlsVersion.TLS_1_3 ? 22 : 0);
          s.inject("another outer type", record).recv(100);
          aftermath(s);
        });
    keyed(
        "D12",
        s -> {
          byte[] record = s.sealed(DATA, pattern(100));
          s.inject("half a record", Arrays.copyOf(record, 50)).recv(200).splice(10);
          s.inject("the rest", Arrays.copyOfRange(record, 50, record.length)).recv(200);
        });
    keyed(
        "D13",
        s -> {
          s.rekeyPeer(s.rx().at(1));
          s.data("early").recv(100).splice(100).recvmsg(100).getKeys(TLS_RX);
        });
    row(
        "D15",
        s -> s.data("early").ulp("tls").setTx(s.tx()).setRx(s.rx()).recv(100).data("x").recv(100));
    row(
        "D15 partly",
        s -> {
          byte[] record = s.sealed(DATA, pattern(3000));
          s.inject("a part", Arrays.copyOf(record, 100)).ulp("tls").setRx(s.rx()).recv(4000);
          s.inject("the rest", Arrays.copyOfRange(record, 100, record.length)).recv(4000);
        });
  }

  /// The number of bytes in a record's fragment besides the plaintext; in TLS 1.3 with the type.
  private int overhead() {
    return CipherType.TAG_LENGTH
        + cipherType.explicitNonceLength(version)
        + (version == TlsVersion.TLS_1_3 ? 1 : 0);
  }

  private void framing(String id, int contentType, int versionBytes, int length, int sent) {
    keyed(
        id,
        s -> {
          s.framed(contentType, versionBytes, length, sent).recv(100);
          aftermath(s);
        });
  }

  private static void aftermath(Script s) {
    s.recv(100).recv(100).recvmsg(100).splice(100).soError().send(1).wire().recv(100);
    s.getKeys(TLS_RX).getKeys(TLS_TX);
  }

  private void sending() {
    keyed("E1", s -> s.send(100000).wire());
    keyed("E2", s -> s.send(3, MSG_MORE).wire().send(3, MSG_MORE).wire().send(1).wire());
    keyed("E3", s -> s.send(16000, MSG_MORE).wire().send(1000, MSG_MORE).wire().send(1).wire());
    keyed("E4", s -> s.send(MAX_PAYLOAD, MSG_MORE).wire().send(0).wire().send(1).wire());
    keyed("E5", s -> s.send(4, MSG_MORE).wire().send(0).wire().send(1).wire());
    keyed("E5 EOR", s -> s.send(4, MSG_MORE).send(0, MSG_EOR).wire().send(2, MSG_EOR).wire());
    keyed("E6", s -> s.sendFile(50000, 0, 50000).wire());
    keyed(
        "E6 parts",
        s -> {
          s.sendFile(100, 0, 1).wire().sendFile(100, 50, 100).wire().sendFile(100, 100, 1).wire();
          s.send(4, MSG_MORE).sendFile(5000, 4000, 1000).wire().sendFile(40000, 1, 33333).wire();
        });
    keyed("E8", s -> s.zeroCopyRo(1, 4).sendFile(50000, 0, 50000).wire());
    keyed("E9", s -> s.fill().drain().send(MAX_PAYLOAD).drain());
  }

  private void receiving() {
    keyed("F1", s -> s.data(10).data(10).data(10).recv(25).recv(25).recv(25));
    keyed(
        "F2",
        s -> s.data(10).data(10).recv(5, MSG_PEEK).recv(25, MSG_PEEK).recv(25).recv(25, MSG_PEEK));
    keyed("F3", s -> s.data(10).recvmsg(4).recvmsg(100).recvmsg(100));
    keyed("F4", s -> s.data(10).recv(0).recvmsg(0).recv(100).recv(0).recvmsg(0));
    keyed("F4 PEEK", s -> s.recv(0, MSG_PEEK).data(10).recv(0, MSG_PEEK).splice(0).recv(100));
    keyed("F5", s -> s.data(10).recv(100, MSG_OOB).recvmsg(100, MSG_OOB).recv(100));
    keyed("F8", s -> s.data(15000).data(15000).recv(30000, MSG_WAITALL));
    keyed(
        "F8 short",
        s -> {
          s.data(100).recv(200, MSG_WAITALL).data(100).data(100).recv(150, MSG_WAITALL | MSG_PEEK);
          s.recv(150, MSG_WAITALL).recv(150, MSG_WAITALL);
        });
    keyed(
        "F lowat",
        s -> {
          s.receiveLowWaterMark(8).data(5).recv(1).data(5).recv(6).data(5).recv(10).recv(10);
        });
    keyed(
        "F splice",
        s -> {
          s.data(1000).data(1000).splice(400).recv(200).splice(4000).splice(4000).splice(4000);
          s.data(100).recv(50, MSG_PEEK).splice(10).recv(30).splice(100);
        });
  }

  private void padding() {
    keyed("F6", s -> s.padded(DATA, ascii("padded"), 300).recvmsg(100).recvmsg(100));
    keyed("F6b", s -> s.padded(DATA, ascii("padded"), 300).recvmsg(1000).recvmsg(1000));
    keyed(
        "F7",
        s -> {
          s.expectNoPad(1, 4).data("plain").recvmsg(1000).padded(DATA, ascii("padded"), 30);
          s.recvmsg(1000).record(ALERT, CLOSE_NOTIFY).recvmsg(1000).data("x").recv(1000);
          s.record(DATA).data("y").recv(1000).padded(DATA, new byte[0], 10).data("z").recv(1000);
        });
    keyed(
        "F7 small buffers",
        s -> {
          s.expectNoPad(1, 4).padded(DATA, ascii("padded"), 30).recvmsg(6).data("plain").recv(2);
          s.recv(100).padded(DATA, ascii("padded"), 30).recv(100, MSG_PEEK).recv(100);
          s.record(ALERT, CLOSE_NOTIFY).recv(1000).recvmsg(1000);
          s.padded(DATA, ascii("padded"), 30).splice(100);
        });
    keyed("D14", s -> s.padded(0, new byte[0], 10).recv(100).recv(100).soError());
    keyed("D14 type only", s -> s.padded(0, new byte[0], 0).recv(100).recv(100).soError());
    keyed("K5", s -> s.padded(DATA, pattern(100), 16284).recv(MAX_PAYLOAD).recv(100));
    keyed("K6", s -> s.padded(DATA, pattern(MAX_PAYLOAD), 1).recv(20000).recv(100).soError());
  }

  private void smallerOptions() {
    row(
        "G1",
        s -> {
          s.zeroCopyRo(1, 4).getTls(TLS_TX_ZEROCOPY_RO, 4).ulp("tls").zeroCopyRo(1, 4);
          s.getTls(TLS_TX_ZEROCOPY_RO, 4).expectNoPad(1, 4).getTls(TLS_RX_EXPECT_NO_PAD, 4);
          s.maxPayload(100, 2).getTls(TLS_TX_MAX_PAYLOAD_LEN, 4).setTx(s.tx());
          s.getTls(TLS_TX_MAX_PAYLOAD_LEN, 4).send(150).wire();
        });
    row(
        "G2",
        s -> {
          s.ulp("tls").setTx(s.tx()).getTls(TLS_TX_ZEROCOPY_RO, 4).zeroCopyRo(1, 4);
          s.getTls(TLS_TX_ZEROCOPY_RO, 4).zeroCopyRo(2, 4).zeroCopyRo(1, 3).zeroCopyRo(1, 8);
          s.getTls(TLS_TX_ZEROCOPY_RO, 3).getTls(TLS_TX_ZEROCOPY_RO, 8).zeroCopyRo(0, 4);
        });
    row(
        "G3",
        s -> {
          s.ulp("tls").setTx(s.tx()).expectNoPad(1, 4).getTls(TLS_RX_EXPECT_NO_PAD, 4);
        });
    row(
        "G4",
        s -> {
          s.ulp("tls").setTx(s.tx());
          for (int length = 0; length <= 4; length++) {
            s.getTls(TLS_TX_MAX_PAYLOAD_LEN, length);
          }
          for (int limit : new int[] {100, 62, 63, 64, 16384, 16385, 0, 65535}) {
            s.maxPayload(limit, 2).maxPayload(limit, 4).getTls(TLS_TX_MAX_PAYLOAD_LEN, 2);
          }
          s.maxPayload(100, 1).maxPayload(100, 0);
        });
    keyed("G5", s -> s.maxPayload(100, 2).send(250).wire().sendFile(350, 0, 350).wire());
    keyed(
        "G5 open",
        s -> {
          s.send(4, MSG_MORE).maxPayload(100, 2).send(150, MSG_MORE).wire().send(1).wire();
          s.maxPayload(100, 2).send(100, MSG_MORE).wire().maxPayload(200, 2).send(101, MSG_MORE);
          s.maxPayload(300, 2).wire().sendControl(ALERT, pattern(150)).wire();
        });
    row(
        "G6",
        s -> {
          s.ulp("tls").setRx(s.rx()).getTls(TLS_RX_EXPECT_NO_PAD, 4).expectNoPad(1, 4);
          s.getTls(TLS_RX_EXPECT_NO_PAD, 4).expectNoPad(2, 4).expectNoPad(1, 3);
          s.expectNoPad(1, 8).getTls(TLS_RX_EXPECT_NO_PAD, 3).getTls(TLS_RX_EXPECT_NO_PAD, 8);
          s.expectNoPad(0, 4).zeroCopyRo(1, 4);
          s.setNumber("NO_PAD with a tail", TLS_RX_EXPECT_NO_PAD, 1, 8);
        });
    row(
        "G7",
        s -> s.ulp("tls").setRx(s.rx()).send("plain").wire().sendControl(ALERT, CLOSE_NOTIFY));
  }

  private void rekey() {
    keyed(
        "H1",
        s -> {
          s.data("before").keyUpdate();
          Keys next = s.rekeyPeer();
          s.data("new key").recv(100).recvmsg(100).recv(100).recv(100).splice(100).soError();
          s.recvmsg(100, MSG_PEEK);
          s.setRx(next.as(otherCipher())).setRx(next.as(TlsVersion.TLS_1_2)).setRx(next);
          s.getKeys(TLS_RX).recv(100).recv(100);
        });
    keyed(
        "H6",
        s -> {
          Keys next = s.tx().next();
          s.send(1).wire().sendKeyUpdate().wire().setTx(next).getKeys(TLS_TX).send(7).wire();
          s.setTx(next.as(otherCipher())).setTx(next.as(TlsVersion.TLS_1_2)).send(2).wire();
        });
    keyed("H7", s -> s.setRx(s.rekeyPeer()).data("1").recv(100).setRx(s.rekeyPeer()).data("2"));
    keyed(
        "H8",
        s -> {
          s.data("old");
          s.setRx(s.rekeyPeer());
          s.recv(100).recv(100);
        });
    keyed(
        "H8 half read",
        s -> {
          s.data("old").data("older").recv(1).recv(5, MSG_PEEK);
          s.setRx(s.rekeyPeer());
          s.recv(100).data("new").recv(100);
        });
    keyed("H9", s -> s.send(4, MSG_MORE).setTx(s.tx().next()).wire().send(1).wire());
    keyed(
        "H10",
        s -> {
          s.record(HANDSHAKE, TICKET_AND_KEY_UPDATE).recvmsg(100).recv(100);
        });
    keyed("H11", s -> s.keyUpdate().recvmsg(100).recv(100).splice(10).send(5).wire().recvmsg(9));
    keyed(
        "H peek",
        s -> {
          s.data("before").keyUpdate().recv(100, MSG_PEEK).recvmsg(100, MSG_PEEK).recv(100);
          s.recvmsg(100, MSG_PEEK).recv(100, MSG_PEEK).recvmsg(100).recvmsg(100, MSG_PEEK);
          Keys next = s.rekeyPeer();
          s.data("new").setRx(next).recv(100, MSG_PEEK).recv(100);
        });
    keyed(
        "H splice",
        s -> {
          s.data("before").keyUpdate().splice(100).splice(100).recvmsg(100).splice(100);
          Keys next = s.rekeyPeer();
          s.setRx(next).data("new").splice(100);
        });
    keyed(
        "K7",
        s -> s.record(HANDSHAKE, KEY_UPDATE_START).data("x").recvmsg(100).recv(100).recvmsg(100));
    keyed(
        "K8",
        s -> s.record(HANDSHAKE, BAD_KEY_UPDATE).recvmsg(2).recvmsg(100).recv(100).setRx(s.rx()));
    keyed("K9", s -> s.keyUpdate().recv(100).recvmsg(100).recvmsg(100));
  }

  private CipherType otherCipher() {
    return cipherType == CipherType.AES_GCM_128 ? CipherType.AES_GCM_256 : CipherType.AES_GCM_128;
  }

  private void ends() {
    keyed("I1", s -> s.data("last").peerFin().recv(100).recv(100).splice(100).send(5).wire());
    keyed(
        "I2",
        s -> {
          s.inject("half a record", Arrays.copyOf(s.sealed(DATA, pattern(100)), 50)).peerFin();
          s.recv(100).recv(100).recvmsg(100).splice(10).soError();
        });
    keyed("I3", s -> s.send(4, MSG_MORE).close().wire());
    keyed("I4", s -> s.send(4, MSG_MORE).shutdownWrite().wire().send(1).send(1).wire().soError());
    keyed("I5", s -> s.send(1).shutdownWrite().wire().data("x").recv(100).close().wire());
    keyed("I5 empty", s -> s.shutdownWrite().wire().shutdownWrite().peerFin().recv(1).recv(1));
    keyed("I6", s -> s.record(ALERT, CLOSE_NOTIFY).peerFin().recv(9).recvmsg(9).recvmsg(9).recv(9));
    row("I plain", s -> s.ulp("tls").inject("plain bytes", ascii("hi")).peerFin().recv(9).recv(9));
  }

  private void corners() {
    keyed(
        "K1",
        s -> {
          s.badTag(DATA, pattern(4)).recv(100).send(1).send(1).sendControl(ALERT, CLOSE_NOTIFY);
          s.soError().sendControl(ALERT, (byte) 2, (byte) 20).wire().soError();
        });
    for (int[] header : new int[][] {{0x0303, 16646}, {0x0301, 50}, {0x0303, 1}}) {
      keyed(
          String.format("K2 %04x %d", header[0], header[1]),
          s -> {
            s.framed(DATA, header[0], header[1], 64).recv(100).recv(100).send(1).wire();
            s.peerFin().recv(100).recvmsg(100).soError();
          });
      keyed(
          String.format("K2 %04x %d send first", header[0], header[1]),
          s -> {
            s.framed(DATA, header[0], header[1], 64).send(1).wire().send(1).wire().recv(100);
          });
      keyed(
          String.format("K2 %04x %d splice", header[0], header[1]),
          s -> s.framed(DATA, header[0], header[1], 64).splice(100).splice(100).recv(100));
    }
    keyed(
        "K3",
        s -> {
          byte[] header = ReferenceRecords.header(DATA, 16646);
          s.inject(
              "a good record and a header",
              ReferenceRecords.concat(s.sealed(DATA, pattern(4)), header));
          s.recv(100).recv(100).recv(100);
        });
    row("K4", s -> s.ulp("tls").setTx(s.tx()).inject("raw", (byte) 1, (byte) 2).recv(9).recvmsg(9));
    keyed("K10", s -> s.data("1").data("2").recv(1).getKeys(TLS_RX).recv(1).getKeys(TLS_RX));
    keyed("K11", s -> s.data("1").peerReset().recv(9).recv(9).send(1).send(1).soError());
    keyed("K11 SO_ERROR", s -> s.data("1").peerReset().soError().recv(9).recv(9).send(1).soError());
    keyed("K11 empty", s -> s.peerReset().recv(9).recv(9).splice(9).send(1).shutdownWrite());
    keyed("K12", s -> s.shutdownRead().recv(9).recvmsg(9).splice(9).send(1).wire());
    keyed("K12 data", s -> s.data("1").shutdownRead().recv(9).recv(9).data("2").recv(9).recv(9));
    zeroLength();
  }

  /// Records without content, as the kernel's own tests have them.
  private void zeroLength() {
    Map<String, Consumer<Script>> kinds = new LinkedHashMap<>();
    kinds.put("data", s -> s.data(11));
    kinds.put("0data", s -> s.record(DATA));
    kinds.put("ctrl", s -> s.record(HANDSHAKE, pattern(11)));
    kinds.put("0ctrl", s -> s.record(HANDSHAKE));
    for (String first : kinds.keySet()) {
      for (String second : kinds.keySet()) {
        for (String third : kinds.keySet()) {
          String id = "Z " + first + " " + second + " " + third;
          Consumer<Script> three =
              kinds.get(first).andThen(kinds.get(second)).andThen(kinds.get(third));
          keyed(
              id,
              s -> {
                three.accept(s);
                s.recvmsg(100).recvmsg(100).recvmsg(100).recvmsg(100);
              });
          keyed(
              id + " peek",
              s -> {
                three.accept(s);
                s.recvmsg(100, MSG_PEEK).recvmsg(100, MSG_PEEK).recvmsg(100).recvmsg(100, MSG_PEEK);
                s.recvmsg(100).recvmsg(100);
              });
          keyed(
              id + " splice",
              s -> {
                three.accept(s);
                s.splice(100).splice(100).recv(100).recvmsg(100).splice(100).recvmsg(100);
              });
        }
      }
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
