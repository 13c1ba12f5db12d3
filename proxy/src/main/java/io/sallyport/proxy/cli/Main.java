package io.sallyport.proxy.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/// `sallyport`: starts a member, or asks about one.
@Command(
    name = "sallyport",
    description = "A TLS-terminating TCP proxy whose record layer follows kernel TLS.",
    versionProvider = VersionCommand.Provider.class,
    subcommands = {
      RunCommand.class,
      CheckCommand.class,
      StatCommand.class,
      TrainCommand.class,
      KeysCommand.class,
      VersionCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class Main {
  static final int FAILED = 1;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show how to use it.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it.
  private boolean help;

  @Option(names = "--version", versionHelp = true, description = "Print the version.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it.
  private boolean version;

  private Main() {}

  /// Runs a command. `run` returns once it listens and the process lives on; every other command
  /// ends the process.
  public static void main(String[] args) {
    int exitCode = commandLine().execute(args);
    if (exitCode != RunCommand.RUNNING) {
      System.exit(exitCode);
    }
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main()).setExecutionExceptionHandler(oneLine());
  }

  /// What a command could not do is one line on stderr.
  private static IExecutionExceptionHandler oneLine() {
    return (failure, command, parsed) -> {
      if (!(failure instanceof CommandFailedException)) {
        throw failure;
      }
      command.getErr().println(failure.getMessage());
      return FAILED;
    };
  }
}
