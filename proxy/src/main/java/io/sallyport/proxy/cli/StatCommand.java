package io.sallyport.proxy.cli;

import io.sallyport.config.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

  @Mixin
  @SuppressWarnings("NullAway.Init") // picocli sets it.
  private AdminAddress admin;

  @Option(names = "--json", description = "Print everything that is counted, as JSON.")
  private boolean json;

  @Override
  public Integer call() throws CommandFailedException {
    HostPort address = admin.address();
    spec.commandLine().getOut().print(fetch(address, json ? "/stats" : "/tls_stat"));
    spec.commandLine().getOut().flush();
    return 0;
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
      throw AdminAddress.unanswered(address, e);
    }
  }
}
