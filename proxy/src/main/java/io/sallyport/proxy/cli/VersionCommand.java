package io.sallyport.proxy.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `sallyport version`: the version of the proxy and of the Java it runs on.
@Command(name = "version", description = "Print the version.")
final class VersionCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it.
  private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().getOut().println(version());
    return 0;
  }

  private static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return "sallyport "
        + (version == null ? "(development)" : version)
        + ", Java "
        + Runtime.version();
  }

  /// The same for `sallyport --version`.
  static final class Provider implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {version()};
    }
  }
}
