package io.sallyport.proxy.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `sallyport check`: whether a config file and the keys it names would start.
@Command(name = "check", description = "Check a config file and the keys it names.")
final class CheckCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it.
  private CommandSpec spec;

  @Option(names = "-c", paramLabel = "FILE", required = true, description = "The config file.")
  private Path file = Path.of("");

  @Override
  public Integer call() throws CommandFailedException {
    ConfigFile.keyrings(ConfigFile.load(file)).close();
    spec.commandLine().getOut().println(file + ": ok");
    return 0;
  }
}
