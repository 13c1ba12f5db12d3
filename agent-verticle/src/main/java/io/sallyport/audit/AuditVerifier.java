package io.sallyport.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whether the audit log in a folder is what was written: every line in its place and unchanged.
///
/// Finds any line that was changed, removed, added or moved, and any file that was, unless all that
/// was removed is the beginning or the end. Of the beginning, whole files may be archived, and the
/// result tells which record is now the first. Of the end, the last record and its chain value tell
/// those who have noted them. Whoever can write the files can also compute the chain anew from some
/// line on; a noted value is what reveals it.
public final class AuditVerifier {
  private AuditVerifier() {}

  /// What a log is worth.
  public sealed interface Result {}

  /// Everything is as it was written.
  ///
  /// @param records how many there are, of all kinds
  /// @param first 0, unless earlier files are not here any more
  public record Intact(long records, Mark first, Mark last) implements Result {}

  /// Something is not.
  ///
  /// @param file where
  /// @param line the first one at fault, counted from 1; 0 for the file itself
  /// @param found what is there; holds nothing that a peer sent
  /// @param expected what should be
  public record Broken(Path file, long line, String found, String expected) implements Result {
    /// One line: where, found, expected.
    public String message() {
      return file + (line == 0 ? "" : ":" + line) + ": found " + found + ", expected " + expected;
    }
  }

  /// One record.
  ///
  /// @param sequence its number in the log
  /// @param time when it was, as it says itself
  /// @param chain its value
  public record Mark(long sequence, String time, String chain) {
    static Mark of(ChainedLine line) {
      return new Mark(line.sequence(), line.time(), line.chain());
    }
  }

  /// Reads all files in `folder`, in memory that does not grow with them. Where a member is writing
  /// at the time, its last line may not be whole yet.
  ///
  /// @throws IOException when there is something that cannot be read
  public static Result verify(Path folder) throws IOException {
    AuditFolder files = new AuditFolder(folder);
    List<Path> aside = files.aside();
    if (!aside.isEmpty()) {
      return new Broken(
          aside.getFirst(), 0, "a log that was broken when the member started", "none");
    }
    List<Integer> numbers = files.numbers();
    if (numbers.isEmpty()) {
      return new Broken(folder, 0, "no audit log", AuditFolder.name(1));
    }
    return verify(files, numbers);
  }

  private static Result verify(AuditFolder files, List<Integer> numbers) throws IOException {
    long records = 0;
    ChainedLine first = null;
    FileCheck before = null;
    int next = numbers.getFirst();
    for (int number : numbers) {
      if (number != next) {
        return new Broken(
            files.file(next), 0, "no file", "the one before " + AuditFolder.name(number));
      }
      FileCheck check = FileCheck.of(files, number, before);
      Broken fault = check.fault().orElse(torn(files, number, check));
      if (fault != null) {
        return fault;
      }
      first = first == null ? check.first().orElseThrow() : first;
      records += check.lines();
      before = check;
      next++;
    }
    if (first == null || before == null) {
      throw new IllegalArgumentException("no files");
    }
    return new Intact(records, Mark.of(first), Mark.of(before.last().orElseThrow()));
  }

  private static @Nullable Broken torn(AuditFolder files, int number, FileCheck check) {
    if (check.restLength() == 0 && check.lines() > 0) {
      return null;
    }
    return new Broken(
        files.file(number),
        check.lines() + 1,
        check.restLength() + " bytes without the end of a line",
        "a whole line");
  }
}
