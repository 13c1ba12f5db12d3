package io.sallyport.proxy.cli;

import io.sallyport.audit.AuditVerifier;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `sallyport keys audit --verify`: whether a member's audit log is what the member wrote. Reads
/// its files; the member need not run.
@Command(name = "audit", description = "Verify a member's audit log of key uses.")
final class KeysAuditCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it.
  private CommandSpec spec;

  @Option(names = "--verify", required = true, description = "Follow its chain, line by line.")
  @SuppressWarnings("UnusedVariable") // There is nothing else to do with it yet.
  private boolean verify;

  @Option(names = "-c", paramLabel = "FILE", description = "Take the data-dir from this file.")
  private @Nullable Path file;

  @Option(
      names = "--data",
      paramLabel = "FOLDER",
      description = "Where the audit log is (default: data).")
  private @Nullable Path data;

  @Override
  public Integer call() throws CommandFailedException {
    Path folder = folder();
    return switch (verify(folder)) {
      case AuditVerifier.Intact(long records, var first, var last) -> {
        PrintWriter out = spec.commandLine().getOut();
        out.println(
            "audit log intact: records "
                + first.sequence()
                + " to "
                + last.sequence()
                + " ("
                + records
                + "), the last of "
                + last.time()
                + " with chain "
                + last.chain());
        out.flush();
        yield 0;
      }
      case AuditVerifier.Broken broken ->
          throw new CommandFailedException(
              broken.message() + "; keep the folder as evidence, and compare it with copies");
    };
  }

  private Path folder() throws CommandFailedException {
    if (file != null && data != null) {
      throw new ParameterException(
          spec.commandLine(), "-c FILE names the folder, and --data FOLDER another; leave one out");
    }
    if (file != null) {
      return ConfigFile.load(file).node().dataDir();
    }
    return data == null ? Path.of("data") : data;
  }

  private static AuditVerifier.Result verify(Path folder) throws CommandFailedException {
    try {
      return AuditVerifier.verify(folder);
    } catch (IOException e) {
      throw new CommandFailedException(
          "audit log: cannot read "
              + reason(e)
              + "; name the folder of its files with --data FOLDER or -c FILE, as a user who may"
              + " read them");
    }
  }

  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> missing.getFile() + " (no such file or folder)";
      case NotDirectoryException file -> file.getFile() + " (it is a file, not a folder)";
      case AccessDeniedException denied -> denied.getFile() + " (permission denied)";
      default -> "it (" + e.getMessage() + ")";
    };
  }
}
