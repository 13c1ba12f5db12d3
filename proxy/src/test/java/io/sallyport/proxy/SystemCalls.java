package io.sallyport.proxy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The system calls that a process makes, all threads together, counted by `strace`.
///
/// @param counts by the name of the call
record SystemCalls(Map<String, Long> counts) {
  private static final Pattern ROW = Pattern.compile("\\s*(\\d+)\\s+([a-z_0-9]+)\\s*");

  /// What reads from a file or socket.
  static final List<String> READS = List.of("read", "readv", "recvfrom", "recvmsg", "recvmmsg");

  /// What writes to one.
  static final List<String> WRITES =
      List.of("write", "writev", "sendto", "sendmsg", "sendmmsg", "sendfile", "splice");

  /// What is counted.
  interface Work {
    void run() throws Exception;
  }

  /// Whether this machine has `strace`.
  static boolean canBeCounted() {
    try {
      return new ProcessBuilder("strace", "-V").redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /// Those of process `pid` while `work` runs.
  static SystemCalls during(Work work, long pid, Path folder) throws Exception {
    Path counts = folder.resolve("strace.txt");
    Process strace =
        new ProcessBuilder(
                "strace",
                "-f",
                "-c",
                "-U",
                "calls,name",
                "-o",
                counts.toString(),
                "-p",
                String.valueOf(pid))
            .redirectErrorStream(true)
            .start();
    try (BufferedReader says = strace.inputReader(StandardCharsets.UTF_8)) {
      String attached = says.readLine();
      if (attached == null || !attached.contains("attached")) {
        throw new AssertionError("strace cannot attach: " + attached);
      }
      Thread.ofVirtual().start(() -> says.lines().forEach(_ -> {}));
      work.run();
      strace.destroy();
      strace.waitFor();
    } finally {
      strace.destroyForcibly();
    }
    Map<String, Long> result = new HashMap<>();
    for (String line : Files.readAllLines(counts)) {
      Matcher row = ROW.matcher(line);
      if (row.matches() && !row.group(2).equals("total")) {
        result.put(row.group(2), Long.parseLong(row.group(1)));
      }
    }
    return new SystemCalls(result);
  }

  long sum(List<String> names) {
    return names.stream().mapToLong(name -> counts.getOrDefault(name, 0L)).sum();
  }

  long sum() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}
