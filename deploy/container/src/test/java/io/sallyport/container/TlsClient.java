package io.sallyport.container;

import io.sallyport.config.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/// The JDK's TLS client, with a full handshake for each connection. Thread-safe.
final class TlsClient {
  /// Longer than a member waits for a handshake: it is the first to give up, and says why.
  static final int TIMEOUT_MS = 15_000;

  private final TrustManager[] trusted;

  TlsClient(Path ca) throws GeneralSecurityException, IOException {
    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    try (var in = Files.newInputStream(ca)) {
      trust.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(trust);
    trusted = factory.getTrustManagers();
  }

  /// A connection after its handshake. It waits for nothing longer than [#TIMEOUT_MS].
  SSLSocket connect(HostPort address) throws IOException, GeneralSecurityException {
    // Sessions are a context's, so each one of its own has none to resume. Randomness likewise:
    // the default one has one lock for all, an unfair one, where single connections of hundreds
    // wait for ten seconds as if the member hung.
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trusted, SecureRandom.getInstance("DRBG"));
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket();
    try {
      socket.connect(new InetSocketAddress(address.host(), address.port()), TIMEOUT_MS);
      socket.setSoTimeout(TIMEOUT_MS);
      socket.startHandshake();
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /// A byte there and back.
  static void echo(SSLSocket socket) throws IOException {
    socket.getOutputStream().write(7);
    int answer = socket.getInputStream().read();
    if (answer != 7) {
      throw new IOException("answered " + answer);
    }
  }
}
