package io.sallyport.proxy;

import io.sallyport.testing.Certificates.Pair;
import io.sallyport.testing.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/// A throwaway CA of the `openssl` command, with what tests of verification need: certificates of
/// clients, expired ones, and a list of revoked ones.
final class TestCa {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  private final Path folder;

  /// Makes a CA of this name in a folder of its own in `parent`.
  TestCa(Path parent, String name) {
    folder = parent.resolve(name);
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("index"), "");
      Files.writeString(folder.resolve("serial"), "1000\n");
      Files.writeString(folder.resolve("crlnumber"), "01\n");
      Files.writeString(
          folder.resolve("ca.conf"),
          """
          [ca]
          default_ca = test
          [test]
          new_certs_dir = .
          database = index
          serial = serial
          crlnumber = crlnumber
          certificate = ca.pem
          private_key = ca.key
          default_md = sha256
          default_crl_days = 1
          unique_subject = no
          policy = any
          crl_extensions = list
          [any]
          commonName = supplied
          [list]
          authorityKeyIdentifier = keyid:always
          """);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    openssl(
        "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -keyout ca.key -out"
            + " ca.pem -subj",
        "/CN=" + name);
  }

  /// The CA's certificate, to verify with.
  Path certificate() {
    return folder.resolve("ca.pem");
  }

  /// A certificate of a server.
  ///
  /// @param names its subjectAltName, as `DNS:localhost,IP:127.0.0.1`
  Pair server(String fileName, String names) {
    return issue(fileName, "serverAuth", names, Duration.ofDays(1));
  }

  /// A certificate of a server that was good until yesterday.
  Pair expiredServer(String fileName, String names) {
    return issue(fileName, "serverAuth", names, Duration.ofDays(-1));
  }

  /// A certificate of a client.
  Pair client(String fileName, String names) {
    return issue(fileName, "clientAuth", names, Duration.ofDays(1));
  }

  /// A certificate of a client that was good until yesterday.
  Pair expiredClient(String fileName, String names) {
    return issue(fileName, "clientAuth", names, Duration.ofDays(-1));
  }

  private Pair issue(String fileName, String usage, String names, Duration left) {
    Pair pair = new Pair(folder.resolve(fileName + ".pem"), folder.resolve(fileName + ".key"));
    try {
      Files.writeString(
          folder.resolve(fileName + ".ext"),
          "subjectAltName=" + names + "\nextendedKeyUsage=" + usage + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    openssl(
        "req -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256",
        "-subj",
        "/CN=" + fileName,
        "-keyout",
        fileName + ".key",
        "-out",
        fileName + ".csr");
    Instant now = Instant.now();
    openssl(
        "ca -batch -notext -config ca.conf",
        "-in",
        fileName + ".csr",
        "-out",
        fileName + ".pem",
        "-extfile",
        fileName + ".ext",
        "-startdate",
        TIME.format(now.minus(Duration.ofDays(10))),
        "-enddate",
        TIME.format(now.plus(left)));
    return pair;
  }

  /// A list of revoked certificates with `revoked` in it.
  Path revoke(Pair revoked) {
    openssl("ca -config ca.conf -revoke", revoked.chain().toString());
    openssl("ca -config ca.conf -gencrl -out ca.crl");
    return folder.resolve("ca.crl");
  }

  private void openssl(String first, String... more) {
    List<String> words = new ArrayList<>(List.of("openssl"));
    words.addAll(List.of(first.split(" ", -1)));
    words.addAll(List.of(more));
    Command result = Command.runIn(folder, words.toArray(String[]::new));
    if (result.exitCode() != 0) {
      throw new AssertionError(words + " failed: " + result.out());
    }
  }
}
