package io.sallyport.proxy.cli;

import io.sallyport.config.ConfigError;
import io.sallyport.config.HostPort;
import io.sallyport.proxy.admin.AdminToken;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The running member that a `keys` command is for: its admin address, and the token in its
/// `data-dir`, which says that the command may.
final class KeysMember {
  private static final int CONNECT_TIMEOUT_MS = 5_000;

  /// The member may have to wait for others.
  private static final int READ_TIMEOUT_MS = 60_000;

  private static final int ANSWER_BYTES_MAX = 16 << 20;

  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // picocli sets it.
  private CommandSpec command;

  @Mixin
  @SuppressWarnings("NullAway.Init") // picocli sets it.
  private AdminAddress admin;

  @Option(
      names = "--data",
      paramLabel = "FOLDER",
      description = "The member's data-dir (default: as -c FILE says, else data).")
  private @Nullable Path data;

  /// Has the member do it, and prints what it answers: results to stdout, warnings to stderr.
  ///
  /// @param arguments those whose value is null are left out
  /// @return the exit code
  int ask(String operation, JsonObject arguments) throws CommandFailedException {
    HostPort address = admin.address();
    String token = token();
    arguments.getMap().values().removeIf(value -> value == null);
    JsonObject answer = post(address, token, operation, arguments);
    print(command.commandLine().getErr(), "warning: ", answer.getJsonArray("warnings"));
    print(command.commandLine().getOut(), "", answer.getJsonArray("lines"));
    return 0;
  }

  private static void print(PrintWriter out, String prefix, @Nullable JsonArray lines) {
    if (lines != null) {
      lines.forEach(line -> out.println(prefix + ConfigError.printable(String.valueOf(line))));
    }
    out.flush();
  }

  private String token() throws CommandFailedException {
    Path folder = dataDir();
    try {
      return AdminToken.readHeader(folder);
    } catch (NoSuchFileException e) {
      throw new CommandFailedException(
          "found no "
              + e.getFile()
              + ", expected the token of a running member of a cluster; name its data-dir with -c"
              + " FILE or --data FOLDER");
    } catch (AccessDeniedException e) {
      throw new CommandFailedException(
          "cannot read "
              + e.getFile()
              + " (permission denied); run this as the user that the member runs as");
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot read " + folder.resolve(AdminToken.FILE) + " (" + e.getMessage() + ")");
    }
  }

  private Path dataDir() throws CommandFailedException {
    if (data != null) {
      return data;
    }
    return admin.file().isPresent()
        ? ConfigFile.load(admin.file().get()).node().dataDir()
        : Path.of("data");
  }

  private JsonObject post(HostPort address, String token, String operation, JsonObject arguments)
      throws CommandFailedException {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://" + address + "/keys/" + operation).toURL().openConnection();
      connection.setConnectTimeout(CONNECT_TIMEOUT_MS);
      connection.setReadTimeout(READ_TIMEOUT_MS);
      connection.setRequestMethod("POST");
      connection.setRequestProperty("Authorization", token);
      connection.setRequestProperty("Content-Type", "application/json");
      connection.setDoOutput(true);
      connection.getOutputStream().write(arguments.toBuffer().getBytes());
      return answer(address, connection.getResponseCode(), body(connection));
    } catch (IOException e) {
      throw AdminAddress.unanswered(address, e);
    }
  }

  /// What the member answers; nothing when it is no JSON.
  private static JsonObject body(HttpURLConnection connection) throws IOException {
    InputStream stream =
        connection.getResponseCode() == HttpURLConnection.HTTP_OK
            ? connection.getInputStream()
            : connection.getErrorStream();
    if (stream == null) {
      return new JsonObject();
    }
    try (stream) {
      return new JsonObject(Buffer.buffer(stream.readNBytes(ANSWER_BYTES_MAX)));
    } catch (DecodeException _) {
      return new JsonObject();
    }
  }

  private static JsonObject answer(HostPort address, int status, JsonObject body)
      throws CommandFailedException {
    if (status == HttpURLConnection.HTTP_OK && body.containsKey("lines")) {
      return body;
    }
    String error = body.getString("error");
    throw new CommandFailedException(
        error == null
            ? address
                + " answered "
                + status
                + "; is it the admin address of a member of a cluster?"
            : ConfigError.printable(error));
  }
}
