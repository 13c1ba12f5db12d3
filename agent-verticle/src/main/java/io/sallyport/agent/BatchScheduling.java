package io.sallyport.agent;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// Linux's policy for threads that compute, SCHED_BATCH (sched(7)).
///
/// A thread that has it gets as much of the processors as any other; it only does not interrupt
/// another when it wakes up. An event loop that hands a step to the agent so gets to the end of its
/// turn, and the agent finds the steps of a whole turn. See
/// `docs/decisions/0007-agent-threads-are-batch.md`.
@SuppressWarnings("restricted") // The JDK has no other way to it.
final class BatchScheduling {
  private static final int SCHED_BATCH = 3;

  // Not sched_setscheduler, which in musl does nothing but fail.
  private static final @Nullable MethodHandle PTHREAD_SELF =
      function("pthread_self", FunctionDescriptor.of(JAVA_LONG));
  private static final @Nullable MethodHandle PTHREAD_SETSCHEDPARAM =
      function(
          "pthread_setschedparam", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS));

  /// struct sched_param with a priority of 0, the one that this policy has; musl's is the longest.
  private static final MemorySegment PRIORITY = Arena.global().allocate(48, Long.BYTES);

  private BatchScheduling() {}

  private static @Nullable MethodHandle function(String name, FunctionDescriptor form) {
    try {
      Linker linker = Linker.nativeLinker();
      return linker
          .defaultLookup()
          .find(name)
          .map(found -> linker.downcallHandle(found, form))
          .orElse(null);
    } catch (IllegalCallerException | UnsupportedOperationException _) {
      return null;
    }
  }

  /// Gives the calling platform thread this policy. It keeps its own where the system has no such
  /// policy, or this process may call nothing native or is not let choose.
  static void ask() {
    if (PTHREAD_SELF == null || PTHREAD_SETSCHEDPARAM == null) {
      return;
    }
    try {
      long self = (long) PTHREAD_SELF.invokeExact();
      int _ = (int) PTHREAD_SETSCHEDPARAM.invokeExact(self, SCHED_BATCH, PRIORITY);
    } catch (Throwable e) {
      throw new IllegalStateException("pthread_setschedparam cannot be called", e);
    }
  }
}
