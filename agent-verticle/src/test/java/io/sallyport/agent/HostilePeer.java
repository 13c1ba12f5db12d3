package io.sallyport.agent;

import io.sallyport.ktls.TlsVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Hashtable;
import java.util.List;
import java.util.Vector;
import org.bouncycastle.tls.BasicTlsPSKExternal;
import org.bouncycastle.tls.BasicTlsPSKIdentity;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.ClientCertificateType;
import org.bouncycastle.tls.DefaultTlsClient;
import org.bouncycastle.tls.DefaultTlsServer;
import org.bouncycastle.tls.ExtensionType;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.PRFAlgorithm;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.TlsContext;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsPSKExternal;
import org.bouncycastle.tls.TlsPSKIdentity;
import org.bouncycastle.tls.TlsPSKIdentityManager;
import org.bouncycastle.tls.TlsServerCertificate;
import org.bouncycastle.tls.TlsServerProtocol;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.jspecify.annotations.Nullable;

/// Bouncy Castle's TLS as a peer without a network, one of whose messages comes out wrong.
///
/// It knows nothing of that: its own transcript has the message as it should have been.
interface HostilePeer {
  /// Name of the pre-shared key.
  String PSK = "edge";

  /// What it says next; empty when it waits.
  byte[] flight() throws IOException;

  /// The other side sent `bytes`.
  void receive(byte[] bytes) throws IOException;

  /// The messages that it sent, without mutations.
  List<String> messages();

  /// How its handshake is to go.
  ///
  /// @param retries whether it comes to a HelloRetryRequest
  /// @param earlyData whether a client says that it sends early data
  record Script(
      TlsVersion version,
      boolean retries,
      boolean psk,
      boolean clientCertificate,
      boolean earlyData,
      Keys keys) {
    ProtocolVersion[] versions() {
      return (version == TlsVersion.TLS_1_3 ? ProtocolVersion.TLSv13 : ProtocolVersion.TLSv12)
          .only();
    }

    int[] suites() {
      if (version == TlsVersion.TLS_1_3) {
        return new int[] {CipherSuite.TLS_AES_128_GCM_SHA256};
      }
      return new int[] {
        psk
            ? CipherSuite.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256
            : CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
      };
    }
  }

  /// What it shows of itself.
  interface Keys {
    /// Certificate and key.
    ///
    /// @param request what the server asked for, null for a server
    TlsCredentials credentials(TlsContext context, @Nullable CertificateRequest request);

    /// The secret of the pre-shared key.
    byte[] secret();
  }

  /// A hostile client.
  final class Client extends TlsClientProtocol implements HostilePeer {
    private final HostileRecords records;

    Client(Script script, int target, HostileRecords.Mutation mutation) throws IOException {
      HostileCrypto crypto = new HostileCrypto();
      records = new HostileRecords(target, mutation, crypto, this::seal);
      connect(new ClientDecisions(crypto, script));
    }

    private void seal(short type, byte[] content) throws IOException {
      super.writeRecord(type, content, 0, content.length);
      byte[] sealed = new byte[getAvailableOutputBytes()];
      readOutput(sealed, 0, sealed.length);
      records.raw(sealed);
    }

    @Override
    protected void writeRecord(short type, byte[] content, int offset, int length)
        throws IOException {
      records.write(type, content, offset, length);
    }

    @Override
    public byte[] flight() throws IOException {
      return records.take();
    }

    @Override
    public void receive(byte[] bytes) throws IOException {
      offerInput(bytes);
    }

    @Override
    public List<String> messages() {
      return records.messages();
    }

    private static final class ClientDecisions extends DefaultTlsClient {
      private final Script script;

      ClientDecisions(HostileCrypto crypto, Script script) {
        super(crypto);
        this.script = script;
      }

      @Override
      protected ProtocolVersion[] getSupportedVersions() {
        return script.versions();
      }

      @Override
      protected int[] getSupportedCipherSuites() {
        return script.suites();
      }

      @Override
      @SuppressWarnings({"rawtypes", "JdkObsolete"}) // Bouncy Castle's type.
      protected Vector getSupportedGroups(Vector roles) {
        return new Vector<>(List.of(NamedGroup.x25519, NamedGroup.secp256r1));
      }

      @Override
      @SuppressWarnings({"rawtypes", "unchecked"}) // Bouncy Castle's type.
      public Hashtable getClientExtensions() throws IOException {
        Hashtable extensions = super.getClientExtensions();
        if (script.earlyData()) {
          extensions.put(ExtensionType.early_data, TlsUtils.EMPTY_BYTES);
        }
        return extensions;
      }

      @Override
      @SuppressWarnings({"rawtypes", "JdkObsolete"}) // Bouncy Castle's type.
      public Vector getEarlyKeyShareGroups() {
        return new Vector<>(script.retries() ? List.of() : List.of(NamedGroup.x25519));
      }

      @Override
      @SuppressWarnings({"rawtypes", "JdkObsolete"}) // Bouncy Castle's type.
      public @Nullable Vector getExternalPSKs() {
        return script.psk() ? new Vector<>(List.of(external(getCrypto(), script))) : null;
      }

      @Override
      public @Nullable TlsPSKIdentity getPSKIdentity() {
        return script.psk() ? new BasicTlsPSKIdentity(PSK, script.keys().secret()) : null;
      }

      @Override
      public TlsAuthentication getAuthentication() {
        return new TlsAuthentication() {
          @Override
          public void notifyServerCertificate(TlsServerCertificate certificate) {}

          @Override
          public @Nullable TlsCredentials getClientCredentials(CertificateRequest request) {
            return script.clientCertificate() ? script.keys().credentials(context, request) : null;
          }
        };
      }
    }
  }

  /// A hostile server.
  final class Server extends TlsServerProtocol implements HostilePeer {
    private final HostileRecords records;

    Server(Script script, int target, HostileRecords.Mutation mutation) throws IOException {
      HostileCrypto crypto = new HostileCrypto();
      records = new HostileRecords(target, mutation, crypto, this::seal);
      accept(new ServerDecisions(crypto, script));
    }

    private void seal(short type, byte[] content) throws IOException {
      super.writeRecord(type, content, 0, content.length);
      byte[] sealed = new byte[getAvailableOutputBytes()];
      readOutput(sealed, 0, sealed.length);
      records.raw(sealed);
    }

    @Override
    protected void writeRecord(short type, byte[] content, int offset, int length)
        throws IOException {
      records.write(type, content, offset, length);
    }

    @Override
    public byte[] flight() throws IOException {
      return records.take();
    }

    @Override
    public void receive(byte[] bytes) throws IOException {
      offerInput(bytes);
    }

    @Override
    public List<String> messages() {
      return records.messages();
    }

    private static final class ServerDecisions extends DefaultTlsServer {
      private final Script script;

      ServerDecisions(HostileCrypto crypto, Script script) {
        super(crypto);
        this.script = script;
      }

      @Override
      protected ProtocolVersion[] getSupportedVersions() {
        return script.versions();
      }

      @Override
      protected int[] getSupportedCipherSuites() {
        return script.suites();
      }

      @Override
      public int[] getSupportedGroups() {
        // A client here sends shares for its first group and for X25519.
        return new int[] {script.retries() ? NamedGroup.secp384r1 : NamedGroup.x25519};
      }

      @Override
      @SuppressWarnings("rawtypes") // Bouncy Castle's type.
      public @Nullable TlsPSKExternal getExternalPSK(Vector identities) {
        return script.psk() ? external(getCrypto(), script) : null;
      }

      @Override
      public TlsPSKIdentityManager getPSKIdentityManager() {
        return new TlsPSKIdentityManager() {
          @Override
          public byte[] getHint() {
            return TlsUtils.EMPTY_BYTES;
          }

          @Override
          public byte[] getPSK(byte[] identity) {
            return script.keys().secret();
          }
        };
      }

      @Override
      public @Nullable TlsCredentials getCredentials() {
        return script.psk() ? null : script.keys().credentials(context, null);
      }

      @Override
      public @Nullable CertificateRequest getCertificateRequest() throws IOException {
        if (!script.clientCertificate()) {
          return null;
        }
        return script.version() == TlsVersion.TLS_1_3
            ? new CertificateRequest(TlsUtils.EMPTY_BYTES, SchemeChoice.verified(), null, null)
            : new CertificateRequest(
                new short[] {ClientCertificateType.ecdsa_sign}, SchemeChoice.verified(), null);
      }

      @Override
      public void notifyClientCertificate(Certificate certificate) {}
    }
  }

  private static TlsPSKExternal external(TlsCrypto crypto, Script script) {
    return new BasicTlsPSKExternal(
        PSK.getBytes(StandardCharsets.UTF_8),
        crypto.createSecret(script.keys().secret()),
        PRFAlgorithm.tls13_hkdf_sha256);
  }
}
