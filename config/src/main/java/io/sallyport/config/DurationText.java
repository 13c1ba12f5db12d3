package io.sallyport.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Durations as the config writes them: a whole number and its unit.
final class DurationText {
  /// Twelve digits of days are far beyond every bound of ours and far below what a [Duration]
  /// holds.
  private static final Pattern PATTERN = Pattern.compile("([0-9]{1,12})(ms|s|m|h|d)");

  private DurationText() {}

  static Form<Duration> form(Range<Duration> range) {
    String expected =
        "a duration from %s to %s as a number and its unit (ms, s, m, h or d)"
            .formatted(of(range.min()), of(range.max()));
    return Form.text(expected, text -> parse(text, range));
  }

  private static Duration parse(String text, Range<Duration> range) {
    Matcher matcher = PATTERN.matcher(text);
    if (!matcher.matches()) {
      boolean isNumber = text.matches("[0-9]+");
      throw new IllegalArgumentException(
          ConfigError.quote(text) + (isNumber ? " without a unit" : ""));
    }
    long number = Long.parseLong(matcher.group(1));
    Duration duration =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(number);
          case "s" -> Duration.ofSeconds(number);
          case "m" -> Duration.ofMinutes(number);
          case "h" -> Duration.ofHours(number);
          default -> Duration.ofDays(number);
        };
    if (!range.contains(duration)) {
      throw new IllegalArgumentException(ConfigError.quote(text));
    }
    return duration;
  }

  /// In the largest unit that divides it; hours are left out, no bound is one.
  private static String of(Duration duration) {
    long ms = duration.toMillis();
    if (ms == 0) {
      return "0s";
    }
    if (ms % 86_400_000 == 0) {
      return ms / 86_400_000 + "d";
    }
    if (ms % 60_000 == 0) {
      return ms / 60_000 + "m";
    }
    return ms % 1000 == 0 ? ms / 1000 + "s" : ms + "ms";
  }
}
