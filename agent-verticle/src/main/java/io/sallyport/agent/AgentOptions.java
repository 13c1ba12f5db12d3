package io.sallyport.agent;

/// What bounds an agent.
///
/// @param threads threads that do handshakes; half as many more verify peers' certificates
/// @param pendingMax while so many requests wait for a thread to accept them, more are refused with
///   EAGAIN. A server's waits from its peer's first bytes on: those whose peers were silent when
///   they were submitted may be more. Requests once accepted do not count
public record AgentOptions(int threads, int pendingMax) {
  /// As many as a listener's default maxconn: what a burst of connects brings can wait, as in a
  /// backlog.
  private static final int PENDING_MAX_DEFAULT = 10_000;

  public AgentOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads " + threads);
    }
    if (pendingMax < 1) {
      throw new IllegalArgumentException("pendingMax " + pendingMax);
    }
  }

  /// A thread for each processor.
  public static AgentOptions defaults() {
    return new AgentOptions(Runtime.getRuntime().availableProcessors(), PENDING_MAX_DEFAULT);
  }
}
