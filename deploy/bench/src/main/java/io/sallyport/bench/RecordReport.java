package io.sallyport.bench;

import static java.util.Objects.requireNonNull;

import io.sallyport.ktls.AeadBackend;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/// Runs the benchmarks in pairs and prints how near the engine comes to the floor, as a table.
///
/// Machines are noisy, and what disturbs one run lasts longer than it. So the plain loop and the
/// engine run one right after the other, a ratio is made of the two, and the median of several
/// rounds is what counts; a run's own figure is the median of its samples. Every second round runs
/// them in reverse: a drift in one direction then does not favour either.
public final class RecordReport {
  private static final int ROUNDS = 5;
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  private static final String PLAIN = "plain libcrypto";
  private static final List<String> CONTENDERS = contenders();

  /// What the engine does, and what the plain loop does for it.
  private enum Direction {
    SEAL("seal", "seal", "seal"),
    SEAL_SHARED("seal, shared buffer", "sealShared", "seal"),
    OPEN("open", "open", "open");

    private final String title;
    private final String engineBenchmark;
    private final String plainBenchmark;

    Direction(String title, String engineBenchmark, String plainBenchmark) {
      this.title = title;
      this.engineBenchmark = engineBenchmark;
      this.plainBenchmark = plainBenchmark;
    }
  }

  /// One comparison.
  ///
  /// @param target what share of the plain loop's throughput the libcrypto back end must reach
  private record Case(int size, Direction direction, OptionalDouble target) {}

  /// The relay reads more than a record at a time when there is much, so that large records are
  /// sealed from shared buffers too; small ones are not.
  private static final List<Case> CASES =
      List.of(
          new Case(16384, Direction.SEAL, OptionalDouble.of(0.90)),
          new Case(16384, Direction.SEAL_SHARED, OptionalDouble.of(0.90)),
          new Case(16384, Direction.OPEN, OptionalDouble.of(0.90)),
          new Case(1024, Direction.SEAL, OptionalDouble.of(0.80)),
          new Case(1024, Direction.SEAL_SHARED, OptionalDouble.empty()),
          new Case(1024, Direction.OPEN, OptionalDouble.of(0.80)));

  private RecordReport() {}

  /// Takes no arguments.
  public static void main(String[] args) throws RunnerException {
    PrintStream out = System.out;
    List<List<double[]>> results = new ArrayList<>();
    for (Case ignored : CASES) {
      results.add(new ArrayList<>());
    }
    for (int round = 0; round < ROUNDS; round++) {
      System.err.println("records: round " + (round + 1) + " of " + ROUNDS);
      for (int i = 0; i < CASES.size(); i++) {
        results.get(i).add(measure(CASES.get(i), round % 2 == 1));
      }
    }
    out.println(
        "| record | direction | engine | plain libcrypto ns/op | engine ns/op | ratio, median"
            + " (range) | target | plain B/op | engine B/op |");
    out.println("|---|---|---|---|---|---|---|---|---|");
    for (int i = 0; i < CASES.size(); i++) {
      for (int contender = 1; contender < CONTENDERS.size(); contender++) {
        out.println(row(CASES.get(i), contender, results.get(i)));
      }
    }
  }

  private static List<String> contenders() {
    List<String> contenders = new ArrayList<>(List.of(PLAIN));
    for (AeadBackend backend : AeadBackend.values()) {
      contenders.add(backend.name());
    }
    return contenders;
  }

  /// One result for each contender, in their order.
  private static double[] measure(Case which, boolean reverse) throws RunnerException {
    double[] nanos = new double[CONTENDERS.size()];
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < nanos.length; i++) {
      order.add(i);
    }
    if (reverse) {
      Collections.reverse(order);
    }
    for (int i : order) {
      nanos[i] = nanos(which, CONTENDERS.get(i));
    }
    return nanos;
  }

  private static double nanos(Case which, String contender) throws RunnerException {
    RunResult result = new Runner(options(which, contender).build()).runSingle();
    return result.getPrimaryResult().getStatistics().getPercentile(50);
  }

  /// A run of its own: taking samples allocates.
  private static double bytes(Case which, String contender) throws RunnerException {
    ChainedOptionsBuilder options =
        options(which, contender)
            .mode(Mode.AverageTime)
            .measurementIterations(1)
            .addProfiler(GCProfiler.class);
    RunResult result = new Runner(options.build()).runSingle();
    Result<?> allocated = requireNonNull(result.getSecondaryResults().get(ALLOCATED), ALLOCATED);
    return allocated.getScore();
  }

  private static ChainedOptionsBuilder options(Case which, String contender) {
    boolean plain = contender.equals(PLAIN);
    String benchmark =
        plain
            ? LibcryptoBenchmark.class.getName() + "." + which.direction.plainBenchmark
            : RecordBenchmark.class.getName() + "." + which.direction.engineBenchmark;
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(benchmark) + "$")
            .param("size", Integer.toString(which.size))
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true);
    return plain ? options : options.param("backend", contender);
  }

  private static String row(Case which, int contender, List<double[]> rounds)
      throws RunnerException {
    double[] ratios = rounds.stream().mapToDouble(r -> ratio(r, contender)).sorted().toArray();
    String target =
        which.target.isPresent() && contender == CONTENDERS.indexOf(AeadBackend.LIBCRYPTO.name())
            ? String.format(Locale.ROOT, "%.2f", which.target.getAsDouble())
            : "";
    return String.format(
        Locale.ROOT,
        "| %d | %s | %s | %.0f | %.0f | %.3f (%.3f to %.3f) | %s | %.2f | %.2f |",
        which.size,
        which.direction.title,
        CONTENDERS.get(contender),
        median(rounds.stream().mapToDouble(r -> r[0]).toArray()),
        median(rounds.stream().mapToDouble(r -> r[contender]).toArray()),
        median(ratios),
        ratios[0],
        ratios[ratios.length - 1],
        target,
        bytes(which, PLAIN),
        bytes(which, CONTENDERS.get(contender)));
  }

  /// Throughput of the contender as a share of the plain loop's.
  private static double ratio(double[] round, int contender) {
    return round[0] / round[contender];
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
