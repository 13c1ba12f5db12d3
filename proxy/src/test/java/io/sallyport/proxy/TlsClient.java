package io.sallyport.proxy;

import io.sallyport.config.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/// The JDK's TLS client.
final class TlsClient {
  private final SSLContext context;

  TlsClient(Path ca) throws GeneralSecurityException, IOException {
    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    try (var in = Files.newInputStream(ca)) {
      trust.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
    trusted.init(trust);
    context = SSLContext.getInstance("TLS");
    context.init(null, trusted.getTrustManagers(), null);
  }

  /// A connection to a proxy on another address, after its handshake. It waits for nothing longer
  /// than so.
  SSLSocket connectTo(HostPort address, int timeoutMs) throws IOException {
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket();
    try {
      socket.connect(new InetSocketAddress(address.host(), address.port()), timeoutMs);
      socket.setSoTimeout(timeoutMs);
      socket.startHandshake();
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /// A connection to the proxy, after its handshake.
  SSLSocket connect(int port, String... protocols) throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
    if (protocols.length > 0) {
      socket.setEnabledProtocols(protocols);
    }
    socket.setSoTimeout(60_000);
    socket.startHandshake();
    return socket;
  }
}
