package io.sallyport.ktls.differential;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Where the engine and the kernel may differ, and why. Everything else is a defect.
final class ExplainedDifferences {

  /// One answer that is not the same.
  ///
  /// @param script its name starts with the row
  /// @param earlier the steps before
  /// @param answers what the kernel answered to them
  /// @param step what was called
  /// @param kernel what the kernel answered
  /// @param engine what the engine answered
  record Difference(
      String script,
      List<String> earlier,
      List<Script.Answer> answers,
      String step,
      Script.Answer kernel,
      Script.Answer engine) {

    /// Whether the script is this row.
    boolean isRow(String row) {
      return script.startsWith(row + " TLS");
    }

    /// Whether the step is a call of this name.
    boolean isCall(String name) {
      return step.startsWith(name + " ");
    }

    /// Whether only `poll` differs, and only in that the kernel says IN too.
    boolean isPollIn() {
      return kernel.result().equals(engine.result())
          && kernel.counters().equals(engine.counters())
          && kernel.poll().equals("IN|" + engine.poll());
    }

    /// Whether only `poll` differs, and only in that the engine says ERR already.
    boolean isEarlyError() {
      return kernel.result().equals(engine.result())
          && kernel.counters().equals(engine.counters())
          && (kernel.poll() + "|ERR").equals(engine.poll());
    }

    /// Whether this was the step or one before it.
    boolean isAfter(String call) {
      return step.equals(call) || earlier.contains(call);
    }

    /// Whether a control send failed on a socket in error while `MSG_MORE` held a record open, and
    /// what differs is what became of that record.
    boolean isAboutRecordThatFailedSendClosed() {
      boolean held = false;
      boolean failed = false;
      for (int i = 0; i < earlier.size() && !failed; i++) {
        String text = earlier.get(i);
        held |= text.startsWith("send ") && text.endsWith(" MORE");
        failed =
            held
                && text.startsWith("send ")
                && text.contains(" of type ")
                && answers.get(i).poll().endsWith("|ERR")
                && answers.get(i).result().startsWith("E");
      }
      return failed && (isCall("peer") || step.startsWith("get SOL_TLS 1") || isCall("set"));
    }

    boolean kernelSays(String result) {
      return kernel.result().equals(result);
    }

    boolean engineSays(String result) {
      return engine.result().equals(result);
    }
  }

  /// Why a difference is none.
  ///
  /// @param reason one sentence
  /// @param endsScript whether the two sockets are in different states from here on, so that the
  ///   rest of the script says nothing
  /// @param covers the differences that this explains
  record Explanation(String reason, boolean endsScript, Predicate<Difference> covers) {}

  private static final List<Explanation> EXPLANATIONS =
      List.of(
          new Explanation(
              "The engine reads every message of a handshake record, so it sees a KeyUpdate behind"
                  + " a ticket; the kernel looks at the first byte only.",
              true,
              difference -> difference.isRow("H10")),
          new Explanation(
              "The engine waits for a KeyUpdate to be whole; the kernel looks at the first byte of a"
                  + " record only.",
              true,
              difference -> difference.isRow("K7")),
          new Explanation(
              "TLS 1.3 demands the outer type 23 (RFC 9846 §5.2); the kernel does not look at it.",
              true,
              difference ->
                  difference.script().startsWith("D11 TLSv1.3")
                      && difference.engineSays("EBADMSG")),
          new Explanation(
              "A sequence number that has wrapped is never used again; the kernel goes on with 0.",
              true,
              difference ->
                  (difference.isRow("A24") && difference.isCall("get SOL_TLS 1"))
                      || (difference.isRow("A24 in RX") && difference.isCall("recv"))),
          new Explanation(
              "The engine skips an empty data record when it moves data, as later kernels do; this"
                  + " kernel answers 0, which is the end.",
              true,
              difference ->
                  difference.isCall("splice")
                      && difference.kernelSays("0")
                      && !(difference.engineSays("EAGAIN")
                          && difference.isAfter("peer sends FIN"))),
          new Explanation(
              "The engine judges a record header once it is whole; the kernel waits for the nonce"
                  + " behind it too.",
              true,
              difference ->
                  difference.isEarlyError() && difference.script().contains(" TLSv1.2 AES")),
          new Explanation(
              "Once a FIN was sent the kernel's poll is plain TCP's: IN for a part of a record, which"
                  + " nobody can receive.",
              false,
              difference -> difference.isPollIn() && difference.isAfter("shutdown SHUT_WR")),
          new Explanation(
              "A consumer that shut down its input wants nothing more, and the engine drops it; the"
                  + " kernel still hands over what there is.",
              true,
              difference -> difference.isAfter("shutdown SHUT_RD")),
          new Explanation(
              "Without a key MSG_OOB is TCP's urgent data, which the engine does not have.",
              true,
              difference ->
                  difference.step().contains(" OOB")
                      && (difference.kernelSays("EINVAL") || difference.engineSays("EOPNOTSUPP"))),
          new Explanation(
              "A control send that fails because the socket is in error leaves an open record open;"
                  + " the kernel has closed it by then, and sends it once the error is taken.",
              true,
              Difference::isAboutRecordThatFailedSendClosed),
          new Explanation(
              "What is sent behind the end fails; the kernel accepts and loses it.",
              true,
              difference ->
                  difference.isCall("send")
                      && difference.engineSays("EPIPE")
                      && !difference.kernel().result().startsWith("E")));

  private ExplainedDifferences() {}

  /// What explains a difference, null for a defect.
  static @Nullable Explanation of(Difference difference) {
    for (Explanation explanation : EXPLANATIONS) {
      if (explanation.covers().test(difference)) {
        return explanation;
      }
    }
    return null;
  }
}
