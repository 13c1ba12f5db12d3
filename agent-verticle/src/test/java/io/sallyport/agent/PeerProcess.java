package io.sallyport.agent;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A command that runs beside the test. Its input stays open until it ends, and after 20 seconds it
/// is killed: what hangs fails its case, and does not hang it too.
final class PeerProcess implements AutoCloseable {
  private static final int SECONDS_MAX = 20;

  private final Process process;
  private final StringBuilder output = new StringBuilder();
  private final CompletableFuture<Void> ended;
  private boolean complete;

  PeerProcess(List<String> command) {
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new IllegalStateException("cannot be run: " + command, e);
    }
    CompletableFuture.delayedExecutor(SECONDS_MAX, TimeUnit.SECONDS).execute(this::kill);
    ended = CompletableFuture.runAsync(this::read, task -> Thread.ofPlatform().start(task));
  }

  private void read() {
    char[] buffer = new char[1 << 14];
    try (Reader reader =
        new InputStreamReader(process.getInputStream(), StandardCharsets.ISO_8859_1)) {
      for (int length; (length = reader.read(buffer)) >= 0; ) {
        append(buffer, length);
      }
    } catch (IOException _) {
      // It was killed.
    } finally {
      complete();
    }
  }

  private synchronized void append(char[] characters, int length) {
    output.append(characters, 0, length);
    notifyAll();
  }

  private synchronized void complete() {
    complete = true;
    notifyAll();
  }

  /// Gives it something to read; nothing happens when it has ended.
  void write(String input) {
    try {
      OutputStream in = process.getOutputStream();
      in.write(input.getBytes(StandardCharsets.ISO_8859_1));
      in.flush();
    } catch (IOException _) {
      // Its output tells why.
    }
  }

  /// The first group of `pattern`, once it is printed.
  ///
  /// @throws IllegalStateException when it ends without
  synchronized String await(String pattern) throws InterruptedException {
    Pattern compiled = Pattern.compile(pattern);
    while (true) {
      boolean last = complete;
      Matcher matcher = compiled.matcher(output);
      if (matcher.find()) {
        return matcher.group(matcher.groupCount());
      }
      if (last) {
        throw new IllegalStateException("ended without " + pattern + ": " + output);
      }
      wait();
    }
  }

  /// Waits for its end.
  ///
  /// @return its exit code
  int exit() throws InterruptedException {
    ended.join();
    return process.waitFor();
  }

  synchronized String output() {
    return output.toString();
  }

  /// Ends it. Its output is complete then.
  void stop() {
    kill();
    ended.join();
  }

  /// By its handle: `Process.destroyForcibly` closes its output too, with what was not read of it.
  private void kill() {
    process.toHandle().destroyForcibly();
  }

  @Override
  public void close() {
    stop();
  }
}
