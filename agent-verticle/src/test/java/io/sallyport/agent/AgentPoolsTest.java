package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class AgentPoolsTest {
  /// Field 41 of /proc/PID/stat (proc_pid_stat(5)), 38 behind the command's closing parenthesis.
  private static final int POLICY = 38;

  private static final String SCHED_BATCH = "3";

  private final AgentPools pools = AgentPools.of(2);

  @AfterEach
  void shutdown() {
    pools.shutdown();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void threadsThatComputeDoNotInterruptWhoWakesThem() throws Exception {
    assertThat(policyOf(pools.general())).isEqualTo(SCHED_BATCH);
    assertThat(policyOf(pools.verifying())).isEqualTo(SCHED_BATCH);
  }

  private static String policyOf(ExecutorService pool) throws Exception {
    return pool.submit(
            () -> {
              String stat = Files.readString(Path.of("/proc/thread-self/stat"));
              return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[POLICY];
            })
        .get(10, TimeUnit.SECONDS);
  }
}
