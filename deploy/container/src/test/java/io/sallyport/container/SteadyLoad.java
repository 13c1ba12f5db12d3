package io.sallyport.container;

import io.sallyport.config.HostPort;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/// New connections at a steady rate, one full handshake and one byte there and back each, whether
/// or not those before have ended.
///
/// From the constructor to [#close()]; then the others may be asked. Its own threads count; any
/// thread may wait.
final class SteadyLoad implements AutoCloseable {
  static final int PER_SECOND = 200;

  /// One connection, from its time in the schedule to its end.
  ///
  /// @param failure null: it was served
  private record Attempt(long startNanos, long endNanos, @Nullable String failure) {
    boolean isServed() {
      return failure == null;
    }
  }

  private final TlsClient client;
  private final HostPort address;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

  /// Platform threads, which the system serves in turn when the clients have more to compute than
  /// there are processors for.
  private final ExecutorService clients = Executors.newCachedThreadPool();

  private final long beginNanos = System.nanoTime();

  /// Guarded by this.
  private final List<Attempt> attempts = new ArrayList<>();

  /// Guarded by this.
  private int begun;

  /// Guarded by this.
  private int served;

  SteadyLoad(TlsClient client, HostPort address) {
    this.client = client;
    this.address = address;
    var _ =
        clock.scheduleAtFixedRate(
            this::begin, 0, TimeUnit.SECONDS.toNanos(1) / PER_SECOND, TimeUnit.NANOSECONDS);
  }

  private void begin() {
    long start = System.nanoTime();
    countBegun();
    clients.execute(() -> {
      String failure = null;
      try (SSLSocket socket = client.connect(address)) {
        TlsClient.echo(socket);
      } catch (Exception e) {
        failure = e.toString();
      }
      add(new Attempt(start, System.nanoTime(), failure));
    });
  }

  private synchronized void countBegun() {
    begun++;
    notifyAll();
  }

  private synchronized void add(Attempt attempt) {
    attempts.add(attempt);
    served += attempt.isServed() ? 1 : 0;
    notifyAll();
  }

  /// Returns when so many connections more have begun, which takes its time whatever becomes of
  /// them.
  synchronized void awaitBegun(int more) throws InterruptedException {
    int wanted = begun + more;
    while (begun < wanted) {
      wait();
    }
  }

  /// Returns when so many more were served.
  synchronized void awaitServed(int more) throws InterruptedException {
    int wanted = served + more;
    while (served < wanted) {
      wait();
    }
  }

  /// Begins no more connections, and waits for the end of those that have begun.
  @Override
  public void close() {
    clock.shutdownNow();
    clock.close();
    clients.close();
  }

  synchronized int count() {
    return attempts.size();
  }

  synchronized int served() {
    return served;
  }

  /// How often each failure happened, of connections that began in a time.
  synchronized Map<String, Integer> failures(long fromNanos, long toNanos) {
    Map<String, Integer> failures = new TreeMap<>();
    for (Attempt attempt : attempts) {
      if (attempt.failure() != null
          && attempt.startNanos() - fromNanos >= 0
          && attempt.startNanos() - toNanos < 0) {
        failures.merge(attempt.failure(), 1, Integer::sum);
      }
    }
    return failures;
  }

  /// All of them.
  Map<String, Integer> failures() {
    return failures(beginNanos, System.nanoTime());
  }

  /// A time in which no connection was served.
  private record Gap(long fromNanos, long toNanos) {
    long ms() {
      return TimeUnit.NANOSECONDS.toMillis(toNanos - fromNanos);
    }
  }

  private synchronized Gap longestGap() {
    List<Attempt> inOrder =
        attempts.stream()
            .filter(Attempt::isServed)
            .sorted(Comparator.comparingLong(Attempt::endNanos))
            .toList();
    long last = beginNanos;
    Gap longest = new Gap(last, last);
    for (Attempt attempt : inOrder) {
      Gap gap = new Gap(last, attempt.endNanos());
      longest = gap.ms() > longest.ms() ? gap : longest;
      last = attempt.endNanos();
    }
    Gap atEnd = new Gap(last, attempts.stream().mapToLong(Attempt::startNanos).max().orElse(last));
    return atEnd.ms() > longest.ms() ? atEnd : longest;
  }

  /// The longest time in which no connection was served, that at the end included.
  long longestGapMs() {
    return longestGap().ms();
  }

  /// How long the slowest connection took, served or not.
  synchronized long slowestMs() {
    return TimeUnit.NANOSECONDS.toMillis(
        attempts.stream()
            .mapToLong(attempt -> attempt.endNanos() - attempt.startNanos())
            .max()
            .orElse(0));
  }

  /// The rate that there was, connections in a second.
  synchronized double rate() {
    long last = attempts.stream().mapToLong(Attempt::startNanos).max().orElse(beginNanos);
    return attempts.size() * 1e9 / Math.max(1, last - beginNanos);
  }

  /// One line for people.
  String report(String what) {
    return String.format(
        Locale.ROOT,
        "%s: %d of %d connections served, %.0f a second; longest time without one %d ms, after %d ms;"
            + " slowest %d ms; failed: %s",
        what,
        served(),
        count(),
        rate(),
        longestGapMs(),
        TimeUnit.NANOSECONDS.toMillis(longestGap().fromNanos() - beginNanos),
        slowestMs(),
        failures());
  }
}
