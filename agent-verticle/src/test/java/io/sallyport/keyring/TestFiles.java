package io.sallyport.keyring;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.FilePath;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.Position;
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
      certificates.add(new CertificateConfig(named(name + ".pem"), named(name + ".key")));
    }
    return new KeyringConfig(keyring, certificates);
  }

  /// Loads such a keyring, which must work.
  public Keyring keyring(KeyringStore store, String keyring, String... names) {
    return switch (KeyringLoader.load(config(keyring, names), store)) {
      case KeyringLoader.Loaded loaded -> loaded.keyring();
      case KeyringLoader.Rejected rejected ->
          throw new AssertionError(rejected.errors().toString());
    };
  }
}
