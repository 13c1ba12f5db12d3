package io.sallyport.keyring;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.FilePath;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.Position;
import io.sallyport.config.StaplingConfig;
import io.sallyport.config.TrustConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Keys and certificates made by the `openssl` command, as independent of our code as of Java.
public final class TestFiles {
  private final Path folder;
  private int line;

  public TestFiles(Path folder) {
    this.folder = folder;
  }

  /// Runs `openssl` in the folder; a failure is an [AssertionError] with its output.
  public void openssl(String... arguments) {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new AssertionError(command + ": " + output);
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /// A self-signed certificate `NAME.pem` and its key `NAME.key`, in PKCS#8.
  ///
  /// @param algorithm as `openssl req -newkey` takes it: `ec:P-256`, `rsa:2048`
  /// @param names the subjectAltName, as `DNS:a.example,DNS:*.b.example`; empty for none
  public void certificate(String name, String algorithm, String names) {
    List<String> arguments =
        new ArrayList<>(List.of("req", "-x509", "-nodes", "-days", "2", "-keyout", name + ".key"));
    arguments.addAll(List.of("-out", name + ".pem", "-subj", "/CN=" + name + ".example"));
    if (algorithm.startsWith("ec:")) {
      arguments.addAll(
          List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + algorithm.substring(3)));
    } else {
      arguments.addAll(List.of("-newkey", algorithm));
    }
    if (!names.isEmpty()) {
      arguments.addAll(List.of("-addext", "subjectAltName=" + names));
    }
    openssl(arguments.toArray(String[]::new));
  }

  /// The certificate `NAME.pem` and its key `NAME.key`, ECDSA P-256, issued by `CA.pem`.
  ///
  /// @param ca a name that [#certificate] took
  /// @param names as there
  public void issued(String ca, String name, String names) {
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name + ".key");
    openssl("req", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-out", name + ".csr");
    write(name + ".ext", "basicConstraints=CA:false\n");
    if (!names.isEmpty()) {
      write(name + ".ext", "basicConstraints=CA:false\nsubjectAltName=" + names + "\n");
    }
    List<String> arguments = new ArrayList<>(List.of("x509", "-req", "-in", name + ".csr"));
    arguments.addAll(List.of("-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial"));
    arguments.addAll(List.of("-days", "2", "-extfile", name + ".ext", "-out", name + ".pem"));
    openssl(arguments.toArray(String[]::new));
  }

  /// An empty CRL `CA.crl` of `CA.pem`.
  ///
  /// @param seconds how long it holds
  public void crl(String ca, int seconds) {
    write(ca + ".index", "");
    write(
        ca + ".cnf",
        "[ca]\ndefault_ca=here\n[here]\ndatabase=%s.index\ndefault_md=sha256\n".formatted(ca));
    List<String> arguments = new ArrayList<>(List.of("ca", "-gencrl", "-config", ca + ".cnf"));
    arguments.addAll(List.of("-cert", ca + ".pem", "-keyfile", ca + ".key"));
    arguments.addAll(List.of("-crlsec", String.valueOf(seconds), "-out", ca + ".crl"));
    openssl(arguments.toArray(String[]::new));
  }

  /// An OCSP response `NAME.ocsp` by `CA.pem` about `NAME.pem`, which it issued.
  ///
  /// @param status `V` for good, `R` for revoked, as the index of `openssl ca` has them
  /// @param more arguments of `openssl ocsp`, as `-ndays 1`
  public void ocsp(String ca, String name, String status, String... more) {
    openssl("x509", "-in", name + ".pem", "-noout", "-serial", "-out", name + ".serial");
    String serial = read(name + ".serial").strip().substring("serial=".length());
    write(
        name + ".index",
        "%s\t491231235959Z\t%s\t%s\tunknown\t/CN=%s\n"
            .formatted(status, status.equals("R") ? "250101000000Z" : "", serial, name));
    List<String> arguments = new ArrayList<>(List.of("ocsp", "-index", name + ".index"));
    arguments.addAll(List.of("-rsigner", ca + ".pem", "-rkey", ca + ".key", "-CA", ca + ".pem"));
    arguments.addAll(List.of("-issuer", ca + ".pem", "-cert", name + ".pem", "-noverify"));
    arguments.addAll(List.of("-respout", name + ".ocsp"));
    arguments.addAll(List.of(more));
    openssl(arguments.toArray(String[]::new));
  }

  /// The path of a file in the folder.
  public Path path(String name) {
    return folder.resolve(name);
  }

  /// Writes a file into the folder.
  public void write(String name, String content) {
    try {
      Files.writeString(path(name), content);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// Reads a file of the folder.
  public String read(String name) {
    try {
      return Files.readString(path(name));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// A file as the config names it, each on a line of its own.
  public FilePath named(String name) {
    return new FilePath(path(name), new Position(Path.of("sallyport.yaml"), ++line, 1));
  }

  /// A keyring of the certificates `NAME.pem` with the keys `NAME.key`.
  public KeyringConfig config(String keyring, String... names) {
    List<CertificateConfig> certificates = new ArrayList<>();
    for (String name : names) {
      certificates.add(
          new CertificateConfig(
              named(name + ".pem"), named(name + ".key"), new StaplingConfig.Off()));
    }
    return new KeyringConfig(
        keyring, certificates, new TrustConfig.None(), new TrustConfig.None(), List.of());
  }

  /// The same keyring, with whom it believes as a client and as a server.
  public KeyringConfig withTrust(KeyringConfig config, TrustConfig trust) {
    return new KeyringConfig(config.name(), config.certificates(), trust, trust, config.psks());
  }

  /// Loads such a keyring, which must work.
  public Keyring keyring(KeyringStore store, String keyring, String... names) {
    return keyring(store, config(keyring, names));
  }

  /// Loads a keyring, which must work.
  public Keyring keyring(KeyringStore store, KeyringConfig config) {
    return switch (KeyringLoader.load(config, store)) {
      case KeyringLoader.Loaded loaded -> loaded.keyring();
      case KeyringLoader.Rejected rejected ->
          throw new AssertionError(rejected.errors().toString());
    };
  }
}
