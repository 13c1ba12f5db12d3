package io.sallyport.testing;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Throwaway certificates made by the `openssl` command, signed by a throwaway CA.
public final class Certificates {
  /// The kinds of key.
  public enum KeyKind {
    P256("ec", "ec_paramgen_curve:P-256"),
    P384("ec", "ec_paramgen_curve:P-384"),
    RSA("rsa", "rsa_keygen_bits:2048");

    private final String algorithm;
    private final String option;

    KeyKind(String algorithm, String option) {
      this.algorithm = algorithm;
      this.option = option;
    }
  }

  /// A certificate chain and its key, as PEM files.
  public record Pair(Path chain, Path key) {}

  private final Path folder;
  private final Path caKey;
  private final Path caFile;

  /// Makes a CA in `folder`.
  public Certificates(Path folder) {
    this.folder = folder;
    caKey = folder.resolve("ca.key");
    caFile = folder.resolve("ca.pem");
    openssl(
        "req",
        "-x509",
        "-nodes",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-days",
        "2",
        "-subj",
        "/CN=Test CA",
        "-keyout",
        caKey.toString(),
        "-out",
        caFile.toString());
  }

  /// The CA's certificate, to verify with.
  public Path ca() {
    return caFile;
  }

  /// A certificate for `names`, each a DNS name or an IPv4 address.
  public Pair issue(String fileName, KeyKind kind, String... names) {
    Path key = folder.resolve(fileName + ".key");
    Path request = folder.resolve(fileName + ".csr");
    Path chain = folder.resolve(fileName + ".pem");
    Path extensions = folder.resolve(fileName + ".ext");
    List<String> san = new ArrayList<>();
    for (String name : names) {
      san.add((name.matches("[0-9.]+") ? "IP:" : "DNS:") + name);
    }
    try {
      Files.writeString(
          extensions,
          "subjectAltName=" + String.join(",", san) + "\nextendedKeyUsage=serverAuth,clientAuth\n");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    openssl(
        "req",
        "-nodes",
        "-newkey",
        kind.algorithm,
        "-pkeyopt",
        kind.option,
        "-subj",
        "/CN=" + requireNonNull(names[0]),
        "-keyout",
        key.toString(),
        "-out",
        request.toString());
    openssl(
        "x509",
        "-req",
        "-in",
        request.toString(),
        "-CA",
        caFile.toString(),
        "-CAkey",
        caKey.toString(),
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        extensions.toString(),
        "-out",
        chain.toString());
    return new Pair(chain, key);
  }

  private static void openssl(String... words) {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(words));
    Command result = Command.run(new byte[0], command);
    if (result.exitCode() != 0) {
      throw new AssertionError("openssl failed: " + result.out());
    }
  }
}
