package io.sallyport.proxy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// The memory of another process, as Linux shows it: Java heap, native heaps, stacks, and whatever
/// libraries have allocated.
///
/// @param pid of a process of the same user
record ProcessMemory(long pid) {
  private static final int CHUNK_LENGTH = 1 << 20;
  private static final int LENGTH_MAX = 4096;
  private static final int PAGE_LENGTH = 4096;

  /// Which of these byte strings are there, by their names.
  Set<String> find(Map<String, byte[]> wanted) throws IOException {
    Set<String> found = new HashSet<>();
    try (RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
        String[] range = line.split(" ", 3);
        if (range[1].startsWith("r") && !line.contains("[v")) {
          String[] ends = range[0].split("-", 2);
          find(memory, Long.parseLong(ends[0], 16), Long.parseLong(ends[1], 16), wanted, found);
        }
      }
    }
    return found;
  }

  private static void find(
      RandomAccessFile memory, long start, long end, Map<String, byte[]> wanted, Set<String> found)
      throws IOException {
    // The end of a chunk comes again in front of the next one.
    byte[] bytes = new byte[LENGTH_MAX + CHUNK_LENGTH];
    int kept = 0;
    long at = start;
    while (at < end) {
      memory.seek(at);
      int length;
      try {
        length = memory.read(bytes, kept, (int) Math.min(CHUNK_LENGTH, end - at));
      } catch (IOException _) {
        // The page was given back meanwhile, or is of a file that was cut.
        at += PAGE_LENGTH;
        kept = 0;
        continue;
      }
      if (length <= 0) {
        return;
      }
      int filled = kept + length;
      wanted.forEach((name, value) -> {
        if (!found.contains(name) && contains(bytes, filled, value)) {
          found.add(name);
        }
      });
      at += length;
      kept = Math.min(LENGTH_MAX, filled);
      System.arraycopy(bytes, filled - kept, bytes, 0, kept);
    }
  }

  /// Whether `wanted` is among the first `length` bytes.
  static boolean contains(byte[] bytes, int length, byte[] wanted) {
    byte first = wanted[0];
    for (int at = 0; at <= length - wanted.length; at++) {
      if (bytes[at] == first
          && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
        return true;
      }
    }
    return false;
  }
}
