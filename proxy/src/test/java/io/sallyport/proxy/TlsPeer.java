package io.sallyport.proxy;

import io.sallyport.testing.Certificates.Pair;
import io.sallyport.testing.Command;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/// The JDK's TLS server, on sockets of its caller: what goes over them besides TLS is the caller's
/// choice.
final class TlsPeer {
  private static final String PASSWORD = "changeit";
  private static final String ENTRY = "own";

  private final SSLContext context;

  /// @param identity what the server shows
  /// @param clientCa whose clients it trusts
  TlsPeer(Pair identity, Path clientCa) throws GeneralSecurityException, IOException {
    this(identity, identity, clientCa);
  }

  /// A server that shows one certificate and signs with the key of another.
  TlsPeer(Pair shown, Pair signing, Path clientCa) throws GeneralSecurityException, IOException {
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    own.setKeyEntry(
        ENTRY,
        keyStore(signing).getKey(ENTRY, PASSWORD.toCharArray()),
        PASSWORD.toCharArray(),
        keyStore(shown).getCertificateChain(ENTRY));
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(own, PASSWORD.toCharArray());
    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    try (var in = Files.newInputStream(clientCa)) {
      trust.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
    trusted.init(trust);
    context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
  }

  private static KeyStore keyStore(Pair pair) throws GeneralSecurityException, IOException {
    Path file = pair.chain().resolveSibling(pair.chain().getFileName() + ".p12");
    Command made =
        Command.run(
            "openssl",
            "pkcs12",
            "-export",
            "-name",
            ENTRY,
            "-in",
            pair.chain().toString(),
            "-inkey",
            pair.key().toString(),
            "-passout",
            "pass:" + PASSWORD,
            "-out",
            file.toString());
    if (made.exitCode() != 0) {
      throw new AssertionError(made.out());
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }

  /// A session on `socket`, before its handshake. Closing it does not close `socket`.
  SSLSocket over(Socket socket, String... protocols) throws IOException {
    SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, null, false);
    tls.setUseClientMode(false);
    tls.setEnabledProtocols(protocols);
    return tls;
  }
}
