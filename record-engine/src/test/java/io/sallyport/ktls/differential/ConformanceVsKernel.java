package io.sallyport.ktls.differential;

import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.ktls.differential.ExplainedDifferences.Difference;
import io.sallyport.ktls.differential.ExplainedDifferences.Explanation;
import io.sallyport.ktls.differential.Script.Answer;
import io.sallyport.ktls.differential.Script.Step;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// Sends the same scripts to kernel TLS and to the record engine and compares answers, wire and
/// counters.
///
/// Arguments: `--probe` only says by its exit code whether this kernel will do; `--kernel` prints
/// the kernel's answers and compares nothing; `--seed N` is that of the first random script,
/// `--random N` the number of those; `--only PREFIX` runs the scripts whose name starts so. Exits
/// with 0 when everything is equal or explained, 1 when not, 2 when it cannot run.
public final class ConformanceVsKernel {
  private static final int EQUAL = 0;
  private static final int DIFFERENT = 1;
  private static final int CANNOT_RUN = 2;

  /// How many steps before a difference are shown.
  private static final int CONTEXT = 12;

  /// What every kernel has. SM4 and ARIA are modules that few come with.
  private static final Set<String> CIPHERS =
      Set.of("AES_GCM_128", "AES_GCM_256", "AES_CCM_128", "CHACHA20_POLY1305");

  private final Map<Explanation, Integer> explained = new LinkedHashMap<>();
  private boolean kernelOnly;
  private String only = "";
  private long seed = new Random().nextInt(Integer.MAX_VALUE);
  private int randomScripts = 300;
  private int scripts;
  private int calls;
  private int unexplained;

  private ConformanceVsKernel() {}

  /// See the class.
  public static void main(String... arguments) {
    System.exit(new ConformanceVsKernel().run(arguments));
  }

  private int run(String... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      String value = i + 1 < arguments.length ? arguments[i + 1] : "";
      switch (arguments[i]) {
        case "--probe" -> {
          return hasRekey() ? EQUAL : CANNOT_RUN;
        }
        case "--kernel" -> kernelOnly = true;
        case "--only" -> {
          only = value;
          i++;
        }
        case "--seed", "--random" -> {
          if (!value.matches("[0-9]{1,9}")) {
            return cannotRun(arguments[i] + ": found \"" + value + "\", expected a number");
          }
          if (arguments[i].equals("--seed")) {
            seed = Long.parseLong(value);
          } else {
            randomScripts = Integer.parseInt(value);
          }
          i++;
        }
        default -> {
          return cannotRun("unknown argument \"" + arguments[i] + "\"");
        }
      }
    }
    return hasRekey() ? compareAll() : cannotRun("this kernel has no TLS 1.3 rekey (Linux 6.14)");
  }

  private static int cannotRun(String reason) {
    System.err.println("conformance-vs-kernel: " + reason);
    return CANNOT_RUN;
  }

  /// Whether kernel TLS is there and takes a second key.
  private static boolean hasRekey() {
    Script probe = new Script("probe", TlsVersion.TLS_1_3, CipherType.AES_GCM_128, 1);
    probe.ulp("tls").setTx(probe.tx()).setTx(probe.tx().next());
    try (Endpoint kernel = new KernelEndpoint(true)) {
      return probe.run(kernel).stream().allMatch(answer -> answer.result().equals("0"));
    } catch (RuntimeException | LinkageError e) {
      return false;
    }
  }

  private int compareAll() {
    System.out.println("seed " + seed + ", " + System.getProperty("os.version"));
    List<CipherType> ciphers =
        Arrays.stream(CipherType.values())
            .filter(cipher -> CIPHERS.contains(cipher.name()))
            .toList();
    TlsVersion[] versions = TlsVersion.values();
    for (CipherType cipher : ciphers) {
      for (TlsVersion version : versions) {
        ObservedScripts.of(version, cipher).forEach(this::compare);
      }
    }
    for (int i = 0; i < randomScripts; i++) {
      CipherType cipher = ciphers.get(i / versions.length % ciphers.size());
      compare(RandomScripts.of(seed + i, versions[i % versions.length], cipher));
    }
    explained.forEach(
        (explanation, count) -> System.out.println(count + " explained: " + explanation.reason()));
    int explainedCount = explained.values().stream().mapToInt(Integer::intValue).sum();
    System.out.printf(
        "%d scripts, %d calls compared, %d explained differences, %d unexplained%n",
        scripts, calls, explainedCount, unexplained);
    return unexplained == 0 ? EQUAL : DIFFERENT;
  }

  private void compare(Script script) {
    if (!script.name().startsWith(only)) {
      return;
    }
    scripts++;
    List<Answer> kernel;
    try (Endpoint endpoint = new KernelEndpoint(script.isConnected())) {
      kernel = script.run(endpoint);
    }
    if (kernelOnly) {
      System.out.println(script.name());
      show(script, kernel, 0, kernel.size());
      return;
    }
    try (Endpoint endpoint = new EngineEndpoint(script.isConnected())) {
      compare(script, kernel, script.run(endpoint));
    }
  }

  /// Stops at the first difference that is not explained: what follows would only repeat it.
  private void compare(Script script, List<Answer> kernel, List<Answer> engine) {
    for (int i = 0; i < Math.min(kernel.size(), engine.size()); i++) {
      calls++;
      if (kernel.get(i).equals(engine.get(i))) {
        continue;
      }
      Step step = script.steps().get(i);
      List<String> earlier = script.steps().subList(0, i).stream().map(Step::text).toList();
      Difference difference =
          new Difference(
              script.name(),
              earlier,
              kernel.subList(0, i),
              step.text(),
              kernel.get(i),
              engine.get(i));
      Explanation explanation = ExplainedDifferences.of(difference);
      if (explanation == null) {
        unexplained++;
        System.out.println("DIFFERENT " + script.name() + ", step " + (i + 1));
        show(script, kernel, Math.max(0, i - CONTEXT), i);
        System.out.println("  " + step.text());
        System.out.println("    kernel: " + kernel.get(i));
        System.out.println("    engine: " + engine.get(i));
        return;
      }
      explained.merge(explanation, 1, Integer::sum);
      if (explanation.endsScript()) {
        return;
      }
    }
  }

  private static void show(Script script, List<Answer> answers, int from, int to) {
    for (int i = from; i < to; i++) {
      System.out.println("  " + script.steps().get(i).text() + " -> " + answers.get(i));
    }
  }
}
