package io.sallyport.ktls;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Goal: the records of the trace that RFC 8448 §3 prints (Simple 1-RTT Handshake) are opened and
/// made byte for byte: all that are encrypted, in both directions, under the keys printed there.
class Rfc8448RecordsTest {
  private static final String DATA =
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425"
          + "262728292a2b2c2d2e2f3031";
  private static final String CLOSE_NOTIFY = "0100";

  /// A record of the trace, in hexadecimal.
  private record Known(int contentType, String plaintext, String wire) {}

  private static final List<Known> SERVER_HANDSHAKE =
      List.of(
          new Known(
              ContentType.HANDSHAKE,
              // EncryptedExtensions, Certificate, CertificateVerify, Finished.
              "080000240022000a00140012001d00170018001901000101010201030104001c000240010000"
                  + "00000b0001b9000001b50001b0308201ac30820115a003020102020102300d06092a864886f7"
                  + "0d01010b0500300e310c300a06035504031303727361301e170d313630373330303132333539"
                  + "5a170d3236303733303031323335395a300e310c300a0603550403130372736130819f300d06"
                  + "092a864886f70d010101050003818d0030818902818100b4bb498f8279303d980836399b36c6"
                  + "988c0c68de55e1bdb826d3901a2461eafd2de49a91d015abbc9a95137ace6c1af19eaa6af98c"
                  + "7ced43120998e187a80ee0ccb0524b1b018c3e0b63264d449a6d38e22a5fda43084674803053"
                  + "0ef0461c8ca9d9efbfae8ea6d1d03e2bd193eff0ab9a8002c47428a6d35a8d88d79f7f1e3f02"
                  + "03010001a31a301830090603551d1304023000300b0603551d0f0404030205a0300d06092a86"
                  + "4886f70d01010b05000381810085aad2a0e5b9276b908c65f73a7267170618a54c5f8a7b337d"
                  + "2df7a594365417f2eae8f8a58c8f8172f9319cf36b7fd6c55b80f21a03015156726096fd335e"
                  + "5e67f2dbf102702e608ccae6bec1fc63a42a99be5c3eb7107c3c54e9b9eb2bd5203b1c3b84e0"
                  + "a8b2f759409ba3eac9d91d402dcc0cc8f8961229ac9187b42b4de100000f000084080400805a"
                  + "747c5d88fa9bd2e55ab085a61015b7211f824cd484145ab3ff52f1fda8477b0b7abc90db78e2"
                  + "d33a5c141a078653fa6bef780c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b1"
                  + "5411ac027671459e46445c9ea58c181e818e95b8c3fb0bf3278409d3be152a3da5043e063dda"
                  + "65cdf5aea20d53dfacd42f74f3140000209b9b141d906337fbd2cbdce71df4deda4ab42c3095"
                  + "72cb7fffee5454b78f0718",
              "17030302a2d1ff334a56f5bff6594a07cc87b580233f500f45e489e7f33af35edf7869fcf40a"
                  + "a40aa2b8ea73f848a7ca07612ef9f945cb960b4068905123ea78b111b429ba9191cd05d2a389"
                  + "280f526134aadc7fc78c4b729df828b5ecf7b13bd9aefb0e57f271585b8ea9bb355c7c790207"
                  + "16cfb9b1183ef3ab20e37d57a6b9d7477609aee6e122a4cf51427325250c7d0e509289444c9b"
                  + "3a648f1d71035d2ed65b0e3cdd0cbae8bf2d0b227812cbb360987255cc744110c453baa4fcd6"
                  + "10928d809810e4b7ed1a8fd991f06aa6248204797e36a6a73b70a2559c09ead686945ba246ab"
                  + "66e5edd8044b4c6de3fcf2a89441ac66272fd8fb330ef8190579b3684596c960bd596eea520a"
                  + "56a8d650f563aad27409960dca63d3e688611ea5e22f4415cf9538d51a200c27034272968a26"
                  + "4ed6540c84838d89f72c24461aad6d26f59ecaba9acbbb317b66d902f4f292a36ac1b639c637"
                  + "ce343117b659622245317b49eeda0c6258f100d7d961ffb138647e92ea330faeea6dfa31c7a8"
                  + "4dc3bd7e1b7a6c7178af36879018e3f252107f243d243dc7339d5684c8b0378bf30244da8c87"
                  + "c843f5e56eb4c5e8280a2b48052cf93b16499a66db7cca71e4599426f7d461e66f99882bd89f"
                  + "c50800becca62d6c74116dbd2972fda1fa80f85df881edbe5a37668936b335583b599186dc5c"
                  + "6918a396fa48a181d6b6fa4f9d62d513afbb992f2b992f67f8afe67f76913fa388cb5630c8ca"
                  + "01e0c65d11c66a1e2ac4c85977b7c7a6999bbf10dc35ae69f5515614636c0b9b68c19ed2e31c"
                  + "0b3b66763038ebba42f3b38edc0399f3a9f23faa63978c317fc9fa66a73f60f0504de93b5b84"
                  + "5e275592c12335ee340bbc4fddd502784016e4b3be7ef04dda49f4b440a30cb5d2af939828fd"
                  + "4ae3794e44f94df5a631ede42c1719bfdabf0253fe5175be898e750edc53370d2b"));

  private static final List<Known> CLIENT_HANDSHAKE =
      List.of(
          new Known(
              ContentType.HANDSHAKE,
              // Finished.
              "14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61",
              "170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f803"
                  + "38ac98fc46deb384bd1caeacab6867d726c40546"));

  private static final List<Known> SERVER_APPLICATION =
      List.of(
          new Known(
              ContentType.HANDSHAKE,
              // NewSessionTicket.
              "040000c90000001efad6aac502000000b22c035d829359ee5ff7af4ec900000000262a6494dc"
                  + "486d2c8a34cb33fa90bf1b0070ad3c498883c9367c09a2be785abc55cd226097a3a982117283"
                  + "f82a03a143efd3ff5dd36d64e861be7fd61d2827db279cce145077d454a3664d4e6da4d29ee0"
                  + "3725a6a4dafcd0fc67d2aea70529513e3da2677fa5906c5b3f7d8f92f228bda40dda721470f9"
                  + "fbf297b5aea617646fac5c03272e970727c621a79141ef5f7de6505e5bfbc388e93343694093"
                  + "934ae4d3570008002a000400000400",
              "17030300de3a6b8f90414a97d6959c3487680de5134a2b240e6cffac116e95d41d6af8f6b580"
                  + "dcf3d11d63c758db289a015940252f55713e061dc13e078891a38efbcf5753ad8ef170ad3c73"
                  + "53d16d9da773b9ca7f2b9fa1b6c0d4a3d03f75e09c30ba1e62972ac46f75f7b981be63439b29"
                  + "99ce13064615139891d5e4c5b406f16e3fc181a77ca475840025db2f0a77f81b5ab05b94c013"
                  + "46755f69232c86519d86cbeeac87aac347d143f9605d64f650db4d023e70e952ca49fe513712"
                  + "1c74bc2697687e248746d6df353005f3bce18696129c8153556b3b6c6779b37bf15985684f"),
          new Known(
              ContentType.APPLICATION_DATA,
              DATA,
              "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90"
                  + "e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d"),
          new Known(
              ContentType.ALERT, CLOSE_NOTIFY, "1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9"));

  private static final List<Known> CLIENT_APPLICATION =
      List.of(
          new Known(
              ContentType.APPLICATION_DATA,
              DATA,
              "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b4"
                  + "6b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4"),
          new Known(
              ContentType.ALERT, CLOSE_NOTIFY, "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3"));

  @ParameterizedTest
  @EnumSource
  void theServersHandshakeRecord(AeadBackend backend) {
    check(
        backend, "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30", SERVER_HANDSHAKE);
  }

  @ParameterizedTest
  @EnumSource
  void theClientsHandshakeRecord(AeadBackend backend) {
    check(
        backend, "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f", CLIENT_HANDSHAKE);
  }

  @ParameterizedTest
  @EnumSource
  void theServersTicketDataAndAlert(AeadBackend backend) {
    check(
        backend,
        "9f02283b6c9c07efc26bb9f2ac92e356",
        "cf782b88dd83549aadf1e984",
        SERVER_APPLICATION);
  }

  @ParameterizedTest
  @EnumSource
  void theClientsDataAndAlert(AeadBackend backend) {
    check(
        backend,
        "17422dda596ed5d9acd890e3c63f5051",
        "5b78923dee08579033e523d9",
        CLIENT_APPLICATION);
  }

  private static void check(AeadBackend backend, String key, String iv, List<Known> trace) {
    try (SocketFixture it = new SocketFixture(backend)) {
      it.setTx(keys(key, iv));
      it.setRx(keys(key, iv));
      for (Known known : trace) {
        it.receive(hex(known.wire()));
        if (known.contentType() == ContentType.APPLICATION_DATA) {
          assertThat(it.recvData()).isEqualTo(hex(known.plaintext()));
          it.socket.send(SocketFixture.direct(hex(known.plaintext())));
        } else {
          assertThat(it.socket.recv())
              .isInstanceOfSatisfying(
                  Received.Control.class,
                  control -> {
                    assertThat(control.contentType()).isEqualTo(known.contentType());
                    assertThat(SocketFixture.take(control.content()))
                        .isEqualTo(hex(known.plaintext()));
                  });
          it.socket.sendControl(known.contentType(), SocketFixture.direct(hex(known.plaintext())));
        }
        assertThat(it.transport.takeSent()).isEqualTo(hex(known.wire()));
      }
    }
  }

  private static CryptoInfo keys(String key, String iv) {
    return new CryptoInfo(
        TlsVersion.TLS_1_3,
        CipherType.AES_GCM_128,
        SecretBytes.wiping(hex(key)),
        SecretBytes.wiping(hex(iv)),
        0);
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }
}
