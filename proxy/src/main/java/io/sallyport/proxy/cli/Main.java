package io.sallyport.proxy.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;

/// `sallyport`: starts a member, or asks about one.
@Command(
    name = "sallyport",
    description = "A TLS-terminating TCP proxy whose record layer follows kernel TLS.",
    mixinStandardHelpOptions = false,
    subcommands = {
      RunCommand.class,
      CheckCommand.class,
      StatCommand.class,
      VersionCommand.class,
      CommandLine.HelpCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class Main {
  static final int FAILED = 1;

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
