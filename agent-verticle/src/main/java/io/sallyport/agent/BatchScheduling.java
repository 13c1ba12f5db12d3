package io.sallyport.agent;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

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
  private static final int CALLING_THREAD = 0;
  private static final int SCHED_BATCH = 3;

  private static final @Nullable MethodHandle SCHED_SETSCHEDULER = schedSetscheduler();

  private BatchScheduling() {}

  private static @Nullable MethodHandle schedSetscheduler() {
    Linker linker = Linker.nativeLinker();
    FunctionDescriptor function = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    try {
      return linker
          .defaultLookup()
          .find("sched_setscheduler")
          .map(found -> linker.downcallHandle(found, function))
          .orElse(null);
    } catch (IllegalCallerException _) {
      return null;
    }
  }

  /// Gives the calling platform thread this policy. It keeps its own where the system has no such
  /// policy, or this process may call nothing native or is not let choose.
  static void ask() {
    if (SCHED_SETSCHEDULER == null) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      // The one member of struct sched_param, which must be 0 for this policy.
      MemorySegment priority = arena.allocate(JAVA_INT);
      int _ = (int) SCHED_SETSCHEDULER.invokeExact(CALLING_THREAD, SCHED_BATCH, priority);
    } catch (Throwable e) {
      throw new IllegalStateException("sched_setscheduler cannot be called", e);
    }
  }
}
