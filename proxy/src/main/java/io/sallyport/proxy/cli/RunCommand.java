package io.sallyport.proxy.cli;

import io.sallyport.config.HostPort;
import io.sallyport.config.ListenerConfig;
import io.sallyport.config.ProxyConfig;
import io.sallyport.proxy.Member;
import io.sallyport.proxy.quickstart.Quickstart;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.logging.LogManager;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `sallyport run`: starts a member. SIGTERM and SIGINT drain it; then the process exits with 0.
@Command(
    name = "run",
    description = "Start the proxy. Without -c: a quickstart with a certificate of its own.")
final class RunCommand implements Callable<Integer> {
  /// Not an exit code: the process lives on.
  static final int RUNNING = -1;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it.
  private CommandSpec spec;

  @Option(names = "-c", paramLabel = "FILE", description = "The config file.")
  private @Nullable Path file;

  @Option(
      names = "--data",
      paramLabel = "FOLDER",
      description = "Where the quickstart keeps its certificate (default: data).")
  private @Nullable Path data;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    if (file != null && data != null) {
      throw new ParameterException(
          spec.commandLine(), "--data is for the quickstart, and -c FILE starts another config");
    }
    if (file != null) {
      start(ConfigFile.load(file), out);
    } else {
      Quickstart quickstart = quickstart();
      start(ConfigFile.load(quickstart.configFile()), out);
      out.println(quickstart.curlLine());
    }
    out.flush();
    return RUNNING;
  }

  private Quickstart quickstart() throws CommandFailedException {
    Path folder = data == null ? Path.of("data") : data;
    try {
      return Quickstart.prepare(folder);
    } catch (FileSystemException e) {
      throw new CommandFailedException(
          "quickstart: cannot write "
              + e.getFile()
              + " ("
              + reason(e)
              + "); name a folder that can be written with --data FOLDER");
    } catch (IOException e) {
      throw new CommandFailedException("quickstart: " + e.getMessage());
    }
  }

  private static String reason(FileSystemException e) {
    return switch (e) {
      case FileAlreadyExistsException _ -> "it is a file, not a folder";
      case AccessDeniedException _ -> "permission denied";
      case NoSuchFileException _ -> "no such folder";
      default -> String.valueOf(e.getReason());
    };
  }

  private static void start(ProxyConfig config, PrintWriter out) throws Exception {
    Member member = await(Member.start(config, ConfigFile.keyrings(config)));
    if (LogManager.getLogManager() instanceof LastingLogManager logs) {
      logs.last();
    }
    Runtime.getRuntime().addShutdownHook(new Thread(() -> drain(member), "drain"));
    Map<String, HostPort> addresses = await(member.addresses());
    for (ListenerConfig listener : config.listeners()) {
      out.println("listening on " + addresses.get(listener.name()) + " (" + listener.name() + ")");
    }
  }

  /// Runs as the virtual machine shuts down; left alone it would report the signal as its exit
  /// code.
  private static void drain(Member member) {
    int exitCode = Main.FAILED;
    try {
      await(member.drain());
      exitCode = 0;
    } catch (InterruptedException | CommandFailedException e) {
      System.err.println("drain failed: " + e.getMessage());
    }
    System.out.flush();
    Runtime.getRuntime().halt(exitCode);
  }

  /// What a member comes to; its failure is the message of the command's.
  static <T> T await(Future<T> future) throws InterruptedException, CommandFailedException {
    try {
      return future.toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
      throw new CommandFailedException(String.valueOf(cause.getMessage()));
    }
  }
}
