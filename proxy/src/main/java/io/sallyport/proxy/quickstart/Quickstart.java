package io.sallyport.proxy.quickstart;

import io.sallyport.keyring.SelfSignedCertificate;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;

/// A running example: a certificate for localhost, a backend that says hello, and the config file
/// that joins them, all in the data folder.
///
/// The certificate is made once and kept; the config file is written anew each time, because its
/// ports are those that are free.
public final class Quickstart {
  private static final int TLS_PORT = 8443;
  private static final int ADMIN_PORT = 9901;

  /// Ports tried one after the other before giving up.
  private static final int PORTS_TRIED = 100;

  private final Path folder;
  private final int port;

  private Quickstart(Path folder, int port) {
    this.folder = folder;
    this.port = port;
  }

  /// Makes what is missing in `data` and starts the backend.
  ///
  /// @throws IOException when the folder cannot be written or no port is free
  public static Quickstart prepare(Path data) throws IOException {
    Path folder = data.toAbsolutePath().normalize();
    Files.createDirectories(folder);
    Quickstart quickstart = new Quickstart(folder, freePort(TLS_PORT));
    quickstart.removeExpired();
    SelfSignedCertificate.writeIfMissing(quickstart.chainFile(), quickstart.keyFile());
    Files.writeString(quickstart.configFile(), quickstart.config(HelloBackend.start().port()));
    return quickstart;
  }

  /// Its certificate lasts a year; nobody should have to know that to see it run.
  private void removeExpired() throws IOException {
    if (!Files.exists(chainFile())) {
      return;
    }
    try (InputStream in = Files.newInputStream(chainFile())) {
      ((X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in))
          .checkValidity();
    } catch (CertificateExpiredException _) {
      Files.deleteIfExists(chainFile());
      Files.deleteIfExists(keyFile());
    } catch (CertificateException _) {
      // Not ours, or broken: loading it will say what is wrong.
    }
  }

  /// The config file, valid and ready to be loaded.
  public Path configFile() {
    return folder.resolve("quickstart.yaml");
  }

  /// The command that shows it working, as one would type it.
  public String curlLine() {
    return "curl --cacert " + quoted(chainFile()) + " https://localhost:" + port + "/";
  }

  private Path chainFile() {
    return folder.resolve("localhost.pem");
  }

  private Path keyFile() {
    return folder.resolve("localhost.key");
  }

  private String config(int backendPort) throws IOException {
    return """
    # Written by "sallyport run" at each start; copy it to change it.
    node: {name: quickstart, data-dir: .}
    admin: {listen: 127.0.0.1:%d}
    keyrings:
      quickstart:
        certificates: [{chain: localhost.pem, key: localhost.key}]
    listeners:
      - name: https
        bind: 127.0.0.1:%d
        tls: {keyring: quickstart, alpn: [http/1.1]}
        backend: hello
    backends:
      - name: hello
        servers: [{address: 127.0.0.1:%d}]
    """
        .formatted(freePort(ADMIN_PORT), port, backendPort);
  }

  private static int freePort(int first) throws IOException {
    for (int port = first; port < first + PORTS_TRIED; port++) {
      try (ServerSocket probe = new ServerSocket()) {
        probe.setReuseAddress(true);
        probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return port;
      } catch (IOException _) {
        // Taken: the next one.
      }
    }
    throw new IOException(
        "no port from " + first + " to " + (first + PORTS_TRIED - 1) + " is free on 127.0.0.1");
  }

  private static String quoted(Path path) {
    String text = path.toString();
    return text.matches("[A-Za-z0-9_./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
