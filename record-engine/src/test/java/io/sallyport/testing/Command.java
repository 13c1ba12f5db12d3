package io.sallyport.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Another program, run to its end: the peers that tests talk to.
///
/// @param exitCode what it ended with
/// @param out its stdout and stderr together, bytes as ISO 8859-1
public record Command(int exitCode, String out) {
  private static final int LIMIT_SECONDS = 120;

  /// Runs a program that reads nothing.
  public static Command run(String... words) {
    return run(new byte[0], List.of(words));
  }

  /// Runs a program in `folder` that reads nothing.
  public static Command runIn(Path folder, String... words) {
    ProcessBuilder builder = new ProcessBuilder(words).directory(folder.toFile());
    return run(new byte[0], builder);
  }

  /// Runs a program that reads `in`. It is killed when it takes longer than two minutes.
  public static Command run(byte[] in, List<String> words) {
    return run(in, new ProcessBuilder(new ArrayList<>(words)));
  }

  private static Command run(byte[] in, ProcessBuilder builder) {
    try {
      Process process = builder.redirectErrorStream(true).start();
      CompletableFuture<byte[]> out =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return process.getInputStream().readAllBytes();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              },
              task -> Thread.ofVirtual().start(task));
      try (var stdin = process.getOutputStream()) {
        stdin.write(in);
      } catch (IOException _) {
        // It ended without reading everything: its exit code says more.
      }
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("does not end: " + builder.command());
      }
      return new Command(process.exitValue(), new String(out.join(), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new AssertionError(
          "cannot run " + builder.command() + ": is it installed? " + e.getMessage(), e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
