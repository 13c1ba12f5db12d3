package io.sallyport.agent;

import io.sallyport.ktls.TlsVersion;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/// The JDK's TLS as a peer of the matrix, on blocking sockets.
final class JdkPeer {
  private static final int TIMEOUT_MS = 15_000;
  private static final char[] PASSWORD = "unused".toCharArray();

  private final MatrixCase one;
  private final MatrixKeys keys;

  JdkPeer(MatrixCase one, MatrixKeys keys) {
    this.one = one;
    this.keys = keys;
  }

  /// Connects, sends the request, and answers with what came back, or with what went wrong; as
  /// often as it has to.
  String exchange(int port) {
    StringBuilder answers = new StringBuilder();
    try {
      SSLSocketFactory factory = context(one.clientCertificate).getSocketFactory();
      for (int i = 0; i < one.connections; i++) {
        answers.append(exchange(factory, port));
      }
    } catch (IOException | GeneralSecurityException e) {
      answers.append(e);
    }
    return answers.toString();
  }

  private String exchange(SSLSocketFactory factory, int port) throws IOException {
    try (SSLSocket socket =
        (SSLSocket) factory.createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MS);
      SSLParameters parameters = parameters(socket.getSSLParameters(), one.clientAlpn);
      if (one.name != null) {
        parameters.setServerNames(List.of(new SNIHostName(one.name)));
      }
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      socket.getOutputStream().write(MatrixExchange.REQUEST.getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return answer + socket.getSession() + " " + socket.getApplicationProtocol();
    }
  }

  /// A server that echoes its connections, which end before the socket is closed.
  SSLServerSocket listen() throws IOException, GeneralSecurityException {
    SSLServerSocket listener =
        (SSLServerSocket)
            context(one.certificate)
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress());
    listener.setSoTimeout(TIMEOUT_MS);
    SSLParameters parameters = parameters(listener.getSSLParameters(), one.serverAlpn);
    switch (one.clientAuth) {
      case NONE -> parameters.setNeedClientAuth(false);
      case OPTIONAL -> parameters.setWantClientAuth(true);
      case REQUIRED -> parameters.setNeedClientAuth(true);
    }
    listener.setSSLParameters(parameters);
    return listener;
  }

  /// Serves its connections, one after the other, in a thread of its own.
  CompletableFuture<String> serve(ServerSocket listener) {
    return CompletableFuture.supplyAsync(
        () ->
            IntStream.range(0, one.connections)
                .mapToObj(_ -> serveOne(listener))
                .collect(Collectors.joining("\n")),
        task -> Thread.ofPlatform().start(task));
  }

  private static String serveOne(ServerSocket listener) {
    try (SSLSocket socket = (SSLSocket) listener.accept()) {
      socket.setSoTimeout(TIMEOUT_MS);
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      byte[] buffer = new byte[1 << 14];
      for (int length; (length = in.read(buffer)) >= 0; ) {
        out.write(buffer, 0, length);
      }
      return socket.getSession().toString();
    } catch (IOException e) {
      return e.toString();
    }
  }

  private SSLParameters parameters(SSLParameters parameters, List<String> alpn) {
    if (one.version != null) {
      parameters.setProtocols(
          new String[] {one.version == TlsVersion.TLS_1_3 ? "TLSv1.3" : "TLSv1.2"});
    }
    if (one.suite != null) {
      parameters.setCipherSuites(new String[] {one.suite});
    }
    if (!one.groups.isEmpty()) {
      parameters.setNamedGroups(one.groups.toArray(String[]::new));
    }
    parameters.setApplicationProtocols(alpn.toArray(String[]::new));
    return parameters;
  }

  private SSLContext context(@Nullable String certificate)
      throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", certificate("ca"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    if (certificate != null) {
      for (String path : keys.certificates(certificate)) {
        String name = String.valueOf(Path.of(path).getFileName());
        X509Certificate leaf = certificate(name);
        own.setKeyEntry(
            name,
            key(name, leaf.getPublicKey().getAlgorithm()),
            PASSWORD,
            new Certificate[] {leaf});
      }
    }
    KeyManagerFactory manager =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    manager.init(own, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(manager.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private X509Certificate certificate(String name) throws GeneralSecurityException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new ByteArrayInputStream(
                    keys.files().read(name + ".pem").getBytes(StandardCharsets.US_ASCII)));
  }

  private PrivateKey key(String name, String algorithm)
      throws IOException, GeneralSecurityException {
    String pem = Files.readString(keys.files().path(name + ".key"));
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
  }
}
