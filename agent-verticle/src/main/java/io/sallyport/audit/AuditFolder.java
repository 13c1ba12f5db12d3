package io.sallyport.audit;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The files of an audit log, and their names: `audit-000001.log`, `audit-000002.log`. The one with
/// the highest number is written to, the others never again.
///
/// Whoever opens one to write holds its lock, so that two processes never write to one log.
final class AuditFolder implements Closeable {
  private static final Pattern FILE = Pattern.compile("audit-([0-9]{6,9})\\.log");
  private static final Pattern ASIDE = Pattern.compile("audit-[0-9]{6,9}\\.log\\.broken-[0-9]+");
  private static final String LOCK = "audit.lock";

  /// The group may read, so that a log can be shipped by another user.
  private static final FileAttribute<?> PERMISSIONS =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----"));

  private final Path folder;
  private @Nullable FileChannel lock;

  AuditFolder(Path folder) {
    this.folder = folder;
  }

  /// Makes the folder, if need be, and locks it until [#close()].
  ///
  /// @throws IOException also when another process has the lock
  void lock() throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve(LOCK);
    FileChannel opened =
        FileChannel.open(
            file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), PERMISSIONS);
    try {
      FileLock taken = opened.tryLock();
      if (taken == null) {
        throw new OverlappingFileLockException();
      }
      lock = opened;
    } catch (OverlappingFileLockException _) {
      opened.close();
      throw new FileSystemException(file.toString(), null, "another process writes here");
    }
  }

  Path file(int number) {
    return folder.resolve(name(number));
  }

  static String name(int number) {
    return String.format("audit-%06d.log", number);
  }

  /// The numbers of the files there are, in order.
  List<Integer> numbers() throws IOException {
    return list(FILE, name -> Integer.parseInt(name.group(1))).stream().sorted().toList();
  }

  /// The broken files that were moved aside.
  List<Path> aside() throws IOException {
    return list(ASIDE, name -> folder.resolve(name.group())).stream().sorted().toList();
  }

  private <T> List<T> list(Pattern form, Function<Matcher, T> value) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths
          .map(path -> form.matcher(path.getFileName().toString()))
          .filter(Matcher::matches)
          .map(value)
          .toList();
    }
  }

  /// Opens a file that is there.
  FileChannel open(int number) throws IOException {
    return FileChannel.open(file(number), StandardOpenOption.WRITE);
  }

  /// Opens a file that holds no whole line, or is not there yet. That it is there outlives a power
  /// loss.
  FileChannel create(int number) throws IOException {
    FileChannel created =
        FileChannel.open(
            file(number), Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), PERMISSIONS);
    try {
      sync();
      return created;
    } catch (IOException e) {
      created.close();
      throw e;
    }
  }

  /// Bytes of a file; 0 when it is not there.
  long length(int number) throws IOException {
    try {
      return Files.size(file(number));
    } catch (NoSuchFileException _) {
      return 0;
    }
  }

  /// Gives a broken file a name that nobody writes to; answers with it.
  String moveAside(int number) throws IOException {
    for (int i = 1; ; i++) {
      Path aside = folder.resolve(name(number) + ".broken-" + i);
      try {
        // Not a plain move: that would replace what is there.
        Files.createLink(aside, file(number));
        Files.delete(file(number));
        sync();
        return aside.getFileName().toString();
      } catch (FileAlreadyExistsException _) {
        // From an earlier start: the next name.
      }
    }
  }

  private void sync() throws IOException {
    try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
      names.force(true);
    }
  }

  @Override
  public void close() throws IOException {
    if (lock != null) {
      lock.close();
    }
  }
}
