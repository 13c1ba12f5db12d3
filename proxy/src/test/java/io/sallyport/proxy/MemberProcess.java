package io.sallyport.proxy;

import io.sallyport.config.HostPort;
import io.sallyport.proxy.cli.Main;
import io.sallyport.testing.Command;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `sallyport run` as a process of its own, so that it can be killed and stopped as people's are.
final class MemberProcess implements AutoCloseable {
  private static final Pattern LISTENING = Pattern.compile("listening on (\\S+) \\(https\\)");
  private static final Pattern ALLOCATED = Pattern.compile(" allocated=([0-9.]+)([BKMG]) ");
  private static final int START_SECONDS_MAX = 90;

  private final Process process;
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final CompletableFuture<HostPort> address = new CompletableFuture<>();

  MemberProcess(Path config) throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "run",
                "-c",
                config.toString())
            .redirectErrorStream(true)
            .start();
    Thread.ofVirtual().start(this::read);
  }

  private void read() {
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        add(line);
        Matcher listening = LISTENING.matcher(line);
        if (listening.matches()) {
          address.complete(HostPort.parse(listening.group(1)));
        }
      }
    } catch (IOException _) {
      // It was killed.
    }
    address.completeExceptionally(new AssertionError("ended: " + lines));
  }

  private synchronized void add(String line) {
    lines.add(line);
    notifyAll();
  }

  /// Returns when it has said something so many times.
  synchronized void awaitLines(String part, int count) throws InterruptedException {
    while (lines.stream().filter(line -> line.contains(part)).count() < count) {
      wait();
    }
  }

  /// Where it listens, as soon as it does.
  HostPort address() throws Exception {
    try {
      return address.get(START_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("does not listen: " + lines, e);
    }
  }

  /// All of its memory, also outside the heap.
  ProcessMemory memory() {
    return new ProcessMemory(process.pid());
  }

  /// A dump of its live heap.
  void dumpHeap(Path file) {
    jcmd("GC.heap_dump", file.toString());
  }

  /// Bytes that its threads have allocated on the heap since they started. Those of virtual threads
  /// count for the thread that carries them.
  long allocatedBytes() {
    return ALLOCATED
        .matcher(jcmd("Thread.print", "-e"))
        .results()
        .mapToLong(match -> Math.round(Double.parseDouble(match.group(1)) * unit(match.group(2))))
        .sum();
  }

  private static double unit(String suffix) {
    return switch (suffix) {
      case "B" -> 1;
      case "K" -> 1 << 10;
      case "M" -> 1 << 20;
      case "G" -> 1 << 30;
      default -> throw new AssertionError("unknown unit " + suffix);
    };
  }

  long pid() {
    return process.pid();
  }

  /// Ends it without a word to anybody.
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /// Stops it where it is, as a debugger or a hypervisor does; [#resume()] lets it go on.
  void pause() {
    run("kill", "-STOP", String.valueOf(process.pid()));
  }

  void resume() {
    run("kill", "-CONT", String.valueOf(process.pid()));
  }

  private String jcmd(String... command) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    words.add(String.valueOf(process.pid()));
    words.addAll(List.of(command));
    return run(words.toArray(String[]::new));
  }

  private static String run(String... words) {
    Command command = Command.run(words);
    if (command.exitCode() != 0) {
      throw new AssertionError(List.of(words) + ": " + command.out());
    }
    return command.out();
  }

  @Override
  public void close() {
    kill();
  }
}
