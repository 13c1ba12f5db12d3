package io.sallyport.audit;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// Where a log goes on when it is opened, and what is to be said about how it was found.
///
/// @param log its random name
/// @param number the file
/// @param length bytes of that file that stay; 0 has it begin with a header
/// @param sequence of the next line
/// @param chain the value of the last one
/// @param otherMember whether the file's header names another member, as after a change of its name
/// @param findings what the log says next
record AuditStart(
    String log,
    int number,
    long length,
    long sequence,
    String chain,
    boolean otherMember,
    List<AuditEntry> findings) {
  private static final System.Logger LOG = System.getLogger(AuditLog.class.getName());
  private static final int LOG_NAME_BYTES = 16;

  AuditStart {
    findings = List.copyOf(findings);
  }

  /// Looks at the last file, from its first to its last byte. Earlier ones are for the verifier.
  static AuditStart of(AuditFolder folder, String member, InstantSource clock) throws IOException {
    List<Integer> numbers = folder.numbers();
    if (numbers.isEmpty()) {
      return fresh(1, List.of());
    }
    List<AuditEntry> findings = new ArrayList<>();
    int last = numbers.getLast();
    FileCheck check = FileCheck.of(folder, last, null);
    findings.addAll(cut(folder, last, check, clock));
    boolean begun = check.last().isPresent() || check.fault().isPresent();
    if (begun || numbers.size() == 1) {
      return goOn(folder, last, check, member, clock, findings);
    }
    // The power went when the file was new: the log ends in the one before.
    int before = numbers.get(numbers.size() - 2);
    FileCheck checkBefore = FileCheck.of(folder, before, null);
    AuditStart start = goOn(folder, before, checkBefore, member, clock, findings);
    return new AuditStart(
        start.log(), last, 0, start.sequence(), start.chain(), false, start.findings());
  }

  private static AuditStart goOn(
      AuditFolder folder,
      int number,
      FileCheck check,
      String member,
      InstantSource clock,
      List<AuditEntry> findings)
      throws IOException {
    if (check.fault().isPresent()) {
      findings.add(moveAside(folder, number, check.fault().get(), clock));
      return fresh(number + 1, findings);
    }
    if (check.header().isEmpty() || check.last().isEmpty()) {
      return fresh(number, findings);
    }
    FileHeader header = check.header().get();
    ChainedLine last = check.last().get();
    return new AuditStart(
        header.log(),
        number,
        check.wholeLength(),
        last.sequence() + 1,
        last.chain(),
        !header.member().equals(member),
        findings);
  }

  private static AuditStart fresh(int number, List<AuditEntry> findings) {
    byte[] log = new byte[LOG_NAME_BYTES];
    new SecureRandom().nextBytes(log);
    return new AuditStart(
        HexFormat.of().formatHex(log), number, 0, 0, ChainedLine.START, false, findings);
  }

  private static List<AuditEntry> cut(
      AuditFolder folder, int number, FileCheck check, InstantSource clock) {
    if (check.fault().isPresent() || check.restLength() == 0) {
      return List.of();
    }
    LOG.log(
        Level.WARNING,
        "audit log: found {0} bytes of a line without its end in {1}, as after a power loss; they"
            + " are cut off, and the log says so",
        Long.toString(check.restLength()),
        folder.file(number));
    return List.of(new AuditEntry.Cut(clock.instant(), check.restLength(), check.rest()));
  }

  private static AuditEntry moveAside(
      AuditFolder folder, int number, AuditVerifier.Broken fault, InstantSource clock)
      throws IOException {
    String aside = folder.moveAside(number);
    LOG.log(
        Level.ERROR,
        "audit log: {0}; it was changed or damaged and is kept as {1}, a new log begins in {2}",
        fault.message(),
        aside,
        AuditFolder.name(number + 1));
    return new AuditEntry.Damage(
        clock.instant(),
        aside,
        "line " + fault.line() + " with " + fault.found(),
        fault.expected());
  }
}
