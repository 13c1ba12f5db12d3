package io.sallyport.proxy.cli;

import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/// The files of one key, or of whom to trust. The member reads them, so their paths have to mean
/// the same to it: they are made absolute here.
final class MaterialOptions {
  @ArgGroup(multiplicity = "1")
  @SuppressWarnings("NullAway.Init") // picocli sets it.
  private Kind kind;

  /// Exactly one of these.
  static final class Kind {
    @ArgGroup(exclusive = false)
    private @Nullable Certificate certificate;

    @ArgGroup(exclusive = false)
    private @Nullable Pkcs12 pkcs12;

    @ArgGroup(exclusive = false)
    private @Nullable PreShared preShared;

    @ArgGroup(exclusive = false)
    private @Nullable ClientTrust clientTrust;

    @ArgGroup(exclusive = false)
    private @Nullable ServerTrust serverTrust;
  }

  /// A certificate with its private key.
  static final class Certificate {
    @Option(names = "--chain", paramLabel = "PEM", required = true, description = "A certificate.")
    private Path chain = Path.of("");

    @Option(names = "--key", paramLabel = "PEM", required = true, description = "Its key.")
    private Path key = Path.of("");

    @Option(names = "--ocsp", paramLabel = "DER", description = "What to staple to it.")
    private @Nullable Path ocsp;
  }

  /// The same, in one file.
  static final class Pkcs12 {
    @Option(
        names = "--pkcs12",
        paramLabel = "FILE",
        required = true,
        description = "A certificate with its key.")
    private Path file = Path.of("");

    @Option(
        names = "--password-file",
        paramLabel = "FILE",
        required = true,
        description = "A file whose first line opens it.")
    private Path password = Path.of("");
  }

  /// A pre-shared key.
  static final class PreShared {
    @Option(
        names = "--psk",
        paramLabel = "IDENTITY",
        required = true,
        description = "What both peers call a secret.")
    private String identity = "";

    @Option(
        names = "--secret-file",
        paramLabel = "FILE",
        required = true,
        description = "That secret in hexadecimal digits.")
    private Path secret = Path.of("");
  }

  /// Whose certificates clients may show.
  static final class ClientTrust {
    @Option(
        names = "--client-ca",
        paramLabel = "PEM",
        required = true,
        description = "Authorities that clients' certificates may be of.")
    private Path ca = Path.of("");

    @Option(names = "--client-crl", paramLabel = "PEM", description = "What those revoked.")
    private @Nullable Path crl;
  }

  /// Whose certificates servers may show.
  static final class ServerTrust {
    @Option(
        names = "--server-ca",
        paramLabel = "PEM|system",
        required = true,
        description = "Authorities that servers' certificates may be of; system: those of the JDK.")
    private String ca = "";

    @Option(names = "--server-crl", paramLabel = "PEM", description = "What those revoked.")
    private @Nullable Path crl;
  }

  /// Puts them into a request.
  JsonObject into(JsonObject request) {
    if (kind.certificate != null) {
      request
          .put("chain", absolute(kind.certificate.chain))
          .put("key", absolute(kind.certificate.key))
          .put("ocsp", absolute(kind.certificate.ocsp));
    } else if (kind.pkcs12 != null) {
      request
          .put("pkcs12", absolute(kind.pkcs12.file))
          .put("password-file", absolute(kind.pkcs12.password));
    } else if (kind.preShared != null) {
      request
          .put("psk", kind.preShared.identity)
          .put("secret-file", absolute(kind.preShared.secret));
    } else if (kind.clientTrust != null) {
      request
          .put("client-ca", absolute(kind.clientTrust.ca))
          .put("client-crl", absolute(kind.clientTrust.crl));
    } else if (kind.serverTrust != null) {
      String ca = kind.serverTrust.ca;
      request
          .put("server-ca", ca.equals("system") ? ca : absolute(Path.of(ca)))
          .put("server-crl", absolute(kind.serverTrust.crl));
    }
    return request;
  }

  private static @Nullable String absolute(@Nullable Path path) {
    return path == null ? null : path.toAbsolutePath().normalize().toString();
  }
}
