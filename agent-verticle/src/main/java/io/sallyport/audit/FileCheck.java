package io.sallyport.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Follows the chain through one file, up to its end or to its first fault.
///
/// A file that nothing is known of may begin anywhere in a log: its header says what goes before.
final class FileCheck {
  private final AuditFolder folder;
  private final int number;
  private @Nullable FileHeader header;
  private @Nullable ChainedLine first;
  private @Nullable ChainedLine last;
  private long lines;
  private long wholeLength;
  private long restLength;
  private String rest = "";
  private AuditVerifier.@Nullable Broken fault;

  private FileCheck(AuditFolder folder, int number) {
    this.folder = folder;
    this.number = number;
  }

  /// @param before the whole file before; null when it is not there
  static FileCheck of(AuditFolder folder, int number, @Nullable FileCheck before)
      throws IOException {
    FileCheck check = new FileCheck(folder, number);
    try (LineReader in = new LineReader(folder.file(number))) {
      for (byte[] line = in.next(); line != null; line = in.next()) {
        check.lines++;
        if (!check.accept(ChainedLine.parse(line), before)) {
          return check;
        }
      }
      check.wholeLength = in.wholeLength();
      check.restLength = in.restLength();
      check.rest = new String(in.rest(), StandardCharsets.ISO_8859_1);
    }
    return check;
  }

  private boolean accept(@Nullable ChainedLine line, @Nullable FileCheck before) {
    if (line == null) {
      return reject("a line of another form", "JSON that begins with seq and ends in chain");
    }
    ChainedLine previous = last == null ? (before == null ? null : before.last) : last;
    if (previous != null && line.sequence() != previous.sequence() + 1) {
      return reject("record " + line.sequence(), "record " + (previous.sequence() + 1));
    }
    String value = last == null ? ChainedLine.START : last.chain();
    if (last == null) {
      FileHeader found = FileHeader.parse(line.content());
      if (found == null) {
        return reject("no header", "one of format " + FileHeader.FORMAT);
      }
      if (!follows(found, before) || !begins(found, line.sequence())) {
        return false;
      }
      header = found;
      first = line;
      value = found.previous();
    }
    String chain = ChainedLine.link(value, line.content());
    if (!line.chain().equals(chain)) {
      return reject("chain " + line.chain(), "chain " + chain);
    }
    last = line;
    return true;
  }

  private boolean follows(FileHeader found, @Nullable FileCheck before) {
    if (found.number() != number) {
      return reject("the header of file " + found.number(), "that of file " + number);
    }
    if (before == null || before.header == null || before.last == null) {
      return true;
    }
    if (!found.log().equals(before.header.log())) {
      return reject("log " + found.log(), "log " + before.header.log());
    }
    String previous = before.last.chain();
    return found.previous().equals(previous)
        || reject("previous " + found.previous(), "previous " + previous);
  }

  /// Only the first record of a log has nothing before it.
  private boolean begins(FileHeader found, long sequence) {
    return found.previous().equals(ChainedLine.START) == (sequence == 0)
        || reject("record " + sequence + " behind " + found.previous(), "record 0 behind zeros");
  }

  private boolean reject(String found, String expected) {
    fault = new AuditVerifier.Broken(folder.file(number), lines, found, expected);
    return false;
  }

  /// The first line that is not what it should be.
  Optional<AuditVerifier.Broken> fault() {
    return Optional.ofNullable(fault);
  }

  /// The first line; empty when no line has an end.
  Optional<ChainedLine> first() {
    return Optional.ofNullable(first);
  }

  /// The last line that has an end, and is as it should be.
  Optional<ChainedLine> last() {
    return Optional.ofNullable(last);
  }

  /// The content of the first line.
  Optional<FileHeader> header() {
    return Optional.ofNullable(header);
  }

  /// Lines that have an end, up to the one at fault.
  long lines() {
    return lines;
  }

  /// Bytes of the lines that have an end.
  long wholeLength() {
    return wholeLength;
  }

  /// Bytes behind the last line that has an end.
  long restLength() {
    return restLength;
  }

  /// The first of these bytes, each a character.
  String rest() {
    return rest;
  }
}
