package io.sallyport.proxy.admin;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.FilePath;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.Position;
import io.sallyport.config.PskConfig;
import io.sallyport.config.StaplingConfig;
import io.sallyport.config.TrustConfig;
import io.sallyport.keyring.KeyringFiles;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// The files of one key, or of whom to trust, on this member's host. The member reads them itself,
/// as its own user, so that no secret travels over HTTP.
sealed interface MaterialFiles {
  /// The word that stands for the JDK's certification authorities.
  String SYSTEM = "system";

  record Certificate(FilePath chain, FilePath key, Optional<FilePath> ocsp)
      implements MaterialFiles {}

  record Pkcs12(FilePath file, FilePath password) implements MaterialFiles {}

  record PreShared(PskConfig psk) implements MaterialFiles {}

  record ClientTrust(TrustConfig trust) implements MaterialFiles {}

  record ServerTrust(TrustConfig trust) implements MaterialFiles {}

  /// Reads which files a request names.
  ///
  /// @throws IllegalArgumentException one line, when they are not the files of exactly one of these
  static MaterialFiles parse(Arguments in) {
    if (in.has("chain")) {
      return new Certificate(
          file(in, "chain"), file(in, "key"), in.optional("ocsp").map(MaterialFiles::file));
    }
    if (in.has("pkcs12")) {
      return new Pkcs12(file(in, "pkcs12"), file(in, "password-file"));
    }
    if (in.has("psk")) {
      return new PreShared(psk(in.text("psk"), file(in, "secret-file")));
    }
    if (in.has("client-ca")) {
      return new ClientTrust(trust(file(in, "client-ca"), in.optional("client-crl")));
    }
    if (in.has("server-ca")) {
      return new ServerTrust(serverTrust(in));
    }
    throw new IllegalArgumentException(
        "found no files, expected those of a certificate, a PKCS#12 file, a pre-shared key, a"
            + " client-ca or a server-ca");
  }

  private static PskConfig psk(String identity, FilePath secret) {
    try {
      return new PskConfig(identity, secret);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "found " + e.getMessage() + ", expected one of 1 to 128 bytes in UTF-8", e);
    }
  }

  private static TrustConfig serverTrust(Arguments in) {
    String ca = in.text("server-ca");
    return ca.equals(SYSTEM)
        ? new TrustConfig.SystemDefault(new Position(Path.of(SYSTEM), 1, 1))
        : trust(file(ca), in.optional("server-crl"));
  }

  private static TrustConfig trust(FilePath ca, Optional<String> crl) {
    return new TrustConfig.Anchors(ca, crl.map(MaterialFiles::file).stream().toList());
  }

  private static FilePath file(Arguments in, String name) {
    return file(in.text(name));
  }

  private static FilePath file(String text) {
    Path path;
    try {
      path = Path.of(text);
    } catch (InvalidPathException _) {
      throw new IllegalArgumentException("found a path that is none, expected the path of a file");
    }
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException(
          "found a relative path " + path + ", expected a whole one");
    }
    if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
      throw new IllegalArgumentException(
          "found no file "
              + path
              + " that the member can read, expected one; the member reads it as its own user");
    }
    return new FilePath(path, new Position(path, 1, 1));
  }

  /// Reads the files, or finds all that is wrong with them. Blocks.
  ///
  /// @throws IllegalArgumentException when `keyring` is no name
  default KeyringFiles.Result read(String keyring) {
    TrustConfig none = new TrustConfig.None();
    return switch (this) {
      case Certificate(FilePath chain, FilePath key, Optional<FilePath> ocsp) -> {
        StaplingConfig stapling =
            ocsp.<StaplingConfig>map(StaplingConfig.Staple::new).orElseGet(StaplingConfig.Off::new);
        yield read(
            keyring, List.of(new CertificateConfig(chain, key, stapling)), none, none, List.of());
      }
      case Pkcs12(FilePath file, FilePath password) -> KeyringFiles.readPkcs12(file, password);
      case PreShared(PskConfig psk) -> read(keyring, List.of(), none, none, List.of(psk));
      case ClientTrust(TrustConfig trust) -> read(keyring, List.of(), trust, none, List.of());
      case ServerTrust(TrustConfig trust) -> read(keyring, List.of(), none, trust, List.of());
    };
  }

  private static KeyringFiles.Result read(
      String keyring,
      List<CertificateConfig> certificates,
      TrustConfig clientTrust,
      TrustConfig serverTrust,
      List<PskConfig> psks) {
    return KeyringFiles.read(
        new KeyringConfig(keyring, certificates, clientTrust, serverTrust, psks));
  }
}
