package io.sallyport.proxy.training;

import io.sallyport.config.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/// What clients do with a busy member: full and resumed handshakes of both versions, small requests
/// and large ones, and all the ways to leave early. So many that the compilers of the virtual
/// machine have seen enough.
///
/// Those who leave early do so among the others from the start: what the machine never saw while it
/// learned, it compiles as impossible, and when it happens it compiles everything around it again.
///
/// A program of its own, so that the member's virtual machine learns nothing of clients.
public final class TrainingClients {
  private static final int CLIENTS = 8;

  /// In each a client does every kind of handshake once, and leaves early once.
  private static final int ROUNDS = 300;

  /// Of a client in each round, on a connection that lasts.
  private static final int SMALL_REQUESTS = 10;

  /// Of a client, on that connection at the end.
  private static final int LARGE_REQUESTS = 8;

  private static final int SMALL_LENGTH = 128;
  private static final int LARGE_LENGTH = 1 << 20;
  static final int TIMEOUT_MS = 20_000;

  private final HostPort address;
  private final TrustManagerFactory trusted;

  /// Makes the load: `ADDRESS CERTIFICATE`, of the listener, the certificate in PEM.
  public static void main(String[] args) throws Exception {
    new TrainingClients(HostPort.parse(args[0]), Path.of(args[1])).run();
  }

  /// @param certificate the listener's, in PEM
  private TrainingClients(HostPort address, Path certificate)
      throws IOException, GeneralSecurityException {
    this.address = address;
    trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(certificate)) {
      Certificate known = CertificateFactory.getInstance("X.509").generateCertificate(in);
      store.setCertificateEntry("listener", known);
    }
    trusted.init(store);
  }

  /// Returns when all is done; each client does its share on a thread of its own.
  ///
  /// @throws IOException when anything went wrong
  private void run() throws IOException, InterruptedException {
    try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
      List<Callable<Void>> shares = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        shares.add(this::runShare);
      }
      for (Future<Void> share : threads.invokeAll(shares)) {
        share.get();
      }
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  private Void runShare() throws IOException, GeneralSecurityException {
    SSLContext remembering = context();
    SSLContext rememberingOlder = context();
    try (SSLSocket staying = connect(remembering, "TLSv1.3")) {
      for (int round = 0; round < ROUNDS; round++) {
        exchangeOnce(context(), "TLSv1.3");
        exchangeOnce(remembering, "TLSv1.3");
        exchangeOnce(context(), "TLSv1.2");
        exchangeOnce(rememberingOlder, "TLSv1.2");
        EarlyLeave.ALL.get(round % EarlyLeave.ALL.size()).run(address, context());
        for (int i = 0; i < SMALL_REQUESTS; i++) {
          exchange(staying, SMALL_LENGTH);
        }
      }
      for (int i = 0; i < LARGE_REQUESTS; i++) {
        exchange(staying, LARGE_LENGTH);
      }
    }
    return null;
  }

  /// One that knows no session.
  private SSLContext context() throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trusted.getTrustManagers(), null);
    return context;
  }

  private void exchangeOnce(SSLContext context, String version) throws IOException {
    try (SSLSocket socket = connect(context, version)) {
      exchange(socket, SMALL_LENGTH);
    }
  }

  private SSLSocket connect(SSLContext context, String version) throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(address.host(), address.port());
    socket.setSoTimeout(TIMEOUT_MS);
    socket.setTcpNoDelay(true);
    socket.setEnabledProtocols(new String[] {version});
    return socket;
  }

  /// In pieces that no buffer on the way has to hold.
  private static void exchange(SSLSocket socket, int length) throws IOException {
    byte[] piece = new byte[Math.min(length, 64 << 10)];
    for (int left = length; left > 0; left -= piece.length) {
      socket.getOutputStream().write(piece);
      if (socket.getInputStream().readNBytes(piece.length).length < piece.length) {
        throw new IOException("the connection ended early");
      }
    }
  }
}
