package io.sallyport.agent;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.PskConfig;
import io.sallyport.config.StaplingConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Everything that proves something in the matrix: files for the peers, keyrings for the agent.
///
/// `ca` issues all certificates but those named `stranger`; everybody trusts `ca`. A server's are
/// for `localhost`, `127.0.0.1` and `*.wild.example`.
final class MatrixKeys {
  /// A name of a pre-shared key that only clients know.
  static final String UNKNOWN = "unknown";

  /// A name of a pre-shared key of which both sides have another secret.
  static final String DIFFERENT = "different";

  static final String KNOWN = "known";

  private static final Map<String, String> PEER_SECRETS =
      Map.of(
          KNOWN,
          "00112233445566778899aabbccddeeff",
          DIFFERENT,
          "ff".repeat(16),
          UNKNOWN,
          "77".repeat(16));
  private static final Map<String, String> OUR_SECRETS =
      Map.of(
          KNOWN,
          "00112233445566778899aabbccddeeff",
          DIFFERENT,
          "aa".repeat(16),
          UNKNOWN,
          "77".repeat(16));
  private static final String NAMES = "DNS:localhost,IP:127.0.0.1,DNS:*.wild.example";

  private final TestFiles files;

  /// Makes them all.
  MatrixKeys(Path folder) {
    files = new TestFiles(folder);
    files.certificate("ca", "ec:P-256", "");
    files.certificate("strange-ca", "ec:P-256", "");
    issue("ca", "p256", "ec:P-256", NAMES, 2);
    issue("ca", "p384", "ec:P-384", NAMES, 2);
    issue("ca", "rsa", "rsa:2048", NAMES, 2);
    issue("ca", "elsewhere", "ec:P-256", "DNS:elsewhere.example", 2);
    issue("strange-ca", "stranger", "ec:P-256", NAMES, 2);
    issue("ca", "expired", "ec:P-256", NAMES, -1);
    issue("ca", "client", "ec:P-256", "DNS:client.example", 2);
    issue("ca", "client-rsa", "rsa:2048", "DNS:client.example", 2);
    files.ocsp("ca", "p256", "V", "-ndays", "1");
    // curl looks for the issuer in the chain.
    files.write("p256-and-ca.pem", files.read("p256.pem") + files.read("ca.pem"));
    files.write(
        "psk.passwd",
        KNOWN + ":" + secret(KNOWN) + "\n" + DIFFERENT + ":" + secret(DIFFERENT) + "\n");
    files.write("body", MatrixExchange.BODY);
    files.write("request", MatrixExchange.REQUEST);
  }

  private void issue(String ca, String name, String algorithm, String names, int days) {
    List<String> request = new ArrayList<>(List.of("req", "-new", "-nodes", "-newkey"));
    if (algorithm.startsWith("ec:")) {
      request.addAll(List.of("ec", "-pkeyopt", "ec_paramgen_curve:" + algorithm.substring(3)));
    } else {
      request.add(algorithm);
    }
    request.addAll(
        List.of("-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name));
    files.openssl(request.toArray(String[]::new));
    files.write(name + ".ext", "basicConstraints=CA:false\nsubjectAltName=%s\n".formatted(names));
    List<String> sign = new ArrayList<>(List.of("x509", "-req", "-in", name + ".csr"));
    sign.addAll(List.of("-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial"));
    sign.addAll(List.of("-days", String.valueOf(days), "-extfile", name + ".ext"));
    sign.addAll(List.of("-out", name + ".pem"));
    files.openssl(sign.toArray(String[]::new));
  }

  /// Stores the keyrings: for a server `p256`, `p384`, `rsa`, `both`, `stapled`; for a client
  /// `nobody`, the names of certificates with `as-` before them, and `distrusting`, which trusts
  /// only `strange-ca`.
  void load(LocalKeyringStore store) {
    for (String name : List.of("p256", "p384", "rsa")) {
      put(store, name, List.of(certificate(name)), "ca");
    }
    put(store, "both", List.of(certificate("p256"), certificate("rsa")), "ca");
    put(
        store,
        "stapled",
        List.of(
            new CertificateConfig(
                files.named("p256-and-ca.pem"),
                files.named("p256.key"),
                new StaplingConfig.Staple(files.named("p256.ocsp")))),
        "ca");
    for (String name : List.of("client", "client-rsa", "stranger", "expired")) {
      put(store, "as-" + name, List.of(certificate(name)), "ca");
    }
    put(store, "nobody", List.of(), "ca");
    put(store, "distrusting", List.of(), "strange-ca");
  }

  private void put(
      LocalKeyringStore store, String name, List<CertificateConfig> certificates, String ca) {
    TrustConfig trust = new TrustConfig.Anchors(files.named(ca + ".pem"), List.of());
    // The server of a handshake by pre-shared key is "p256", which does not know UNKNOWN.
    List<PskConfig> psks =
        (name.equals("nobody") ? List.of(KNOWN, DIFFERENT, UNKNOWN) : List.of(KNOWN, DIFFERENT))
            .stream()
                .map(identity -> {
                  files.write(identity + ".psk", String.valueOf(OUR_SECRETS.get(identity)));
                  return new PskConfig(identity, files.named(identity + ".psk"));
                })
                .toList();
    store.put(files.keyring(store, new KeyringConfig(name, certificates, trust, trust, psks)));
  }

  private CertificateConfig certificate(String name) {
    return new CertificateConfig(
        files.named(name + ".pem"), files.named(name + ".key"), new StaplingConfig.Off());
  }

  /// The serial of a pre-shared key of a keyring.
  static KeySerial serial(LocalKeyringStore store, String keyring, String identity) {
    Keyring found = store.acquire(keyring).orElseThrow();
    try {
      return found.psk(identity.getBytes(StandardCharsets.UTF_8)).orElseThrow().serial();
    } finally {
      found.release();
    }
  }

  /// What the peer holds to be the secret of that name, in hexadecimal digits.
  static String secret(String identity) {
    return String.valueOf(PEER_SECRETS.get(identity));
  }

  /// The path of a file, as `ca.pem`.
  String file(String name) {
    return files.path(name).toString();
  }

  /// Paths of the certificates that stand for a name, without their ending.
  List<String> certificates(String name) {
    return Arrays.stream((name.equals("both") ? "p256 rsa" : name).split(" "))
        .map(this::file)
        .toList();
  }

  /// The path of the file in which the client of a server notes what goes over the wire.
  String messages(int port) {
    return file("messages-" + port);
  }

  /// A session that a server with the same certificate gave out, for a client that offers it, and
  /// early data with it, to a server that does not know it.
  void makeEarlySession() throws InterruptedException {
    List<String> server = new ArrayList<>(List.of("openssl", "s_server", "-rev"));
    server.addAll(List.of("-max_early_data", String.valueOf(1 << 14)));
    server.addAll(List.of("-accept", "127.0.0.1:0", "-cert", file("p256.pem")));
    server.addAll(List.of("-key", file("p256.key")));
    try (PeerProcess issuer = new PeerProcess(server)) {
      String port = issuer.await("ACCEPT 127\\.0\\.0\\.1:(\\d+)");
      List<String> client = new ArrayList<>(List.of("openssl", "s_client", "-ign_eof"));
      client.addAll(List.of("-connect", "127.0.0.1:" + port, "-servername", "localhost"));
      client.addAll(List.of("-CAfile", file("ca.pem"), "-sess_out", file("early.session")));
      try (PeerProcess receiver = new PeerProcess(client)) {
        // Asks the server to close, which it does behind the ticket.
        receiver.write("CLOSE\n");
        receiver.exit();
      }
    }
    files.write("early", "early data ".repeat(1000));
  }

  TestFiles files() {
    return files;
  }
}
