package io.sallyport.bench;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Vector;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.DefaultTlsClient;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsServerCertificate;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.jspecify.annotations.Nullable;

/// A client by Bouncy Castle for X25519MLKEM768, which OpenSSL has since version 3.5 only. It
/// trusts everybody.
final class HybridClient extends DefaultTlsClient implements BenchClient, TlsAuthentication {
  private static final List<Integer> GROUPS = List.of(NamedGroup.X25519MLKEM768);

  private final TlsClientProtocol protocol = new TlsClientProtocol();
  private boolean begun;
  private boolean complete;

  HybridClient() {
    super(new BcTlsCrypto(new SecureRandom()));
  }

  @Override
  public byte[] flight(byte[] received) throws IOException {
    if (!begun) {
      begun = true;
      protocol.connect(this);
    }
    protocol.offerInput(received);
    byte[] flight = new byte[protocol.getAvailableOutputBytes()];
    protocol.readOutput(flight, 0, flight.length);
    return flight;
  }

  @Override
  public boolean isComplete() {
    return complete;
  }

  @Override
  public void close() {}

  @Override
  protected ProtocolVersion[] getSupportedVersions() {
    return ProtocolVersion.TLSv13.only();
  }

  @Override
  @SuppressWarnings({"rawtypes", "JdkObsolete"}) // Bouncy Castle's type.
  protected Vector getSupportedGroups(Vector namedGroupRoles) {
    return new Vector<>(GROUPS);
  }

  @Override
  @SuppressWarnings({"rawtypes", "JdkObsolete"}) // Bouncy Castle's type.
  public Vector getEarlyKeyShareGroups() {
    return new Vector<>(GROUPS);
  }

  @Override
  public TlsAuthentication getAuthentication() {
    return this;
  }

  @Override
  public void notifyServerCertificate(TlsServerCertificate certificate) {}

  @Override
  public @Nullable TlsCredentials getClientCredentials(CertificateRequest request) {
    return null;
  }

  @Override
  public void notifyHandshakeComplete() throws IOException {
    super.notifyHandshakeComplete();
    complete = true;
  }
}
