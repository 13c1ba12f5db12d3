package io.sallyport.ktls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.MemoryTransport;
import io.sallyport.testing.ReferenceRecords;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What a programmer hears who calls wrongly: an errno and one sentence, at the call that was
/// wrong. Nothing is changed, kept or lost by such a call.
@ExtendWith(LeakCheck.class)
@SuppressWarnings("NullAway") // Calls without what they need are half of what is tested.
class KtlsSocketMisuseTest {
  private static final byte[] NO_BYTES = {};

  /// The things that calls are made on, fresh for each call.
  static final class Things implements AutoCloseable {
    final MemoryTransport transport = new MemoryTransport();
    final RecordEngine engine = new RecordEngine(SocketFixture.ALLOCATOR, AeadBackend.probe());

    /// Without the ULP.
    final KtlsSocket plain = engine.socket(transport);

    /// With the ULP and no keys.
    final KtlsSocket keyless = withUlp();

    final KtlsSocket tls12 = withKeys(TlsVersion.TLS_1_2, CipherType.AES_GCM_128);
    final KtlsSocket tls13 = withKeys(TlsVersion.TLS_1_3, CipherType.AES_GCM_128);
    final KtlsSocket closed = withUlp();
    final CryptoInfo info12 = info(TlsVersion.TLS_1_2, CipherType.AES_GCM_128);
    final CryptoInfo info13 = info(TlsVersion.TLS_1_3, CipherType.AES_GCM_128);
    final CryptoInfo info256 = info(TlsVersion.TLS_1_3, CipherType.AES_GCM_256);
    final CryptoInfo wipedInfo = info(TlsVersion.TLS_1_3, CipherType.AES_GCM_128);
    final TrafficSecret secret = secret();
    final TrafficSecret wipedSecret = secret();
    final SecretBytes bytes = SecretBytes.wiping(new byte[16]);
    final SecretBytes wipedBytes = SecretBytes.wiping(new byte[16]);
    final ByteBuf data = SocketFixture.direct((byte) 1, (byte) 2);
    final ByteBuf released = SocketFixture.direct((byte) 1);

    Things() {
      closed.close();
      wipedInfo.close();
      wipedSecret.close();
      wipedBytes.close();
      released.release();
    }

    private KtlsSocket withUlp() {
      KtlsSocket socket = engine.socket(transport);
      socket.setUlp(KtlsSocket.TLS_ULP);
      return socket;
    }

    private KtlsSocket withKeys(TlsVersion version, CipherType cipher) {
      KtlsSocket socket = withUlp();
      try (CryptoInfo tx = info(version, cipher);
          CryptoInfo rx = info(version, cipher)) {
        socket.setTx(tx);
        socket.setRx(rx);
      }
      return socket;
    }

    static CryptoInfo info(TlsVersion version, CipherType cipher) {
      return new ReferenceRecords(version, cipher, 0, new Random(1)).cryptoInfo();
    }

    static TrafficSecret secret() {
      return new TrafficSecret(TrafficSecret.Hash.SHA256, SecretBytes.wiping(new byte[32]));
    }

    static ByteBuf hex(String bytes) {
      return Unpooled.wrappedBuffer(HexFormat.of().parseHex(bytes));
    }

    void hold(KtlsSocket socket) {
      assertThat(socket.sendmsg(data, Set.of(SendFlag.MORE))).isEqualTo(new Sent.Accepted(2));
    }

    @Override
    public void close() {
      plain.close();
      keyless.close();
      tls12.close();
      tls13.close();
      info12.close();
      info13.close();
      info256.close();
      secret.close();
      bytes.close();
      data.release();
      transport.release();
    }
  }

  @FunctionalInterface
  interface Call {
    void on(Things it) throws Exception;
  }

  private final Things things = new Things();

  @AfterEach
  void close() {
    things.close();
  }

  private static Arguments row(String name, Call call, String message) {
    return Arguments.of(name, call, message);
  }

  // Nothing where something must be.

  static Stream<Arguments> nulls() {
    return Stream.of(
        row("setUlp", it -> it.keyless.setUlp(null), "the name"),
        row("setTx", it -> it.keyless.setTx(null), "the key"),
        row("setRx", it -> it.keyless.setRx(null), "the key"),
        row("setTrafficSecrets, tx", it -> it.tls13.setTrafficSecrets(null, it.secret), "secret"),
        row("setTrafficSecrets, rx", it -> it.tls13.setTrafficSecrets(it.secret, null), "secret"),
        row("setTxPadding", it -> it.tls13.setTxPadding(null), "the padding"),
        row("setCallbacks", it -> it.tls13.setCallbacks(null), "the callbacks"),
        row("whenGone", it -> it.tls13.whenGone(null), "the listener"),
        row("send", it -> it.tls13.send(null), "the data"),
        row("sendControl", it -> it.tls13.sendControl(21, null), "the content"),
        row("sendmsg", it -> it.tls13.sendmsg(null, Set.of()), "the data"),
        row("sendmsg, flags", it -> it.tls13.sendmsg(it.data, null), "the flags"),
        row("sendmsg, type", it -> it.tls13.sendmsg(21, null, Set.of()), "the data"),
        row("sendmsg, type, flags", it -> it.tls13.sendmsg(21, it.data, null), "the flags"),
        row("sendFile", it -> it.tls13.sendFile(null, 0, 1), "the file"),
        row("sendFile of nothing", it -> it.tls13.sendFile(null, 0, 0), "the file"),
        row("sendAlert", it -> it.tls13.sendAlert(null), "the alert"),
        row("recvmsg", it -> it.tls13.recvmsg(null, true, Set.of()), "the buffer"),
        row("recvmsg, flags", it -> it.tls13.recvmsg(it.data, true, null), "the flags"),
        row("recvmsg, closed", it -> it.closed.recvmsg(null, true, Set.of()), "the buffer"),
        row("transferTo", it -> it.tls13.transferTo(null, 1), "the socket"),
        row("pushBack", it -> it.tls13.pushBack(null), "the bytes"),
        row("pushBack, closed", it -> it.closed.pushBack(null), "the bytes"),
        row("received", it -> it.tls13.received(null), "the bytes"),
        row("received, closed", it -> it.closed.received(null), "the bytes"),
        row("setsockopt", it -> SocketOptions.setsockopt(null, 282, 1, it.data), "the socket"),
        row("setsockopt, value", it -> SocketOptions.setsockopt(it.tls13, 282, 1, null), "value"),
        row("setsockopt, ulp", it -> SocketOptions.setsockopt(it.plain, 6, 31, null), "value"),
        row("getsockopt", it -> SocketOptions.getsockopt(null, 282, 1, 4), "the socket"),
        row(
            "CryptoInfo, version",
            it -> new CryptoInfo(null, CipherType.AES_GCM_128, it.bytes, it.bytes, 0),
            "the version"),
        row(
            "CryptoInfo, cipher",
            it -> new CryptoInfo(TlsVersion.TLS_1_3, null, it.bytes, it.bytes, 0),
            "the cipher"),
        row(
            "CryptoInfo, key",
            it -> new CryptoInfo(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, null, it.bytes, 0),
            "the key"),
        row(
            "CryptoInfo, salt and iv",
            it -> new CryptoInfo(TlsVersion.TLS_1_3, CipherType.AES_GCM_128, it.bytes, null, 0),
            "the salt and iv"),
        row("CryptoInfo.parse", it -> CryptoInfo.parse(null), "the struct"),
        row("CryptoInfo.write", it -> it.info13.write(null), "the buffer"),
        row("TrafficSecret, hash", it -> new TrafficSecret(null, it.bytes), "the hash"),
        row("TrafficSecret", it -> new TrafficSecret(TrafficSecret.Hash.SHA256, null), "secret"),
        row("TrafficSecret.cryptoInfo", it -> it.secret.cryptoInfo(null), "the cipher"),
        row("SecretBytes.wiping", it -> SecretBytes.wiping(null), "the bytes"),
        row(
            "RecordEngine, allocator",
            it -> new RecordEngine(null, AeadBackend.probe()),
            "the allocator"),
        row(
            "RecordEngine, back end",
            it -> new RecordEngine(SocketFixture.ALLOCATOR, null),
            "the back end"),
        row(
            "RecordEngine, policy",
            it ->
                new RecordEngine(
                    SocketFixture.ALLOCATOR, AeadBackend.probe(), null, System::nanoTime),
            "the rekey policy"),
        row(
            "RecordEngine, clock",
            it ->
                new RecordEngine(
                    SocketFixture.ALLOCATOR, AeadBackend.probe(), RekeyPolicy.DEFAULT, null),
            "the clock"),
        row("RecordEngine.socket", it -> it.engine.socket(null), "the transport"),
        row("KtlsException", it -> new KtlsException(null, "why"), "the errno"),
        row(
            "SessionKeys.Fixed",
            it -> new SessionKeys.Fixed(it.info12, null).installOn(it.keyless),
            "the key"),
        row(
            "SessionKeys.installOn",
            it -> new SessionKeys.Fixed(it.info12, it.info12).installOn(null),
            "the socket"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("nulls")
  void nothingIsRefusedAtOnce(String name, Call call, String expected) {
    assertThatThrownBy(() -> call.on(things))
        .isInstanceOf(KtlsException.class)
        .hasMessageMatching("EINVAL: found null, expected .*" + expected + ".*");
    assertUnharmed();
  }

  // Wrong state, wrong size.

  static Stream<Arguments> misfits() {
    return Stream.of(
        row("ULP", it -> it.plain.setUlp("smc"), "ENOENT: found ULP \"smc\", expected \"tls\""),
        row("ULP", it -> it.plain.setUlp(""), "ENOENT: found ULP \"\", expected \"tls\""),
        row(
            "ULP twice",
            it -> it.tls13.setUlp("tls"),
            "EEXIST: the socket has the ULP tls already"),
        row(
            "ULP, not connected",
            it -> {
              it.transport.setEstablished(false);
              it.plain.setUlp("tls");
            },
            "ENOTCONN: a ULP is set on an established connection: connect first"),
        row(
            "setTx without ULP",
            it -> it.plain.setTx(it.info13),
            "ENOPROTOOPT: the socket has no ULP: call setUlp(\"tls\") first"),
        row(
            "setRx without ULP",
            it -> it.plain.setRx(it.info13),
            "ENOPROTOOPT: the socket has no ULP: call setUlp(\"tls\") first"),
        row("setTx, closed", it -> it.closed.setTx(it.info13), "ENOTCONN: the socket is closed"),
        row("setRx, closed", it -> it.closed.setRx(it.info13), "ENOTCONN: the socket is closed"),
        row("second key", it -> it.tls12.setTx(it.info12), "EBUSY: TLS 1.2 has no rekey"),
        row("second key", it -> it.tls12.setRx(it.info13), "EBUSY: TLS 1.2 has no rekey"),
        row(
            "other version",
            it -> it.tls13.setTx(it.info12),
            "EINVAL: version and cipher must be those set on this socket before"),
        row(
            "other cipher",
            it -> it.tls13.setRx(it.info256),
            "EINVAL: version and cipher must be those set on this socket before"),
        row("wiped key", it -> it.keyless.setTx(it.wipedInfo), "EINVAL: the secret was wiped"),
        row("wiped key", it -> it.keyless.setRx(it.wipedInfo), "EINVAL: the secret was wiped"),
        row("no key", it -> it.keyless.tx(), "EBUSY: no key to send with is set"),
        row("no key", it -> it.keyless.rx(), "EBUSY: no key to receive with is set"),
        row("no key, closed", it -> it.closed.tx(), "EBUSY: no key to send with is set"),
        row(
            "secrets without keys",
            it -> it.keyless.setTrafficSecrets(Things.secret(), Things.secret()),
            "EINVAL: traffic secrets are set once, when both keys are set and the version is TLS"
                + " 1.3"),
        row(
            "secrets of TLS 1.2",
            it -> it.tls12.setTrafficSecrets(Things.secret(), Things.secret()),
            "EINVAL: traffic secrets are set once, when both keys are set and the version is TLS"
                + " 1.3"),
        row(
            "wiped secrets",
            it -> it.tls13.setTrafficSecrets(Things.secret(), it.wipedSecret),
            "EINVAL: the secret was wiped"),
        row(
            "padding, expected or not",
            it -> it.tls12.setRxExpectNoPad(true),
            "EINVAL: only a socket that receives TLS 1.3 records can expect no padding"),
        row(
            "padding, expected or not",
            it -> it.keyless.isRxExpectNoPad(),
            "EINVAL: only a socket that receives TLS 1.3 records can expect no padding"),
        row(
            "payload",
            it -> it.tls12.setTxMaxPayloadLength(63),
            "EINVAL: found a maximum payload of 63 bytes, expected 64 to 16384"),
        row(
            "payload",
            it -> it.tls13.setTxMaxPayloadLength(16385),
            "EINVAL: found a maximum payload of 16385 bytes, expected 63 to 16384"),
        row(
            "payload, open record",
            it -> {
              it.hold(it.tls13);
              it.tls13.setTxMaxPayloadLength(100);
            },
            "EBUSY: a record is open: send without MORE first"),
        row(
            "low-water mark",
            it -> it.keyless.setReceiveLowWaterMark(0),
            "EINVAL: found a low-water mark of 0, expected 1 to 65536"),
        row(
            "low-water mark",
            it -> it.keyless.setReceiveLowWaterMark(65537),
            "EINVAL: found a low-water mark of 65537, expected 1 to 65536"),
        row(
            "record type",
            it -> it.tls13.sendControl(256, it.data.retain()),
            "EINVAL: found record type 256, expected 0 to 255"),
        row(
            "record type",
            it -> it.tls13.sendmsg(-1, it.data, Set.of()),
            "EINVAL: found record type -1, expected 0 to 255"),
        row(
            "released data",
            it -> it.tls13.sendmsg(it.released, Set.of()),
            "EINVAL: the buffer was released"),
        row("released data", it -> it.tls13.send(it.released), "EINVAL: the buffer was released"),
        row(
            "released buffer",
            it -> it.tls13.recvmsg(it.released, true, Set.of()),
            "EINVAL: the buffer was released"),
        row(
            "size of a read",
            it -> it.tls13.readBuffer(-1),
            "EINVAL: found a read of -1 bytes, expected 1 or more"),
        row(
            "heap buffer",
            it -> it.tls13.received(Unpooled.wrappedBuffer(new byte[5])),
            "EINVAL: found a heap buffer, expected a direct one of one piece"),
        row(
            "version and cipher",
            it -> {
              SecretBytes key = SecretBytes.wiping(new byte[16]);
              SecretBytes saltAndIv = SecretBytes.wiping(new byte[12]);
              new CryptoInfo(TlsVersion.TLS_1_3, CipherType.ARIA_GCM_128, key, saltAndIv, 0);
            },
            "EINVAL: TLSv1.3 has no ARIA_GCM_128"),
        row(
            "key length",
            it ->
                new CryptoInfo(
                    TlsVersion.TLS_1_3,
                    CipherType.AES_GCM_256,
                    SecretBytes.wiping(new byte[16]),
                    SecretBytes.wiping(new byte[12]),
                    0),
            "EINVAL: AES_GCM_256 takes a key of 32 bytes, not 16"),
        row(
            "iv length",
            it ->
                new CryptoInfo(
                    TlsVersion.TLS_1_3,
                    CipherType.AES_GCM_128,
                    SecretBytes.wiping(new byte[16]),
                    SecretBytes.wiping(new byte[8]),
                    0),
            "EINVAL: AES_GCM_128 takes 12 bytes of salt and iv, not 8"),
        row(
            "struct of nothing",
            it -> CryptoInfo.parse(Things.hex("")),
            "EINVAL: found crypto_info of 0 bytes, expected at least 4"),
        row(
            "version of a struct",
            it -> CryptoInfo.parse(Things.hex("02033300" + "00".repeat(36))),
            "EINVAL: found version 0x0302, expected 0x0303 or 0x0304"),
        row(
            "cipher of a struct",
            it -> CryptoInfo.parse(Things.hex("04030a00" + "00".repeat(36))),
            "EINVAL: found cipher type 10, expected 51 to 58"),
        row(
            "length of a struct",
            it -> CryptoInfo.parse(Things.hex("04033300" + "00".repeat(35))),
            "EINVAL: found crypto_info of 39 bytes, expected 40 for AES_GCM_128"),
        row(
            "version and cipher of a struct",
            it -> CryptoInfo.parse(Things.hex("04033900" + "00".repeat(36))),
            "EINVAL: TLSv1.3 has no ARIA_GCM_128"),
        row("wiped struct", it -> it.wipedInfo.write(it.data), "EINVAL: the secret was wiped"),
        row(
            "length of a secret",
            it -> new TrafficSecret(TrafficSecret.Hash.SHA384, SecretBytes.wiping(new byte[32])),
            "EINVAL: SHA384 takes a secret of 48 bytes, not 32"),
        row(
            "cipher of a secret",
            it -> it.secret.cryptoInfo(CipherType.ARIA_GCM_256),
            "EINVAL: TLSv1.3 has no ARIA_GCM_256"),
        row("wiped secret", it -> it.wipedSecret.next(), "EINVAL: the secret was wiped"),
        row(
            "wiped secret",
            it -> it.wipedSecret.cryptoInfo(CipherType.AES_GCM_128),
            "EINVAL: the secret was wiped"),
        row("wiped bytes", it -> it.wipedBytes.reveal(), "EINVAL: the secret was wiped"),
        row("wiped bytes", it -> it.wipedBytes.length(), "EINVAL: the secret was wiped"),
        row("wiped bytes", it -> it.wipedBytes.copy(0, 1), "EINVAL: the secret was wiped"),
        row(
            "part of a secret",
            it -> it.bytes.copy(10, 7),
            "EINVAL: found bytes 10 to 17, expected a part of 16"),
        row(
            "part of a secret",
            it -> it.bytes.copy(-1, 2),
            "EINVAL: found bytes -1 to 1, expected a part of 16"),
        row(
            "policy",
            it -> new RekeyPolicy(0, 1, 1, 1, 1),
            "EINVAL: found rekeyAfterRecords 0, expected 1 or more"),
        row(
            "policy",
            it -> new RekeyPolicy(1, -1, 1, 1, 1),
            "EINVAL: found maxRecords -1, expected 1 or more"),
        row(
            "policy",
            it -> new RekeyPolicy(1, 1, 0, 1, 1),
            "EINVAL: found updatesPerSecond 0, expected 1 or more"),
        row(
            "policy",
            it -> new RekeyPolicy(1, 1, 1, 0, 1),
            "EINVAL: found updateBurst 0, expected 1 or more"),
        row(
            "policy",
            it -> new RekeyPolicy(1, 1, 1, 1, 0),
            "EINVAL: found updatesWithoutData 0, expected 1 or more"),
        row(
            "padding",
            it -> new RecordPadding.ToBlock(0),
            "EINVAL: found padding to 0 bytes, expected 1 to 16384"),
        row(
            "padding",
            it -> new RecordPadding.ToBlock(16385),
            "EINVAL: found padding to 16385 bytes, expected 1 to 16384"));
  }

  @ParameterizedTest(name = "{0}: {2}")
  @MethodSource("misfits")
  void whatDoesNotFitIsRefusedInOneSentence(String name, Call call, String message) {
    assertThatThrownBy(() -> call.on(things)).isInstanceOf(KtlsException.class).hasMessage(message);
    things.transport.setEstablished(true);
    assertUnharmed();
  }

  // Options as bytes.

  static Stream<Arguments> options() {
    return Stream.of(
        set("level", it -> it.tls13, 1, 1, "00000000", "ENOPROTOOPT: found option 1 of level 1"),
        set("option", it -> it.tls13, 282, 6, "00000000", "ENOPROTOOPT: found option 6 of level"),
        set("option of TCP", it -> it.tls13, 6, 1, "00000000", "ENOPROTOOPT: found option 1 of"),
        set("no ULP", it -> it.plain, 282, 1, "00000000", "ENOPROTOOPT: the socket has no ULP"),
        set("key", it -> it.tls13, 282, 1, "0304", "EINVAL: found crypto_info of 2 bytes"),
        set("key", it -> it.tls13, 282, 2, "", "EINVAL: found crypto_info of 0 bytes"),
        set("zerocopy", it -> it.tls13, 282, 3, "0100", "EINVAL: found a value of 2 bytes"),
        set("zerocopy", it -> it.tls13, 282, 3, "0000000000", "EINVAL: found a value of 5 bytes"),
        set("zerocopy", it -> it.tls13, 282, 3, "02000000", "EINVAL: found 2, expected 0 or 1"),
        set("no padding", it -> it.tls13, 282, 4, "010000", "EINVAL: found a value of 3 bytes"),
        set("no padding", it -> it.tls13, 282, 4, "ffffffff", "EINVAL: found -1, expected 0 or 1"),
        set("no padding", it -> it.tls13, 282, 4, "0100000001", "EINVAL: bytes behind the first 4"),
        set("no padding", it -> it.keyless, 282, 4, "01000000", "EINVAL: only a socket that"),
        set("payload", it -> it.tls13, 282, 5, "00000000", "EINVAL: found a value of 4 bytes"),
        set("payload", it -> it.tls13, 282, 5, "0000", "EINVAL: found a maximum payload of 0"),
        set("ULP", it -> it.plain, 6, 31, "", "ENOENT: found ULP \"\", expected \"tls\""),
        get("level", it -> it.tls13, 1, 1, 4, "ENOPROTOOPT: found option 1 of level 1"),
        get("option", it -> it.tls13, 282, 0, 4, "ENOPROTOOPT: found option 0 of level 282"),
        get("no ULP", it -> it.plain, 282, 1, 40, "EOPNOTSUPP: the socket has no ULP"),
        get("no key", it -> it.keyless, 282, 1, 40, "EBUSY: no key to send with is set"),
        get("key", it -> it.tls13, 282, 1, 3, "EINVAL: found a value of 3 bytes"),
        get("key", it -> it.tls13, 282, 2, 39, "EINVAL: found a value of 39 bytes, expected 4 or"),
        get("key", it -> it.tls13, 282, 2, -1, "EINVAL: found a value of -1 bytes"),
        get("zerocopy", it -> it.tls13, 282, 3, 8, "EINVAL: found a value of 8 bytes"),
        get("no padding", it -> it.tls13, 282, 4, 3, "EINVAL: found a value of 3 bytes"),
        get("payload", it -> it.tls13, 282, 5, 1, "EINVAL: found a value of 1 bytes"),
        get("ULP", it -> it.tls13, 6, 31, -1, "EINVAL: found a value of -1 bytes"));
  }

  @FunctionalInterface
  interface Socket {
    KtlsSocket of(Things it);
  }

  private static Arguments set(
      String name, Socket socket, int level, int option, String value, String message) {
    Call call = it -> SocketOptions.setsockopt(socket.of(it), level, option, Things.hex(value));
    return row("set " + name, call, message);
  }

  private static Arguments get(
      String name, Socket socket, int level, int option, int length, String message) {
    Call call = it -> SocketOptions.getsockopt(socket.of(it), level, option, length).release();
    return row("get " + name, call, message);
  }

  @ParameterizedTest(name = "{0}: {2}")
  @MethodSource("options")
  void anOptionThatDoesNotFitIsRefusedInOneSentence(String name, Call call, String message) {
    assertThatThrownBy(() -> call.on(things))
        .isInstanceOf(KtlsException.class)
        .hasMessageStartingWith(message);
    assertUnharmed();
  }

  // Calls whose answer has the errno.

  @Test
  void nothingThatArrivesIsNothing() {
    KtlsSocket socket = things.plain;
    socket.received(SocketFixture.direct(NO_BYTES));
    socket.pushBack(SocketFixture.direct(NO_BYTES));
    assertThat(socket.poll()).doesNotContain(PollEvent.IN);
    assertThat(socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
  }

  @Test
  void aReadOnlyBufferIsEfault() {
    KtlsSocket socket = things.plain;
    socket.received(SocketFixture.direct((byte) 1));
    assertThat(socket.recvmsg(Unpooled.buffer(8).asReadOnly(), true, Set.of()))
        .isEqualTo(new ReceivedMessage.Failed(KtlsErrno.EFAULT));
    ByteBuf into = Unpooled.buffer(8);
    assertThat(socket.recvmsg(into, true, Set.of()))
        .as("what could not be written is still there")
        .isEqualTo(new ReceivedMessage.Message(1, ContentType.NONE, false));
    assertUnharmed();
  }

  @Test
  void flagsThatTlsDoesNotHaveAreAnswered() {
    assertThat(things.tls13.sendmsg(things.data, Set.of(SendFlag.OOB)))
        .isEqualTo(new Sent.Failed(KtlsErrno.EOPNOTSUPP));
    assertThat(things.tls13.sendmsg(things.data, Set.of(SendFlag.MORE, SendFlag.EOR)))
        .isEqualTo(new Sent.Failed(KtlsErrno.EINVAL));
    assertThat(things.tls13.sendmsg(21, things.data, Set.of(SendFlag.MORE)))
        .isEqualTo(new Sent.Failed(KtlsErrno.EINVAL));
    assertThat(things.data.readableBytes()).isEqualTo(2);
    assertUnharmed();
  }

  @Test
  void aRegionThatNoFileHasIsEinval(@TempDir Path folder) throws Exception {
    Path file = java.nio.file.Files.write(folder.resolve("file"), NO_BYTES);
    try (FileChannel channel = FileChannel.open(file)) {
      Sent refused = new Sent.Failed(KtlsErrno.EINVAL);
      assertThat(things.tls13.sendFile(channel, -1, 1)).isEqualTo(refused);
      assertThat(things.tls13.sendFile(channel, 0, -1)).isEqualTo(refused);
    }
    assertUnharmed();
  }

  @Test
  void aTransferOfLessThanNothingIsEinval() {
    assertThat(things.tls13.transferTo(things.plain, -1))
        .isEqualTo(new Sent.Failed(KtlsErrno.EINVAL));
  }

  @Test
  void aClosedSocketSendsAndReceivesNothing() {
    KtlsSocket socket = things.closed;
    assertThat(socket.sendmsg(things.data, Set.of())).isEqualTo(new Sent.Failed(KtlsErrno.EPIPE));
    assertThat(socket.recv()).isEqualTo(Received.Nothing.END_OF_STREAM);
    assertThat(socket.transferTo(things.plain, 1)).isEqualTo(new Sent.Accepted(0));
    socket.send(things.data.retain());
    socket.received(things.data.retain());
    socket.pushBack(things.data.retain());
    socket.shutdownInput();
    socket.shutdownOutput();
    socket.sendCloseNotify();
    socket.sendAlert(Alert.CLOSE_NOTIFY);
    socket.close();
    assertThat(things.transport.takeSent()).isEmpty();
    assertThat(things.data.refCnt()).isOne();
  }

  /// The sockets of this test still do what they did, and the caller's buffer is the caller's.
  private void assertUnharmed() {
    things.transport.takeSent();
    ByteBuf data = things.data.setIndex(0, 2);
    assertThat(data.refCnt()).isOne();
    for (KtlsSocket socket : new KtlsSocket[] {things.tls12, things.tls13, things.plain}) {
      assertThat(socket.recv()).isEqualTo(Received.Nothing.WOULD_BLOCK);
      data.readerIndex(0);
      ThrowingCallable send = () -> socket.sendmsg(data, Set.of());
      org.assertj.core.api.Assertions.assertThatCode(send).doesNotThrowAnyException();
      assertThat(data.isReadable()).isFalse();
    }
    assertThat(things.transport.takeSent()).hasSizeGreaterThan(3 * 2);
  }
}
