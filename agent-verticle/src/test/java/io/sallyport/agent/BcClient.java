package io.sallyport.agent;

import java.io.IOException;
import java.util.List;
import java.util.Vector;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.DefaultTlsClient;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsServerCertificate;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.jspecify.annotations.Nullable;

/// Bouncy Castle's TLS as a client without a network, which trusts everybody and speaks groups that
/// the JDK does not.
final class BcClient extends DefaultTlsClient {
  private final ProtocolVersion version;
  private final List<Integer> groups;
  private final List<Integer> shares;
  private final TlsClientProtocol protocol = new TlsClientProtocol();
  private boolean complete;

  /// @param groups that it supports, in its order
  /// @param shares those of them for which it sends a key share at once
  BcClient(TlsCrypto crypto, ProtocolVersion version, List<Integer> groups, List<Integer> shares)
      throws IOException {
    super(crypto);
    this.version = version;
    this.groups = groups;
    this.shares = shares;
    protocol.connect(this);
  }

  /// Everything the client has to say until it must hear something.
  byte[] flight() {
    byte[] flight = new byte[protocol.getAvailableOutputBytes()];
    protocol.readOutput(flight, 0, flight.length);
    return flight;
  }

  /// The server sent `bytes`.
  void receive(byte[] bytes) throws IOException {
    protocol.offerInput(bytes);
  }

  /// Whether the client is done with its handshake.
  boolean isComplete() {
    return complete;
  }

  @Override
  protected ProtocolVersion[] getSupportedVersions() {
    return version.only();
  }

  @Override
  @SuppressWarnings({"rawtypes", "JdkObsolete"}) // Bouncy Castle's type.
  protected Vector getSupportedGroups(Vector namedGroupRoles) {
    return new Vector<>(groups);
  }

  @Override
  @SuppressWarnings({"rawtypes", "JdkObsolete"}) // Bouncy Castle's type.
  public Vector getEarlyKeyShareGroups() {
    return new Vector<>(shares);
  }

  @Override
  public TlsAuthentication getAuthentication() {
    return new TlsAuthentication() {
      @Override
      public void notifyServerCertificate(TlsServerCertificate certificate) {}

      @Override
      public @Nullable TlsCredentials getClientCredentials(CertificateRequest request) {
        return null;
      }
    };
  }

  @Override
  public void notifyHandshakeComplete() throws IOException {
    super.notifyHandshakeComplete();
    complete = true;
  }
}
