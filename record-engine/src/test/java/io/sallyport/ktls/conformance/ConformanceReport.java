package io.sallyport.ktls.conformance;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.platform.commons.support.AnnotationSupport;

/// Writes `target/conformance.txt`: a line for every case and variant that this run has ended, and
/// their numbers in the last line.
///
/// One report for all classes of a JVM. It is written anew when a class begins and when it ends, so
/// that no line of an earlier run survives in it, whatever becomes of this one.
final class ConformanceReport implements BeforeAllCallback, AfterAllCallback, TestWatcher {
  private static final Path REPORT = Path.of("target", "conformance.txt");
  private static final int LONGEST_REASON = 300;
  private static final String PASSED = "";

  /// By `fixture.case[variant]`: why it failed, or [#PASSED]. Classes may run side by side.
  private static final Map<String, String> RESULTS = new TreeMap<>();

  @Override
  public void beforeAll(ExtensionContext context) {
    write();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    write();
  }

  @Override
  public void testSuccessful(ExtensionContext context) {
    record(context, PASSED);
  }

  @Override
  public void testFailed(ExtensionContext context, Throwable cause) {
    record(context, reason(cause));
  }

  @Override
  public void testAborted(ExtensionContext context, Throwable cause) {
    record(context, "not run: " + reason(cause));
  }

  @Override
  public void testDisabled(ExtensionContext context, Optional<String> reason) {
    record(context, "not run: " + reason.orElse("disabled"));
  }

  /// A case that ended twice has passed when it passed both times.
  private static void record(ExtensionContext context, String result) {
    synchronized (RESULTS) {
      RESULTS.merge(name(context), result, (before, now) -> before.equals(PASSED) ? now : before);
    }
  }

  private static String name(ExtensionContext context) {
    Class<?> type = context.getRequiredTestClass();
    String name = caseName(type, context.getRequiredTestMethod());
    return AnnotationSupport.isAnnotated(type, ParameterizedClass.class)
        ? name + "[" + context.getParent().orElseThrow().getDisplayName() + "]"
        : name;
  }

  /// The name under which a test method of a class with a [Fixture] is reported.
  static String caseName(Class<?> type, Method method) {
    Fixture fixture = requireNonNull(type.getAnnotation(Fixture.class));
    return fixture.value() + "." + method.getName();
  }

  private static String reason(Throwable cause) {
    String reason = cause.toString().replaceAll("\\s+", " ");
    return reason.length() > LONGEST_REASON ? reason.substring(0, LONGEST_REASON) : reason;
  }

  private static void write() {
    synchronized (RESULTS) {
      StringBuilder lines = new StringBuilder();
      int passed = 0;
      for (Map.Entry<String, String> result : RESULTS.entrySet()) {
        if (result.getValue().equals(PASSED)) {
          passed++;
          lines.append("ok ").append(result.getKey());
        } else {
          lines.append("FAILED ").append(result.getKey()).append(": ").append(result.getValue());
        }
        lines.append('\n');
      }
      lines.append(passed).append(" passed, ").append(RESULTS.size() - passed).append(" failed\n");
      try {
        Files.createDirectories(requireNonNull(REPORT.getParent()));
        Files.writeString(REPORT, lines);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
