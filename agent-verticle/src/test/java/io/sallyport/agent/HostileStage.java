package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.config.CertificateConfig;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.PskConfig;
import io.sallyport.config.StaplingConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.TlsVersion;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CertificateEntry;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.SignatureAndHashAlgorithm;
import org.bouncycastle.tls.TlsContext;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsFatalAlertReceived;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.TlsCertificate;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.impl.bc.BcDefaultTlsCredentialedSigner;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.jspecify.annotations.Nullable;

/// Keys for both sides, and handshakes between a [HostilePeer] and ours.
final class HostileStage implements AutoCloseable {
  static final String KEYRING = "all";

  /// Instead of an alert: there was none.
  static final int NONE = -1;

  /// Instead of an alert: the peer had failed before it came.
  static final int UNHEARD = -2;

  private static final String SECRET = "00112233445566778899aabbccddeeff";

  /// A handshake, named after its hostile side.
  enum Scene {
    CLIENT_TLS_1_3(TlsVersion.TLS_1_3, false, false, false),
    CLIENT_TLS_1_3_RETRY(TlsVersion.TLS_1_3, true, false, false),
    CLIENT_TLS_1_3_CERTIFICATE(TlsVersion.TLS_1_3, false, false, true),
    CLIENT_TLS_1_3_RETRY_CERTIFICATE(TlsVersion.TLS_1_3, true, false, true),
    CLIENT_TLS_1_3_OPTIONAL_CERTIFICATE(TlsVersion.TLS_1_3, false, false, true),
    CLIENT_TLS_1_3_EARLY_DATA(TlsVersion.TLS_1_3, false, false, false),
    CLIENT_TLS_1_3_RETRY_EARLY_DATA(TlsVersion.TLS_1_3, true, false, false),
    CLIENT_TLS_1_3_PSK(TlsVersion.TLS_1_3, false, true, false),
    CLIENT_TLS_1_2(TlsVersion.TLS_1_2, false, false, false),
    CLIENT_TLS_1_2_CERTIFICATE(TlsVersion.TLS_1_2, false, false, true),
    CLIENT_TLS_1_2_PSK(TlsVersion.TLS_1_2, false, true, false),
    SERVER_TLS_1_3(TlsVersion.TLS_1_3, false, false, false),
    SERVER_TLS_1_3_RETRY(TlsVersion.TLS_1_3, true, false, false),
    SERVER_TLS_1_3_CERTIFICATE(TlsVersion.TLS_1_3, false, false, true),
    SERVER_TLS_1_3_PSK(TlsVersion.TLS_1_3, false, true, false),
    SERVER_TLS_1_2(TlsVersion.TLS_1_2, false, false, false),
    SERVER_TLS_1_2_CERTIFICATE(TlsVersion.TLS_1_2, false, false, true),
    SERVER_TLS_1_3_UNVERIFIED(TlsVersion.TLS_1_3, false, false, false),
    SERVER_TLS_1_2_UNVERIFIED(TlsVersion.TLS_1_2, false, false, false),
    SERVER_TLS_1_2_PSK(TlsVersion.TLS_1_2, false, true, false);

    private final TlsVersion version;
    private final boolean retries;
    private final boolean psk;
    private final boolean clientCertificate;

    Scene(TlsVersion version, boolean retries, boolean psk, boolean clientCertificate) {
      this.version = version;
      this.retries = retries;
      this.psk = psk;
      this.clientCertificate = clientCertificate;
    }

    TlsVersion version() {
      return version;
    }

    boolean isOfClient() {
      return name().startsWith("CLIENT");
    }

    private HandshakeKind kind() {
      if (name().endsWith("UNVERIFIED")) {
        return HandshakeKind.CLIENT_HELLO_ANON;
      }
      if (psk) {
        return isOfClient() ? HandshakeKind.SERVER_HELLO_PSK : HandshakeKind.CLIENT_HELLO_PSK;
      }
      return isOfClient() ? HandshakeKind.SERVER_HELLO_X509 : HandshakeKind.CLIENT_HELLO_X509;
    }
  }

  /// How a handshake ended.
  ///
  /// @param answer the last one, already discarded; one that needs input: the peer had no more
  /// @param alert what the peer was told, [#NONE] or [#UNHEARD]
  /// @param messages what the peer sent, without mutations
  record Played(HandshakeAnswer answer, int alert, List<String> messages) {
    @Override
    public String toString() {
      return switch (answer) {
        case HandshakeAnswer.Established _ -> "established";
        case HandshakeAnswer.NeedInput _ -> "waiting";
        case HandshakeAnswer.Refused refused ->
            "alert %d, %s: %s"
                .formatted(alert, refused.outcome().reason(), refused.outcome().detail());
      };
    }
  }

  private final LocalKeyringStore store = new LocalKeyringStore();
  private final AgentResources resources = AgentResources.of(store, InstantSource.system());
  private final TestFiles files;
  private final HostilePeer.Keys serverKeys;
  private final HostilePeer.Keys clientKeys;

  /// @param folder for the files
  HostileStage(Path folder) {
    files = new TestFiles(folder);
    files.certificate("ca", "ec:P-256", "");
    files.issued("ca", "site", "DNS:site.example");
    files.issued("ca", "client", "DNS:client.example");
    files.write("secret", SECRET);
    TrustConfig trust = new TrustConfig.Anchors(files.named("ca.pem"), List.of());
    CertificateConfig site =
        new CertificateConfig(
            files.named("site.pem"), files.named("site.key"), new StaplingConfig.Off());
    PskConfig psk = new PskConfig(HostilePeer.PSK, files.named("secret"));
    store.put(
        files.keyring(
            store, new KeyringConfig(KEYRING, List.of(site), trust, trust, List.of(psk))));
    serverKeys = keys("site");
    clientKeys = keys("client");
  }

  LocalKeyringStore store() {
    return store;
  }

  AgentResources resources() {
    return resources;
  }

  private HostilePeer.Keys keys(String name) {
    files.openssl("pkcs8", "-topk8", "-nocrypt", "-in", name + ".key", "-out", name + ".p8");
    byte[] certificate = der(name + ".pem");
    try {
      AsymmetricKeyParameter key = PrivateKeyFactory.createKey(der(name + ".p8"));
      return new HostilePeer.Keys() {
        @Override
        public TlsCredentials credentials(TlsContext context, @Nullable CertificateRequest wanted) {
          return signer(context, key, certificate, wanted);
        }

        @Override
        public byte[] secret() {
          return HexFormat.of().parseHex(SECRET);
        }
      };
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private byte[] der(String file) {
    String text = files.read(file);
    int start = text.indexOf("-----BEGIN");
    return Base64.getMimeDecoder()
        .decode(text.substring(text.indexOf('\n', start), text.indexOf("-----END")));
  }

  private static TlsCredentials signer(
      TlsContext context,
      AsymmetricKeyParameter key,
      byte[] der,
      @Nullable CertificateRequest wanted) {
    BcTlsCrypto crypto = (BcTlsCrypto) context.getCrypto();
    try {
      TlsCertificate leaf = crypto.createCertificate(der);
      Certificate chain =
          TlsUtils.isTLSv13(context)
              ? new Certificate(
                  wanted == null ? TlsUtils.EMPTY_BYTES : wanted.getCertificateRequestContext(),
                  new CertificateEntry[] {new CertificateEntry(leaf, null)})
              : new Certificate(new TlsCertificate[] {leaf});
      return new BcDefaultTlsCredentialedSigner(
          new TlsCryptoParameters(context),
          crypto,
          key,
          chain,
          // ecdsa_secp256r1_sha256
          SignatureAndHashAlgorithm.getInstance((short) 4, (short) 3));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// Our side of a scene; the caller closes it.
  Handshake handshake(Scene scene) {
    return handshake(scene, JdkTlsCrypto.probe(new SecureRandom()));
  }

  Handshake handshake(Scene scene, JdkTlsCrypto crypto) {
    Keyring keyring = store.acquire(KEYRING).orElseThrow();
    return Handshake.of(request(scene, keyring), keyring, crypto, resources);
  }

  private static HandshakeRequest request(Scene scene, Keyring keyring) {
    List<KeySerial> psks =
        scene.kind() == HandshakeKind.CLIENT_HELLO_PSK
            ? keyring.psks().stream().map(psk -> psk.serial()).toList()
            : List.of();
    return new HandshakeRequest(
        scene.kind(),
        scene.isOfClient() ? null : "site.example",
        KEYRING,
        KeySerial.NONE,
        KeySerial.NONE,
        psks,
        policy(scene),
        "test",
        "");
  }

  /// What our side demands.
  static TlsPolicy policy(Scene scene) {
    if (!scene.isOfClient() || !scene.clientCertificate) {
      return TlsPolicy.DEFAULT;
    }
    ClientAuth.Mode mode =
        scene == Scene.CLIENT_TLS_1_3_OPTIONAL_CERTIFICATE
            ? ClientAuth.Mode.OPTIONAL
            : ClientAuth.Mode.REQUIRED;
    return TlsPolicy.DEFAULT.withClientAuth(new ClientAuth(mode, List.of()));
  }

  /// The hostile side of a scene.
  ///
  /// @param target number of the message that is mutated, from 0
  HostilePeer peer(Scene scene, int target, HostileRecords.Mutation mutation) throws IOException {
    HostilePeer.Script script =
        new HostilePeer.Script(
            scene.version,
            scene.retries,
            scene.psk,
            scene.clientCertificate,
            scene.name().endsWith("EARLY_DATA"),
            scene.isOfClient() ? clientKeys : serverKeys);
    return scene.isOfClient()
        ? new HostilePeer.Client(script, target, mutation)
        : new HostilePeer.Server(script, target, mutation);
  }

  /// Runs a scene to its end.
  Played play(Scene scene, int target, HostileRecords.Mutation mutation) throws IOException {
    HostilePeer peer = peer(scene, target, mutation);
    JdkTlsCrypto crypto = JdkTlsCrypto.probe(new SecureRandom());
    try (Handshake handshake = handshake(scene, crypto)) {
      HandshakeAnswer answer = handshake.begin();
      int alert = NONE;
      while (true) {
        byte[] output = ByteBufUtil.getBytes(answer.output());
        alert = hear(peer, output);
        byte[] flight = answer instanceof HandshakeAnswer.NeedInput ? peer.flight() : new byte[0];
        answer.discard();
        if (flight.length == 0) {
          return new Played(answer, alert, peer.messages());
        }
        answer = handshake.receive(Unpooled.wrappedBuffer(flight));
      }
    } finally {
      assertThat(keyExchanges(crypto)).as("key pairs outside the heap").isEmpty();
    }
  }

  /// What it holds outside the heap.
  private static Set<?> keyExchanges(JdkTlsCrypto crypto) {
    if (!(crypto instanceof LibcryptoTlsCrypto)) {
      return Set.of();
    }
    try {
      Field field = LibcryptoTlsCrypto.class.getDeclaredField("keyExchanges");
      field.setAccessible(true);
      return (Set<?>) field.get(crypto);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /// The alert among what was sent to the peer, which cannot always read it: it stopped where our
  /// side found that something is missing.
  private static int hear(HostilePeer peer, byte[] output) {
    byte[] tail = Arrays.copyOfRange(output, Math.max(0, output.length - 7), output.length);
    if (tail.length == 7 && tail[0] == 21 && tail[1] == 3 && tail[3] == 0 && tail[4] == 2) {
      return tail[6];
    }
    try {
      peer.receive(output);
      return NONE;
    } catch (TlsFatalAlertReceived e) {
      return e.getAlertDescription();
    } catch (IOException | RuntimeException _) {
      return UNHEARD;
    }
  }

  @Override
  public void close() {
    store.close();
  }
}
