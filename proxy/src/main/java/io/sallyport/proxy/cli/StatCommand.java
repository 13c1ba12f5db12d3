package io.sallyport.proxy.cli;

import io.sallyport.config.HostPort;
import io.sallyport.proxy.admin.AdminServer;
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

/// `sallyport stat`: the counters of a running member or of its whole cluster, in the format of
/// `/proc/net/tls_stat`.
@Command(name = "stat", description = "Print a running member's counters, as /proc/net/tls_stat.")
final class StatCommand implements Callable<Integer> {
  private static final int TIMEOUT_MS = 5_000;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it.
  private CommandSpec spec;

  @Mixin
  @SuppressWarnings("NullAway.Init") // picocli sets it.
  private AdminAddress admin;

  @Option(names = "--cluster", description = "Sum over all members of its cluster, gone ones too.")
  private boolean cluster;

  @Option(names = "--json", description = "Print everything that is counted, as JSON.")
  private boolean json;

  @Override
  public Integer call() throws CommandFailedException {
    HostPort address = admin.address();
    String path = (cluster ? "/cluster" : "") + (json ? "/stats" : "/tls_stat");
    spec.commandLine().getOut().print(fetch(address, path));
    spec.commandLine().getOut().flush();
    return 0;
  }

  private String fetch(HostPort address, String path) throws CommandFailedException {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) URI.create("http://" + address + path).toURL().openConnection();
      connection.setConnectTimeout(TIMEOUT_MS);
      connection.setReadTimeout(TIMEOUT_MS);
      if (cluster && connection.getResponseCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        throw new CommandFailedException(
            "the member at "
                + address
                + " is in no cluster; leave --cluster out, or give its config a cluster section");
      }
      if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
        throw new CommandFailedException(
            address
                + " answered "
                + connection.getResponseCode()
                + "; is it a sallyport admin address?");
      }
      String silent = connection.getHeaderField(AdminServer.SILENT_HEADER);
      if (silent != null) {
        spec.commandLine()
            .getErr()
            .println("no answer from " + silent + "; counted as of the last report");
        spec.commandLine().getErr().flush();
      }
      try (InputStream body = connection.getInputStream()) {
        return new String(body.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      throw AdminAddress.unanswered(address, e);
    }
  }
}
