package io.sallyport.proxy.cli;

import io.sallyport.config.AdminConfig;
import io.sallyport.config.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `sallyport stat`: the counters of a running member, in the format of `/proc/net/tls_stat`.
@Command(name = "stat", description = "Print a running member's counters, as /proc/net/tls_stat.")
final class StatCommand implements Callable<Integer> {
  private static final int TIMEOUT_MS = 5_000;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it.
  private CommandSpec spec;

  @Option(
      names = "--admin",
      paramLabel = "HOST:PORT",
      description = "The member's admin address (default 127.0.0.1:9901).")
  private @Nullable String admin;

  @Option(names = "-c", paramLabel = "FILE", description = "Take the admin address from this file.")
  private @Nullable Path file;

  @Option(names = "--json", description = "Print everything that is counted, as JSON.")
  private boolean json;

  @Override
  public Integer call() throws CommandFailedException {
    HostPort address = address();
    spec.commandLine().getOut().print(fetch(address, json ? "/stats" : "/tls_stat"));
    spec.commandLine().getOut().flush();
    return 0;
  }

  private HostPort address() throws CommandFailedException {
    if (admin != null) {
      try {
        return HostPort.parse(admin);
      } catch (IllegalArgumentException e) {
        throw new CommandFailedException(
            "--admin: found " + e.getMessage() + ", expected HOST:PORT, as 127.0.0.1:9901");
      }
    }
    AdminConfig config = file == null ? AdminConfig.DEFAULT : ConfigFile.load(file).admin();
    return switch (config) {
      case AdminConfig.Listen(HostPort listen) -> listen;
      case AdminConfig.Off() ->
          throw new CommandFailedException(
              file
                  + ": found admin listen: none, expected an address; a member without one cannot"
                  + " be asked");
    };
  }

  private static String fetch(HostPort address, String path) throws CommandFailedException {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create("http://" + address + path).toURL().openConnection();
      connection.setConnectTimeout(TIMEOUT_MS);
      connection.setReadTimeout(TIMEOUT_MS);
      if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
        throw new CommandFailedException(
            address
                + " answered "
                + connection.getResponseCode()
                + "; is it a sallyport admin address?");
      }
      try (InputStream body = connection.getInputStream()) {
        return new String(body.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      throw new CommandFailedException(
          "no member answers at the admin address "
              + address
              + " ("
              + e.getMessage()
              + "); start one with \"sallyport run\", or name its address with -c FILE or --admin"
              + " HOST:PORT");
    }
  }
}
