package io.sallyport.config;

/// One thing that is wrong in a config file.
///
/// @param position where
/// @param found what stands there, as a noun phrase that follows the word "found"
/// @param expected what should stand there, as a noun phrase that follows the word "expected"
/// @param hint a likely repair, such as `did you mean "bind"?`; empty when there is none
public record ConfigError(Position position, String found, String expected, String hint) {
  /// An error without a hint.
  public ConfigError(Position position, String found, String expected) {
    this(position, found, expected, "");
  }

  /// Exactly one printable line: `FILE:LINE:COL: found ..., expected ...` and, behind a semicolon,
  /// the hint. Characters that a terminal would act on are escaped, wherever they came from.
  public String message() {
    String line = position + ": found " + found + ", expected " + expected;
    return printable(hint.isEmpty() ? line : line + "; " + hint);
  }

  /// The [#message()].
  @Override
  public String toString() {
    return message();
  }

  /// Quotes a piece of the config file for a message; a long piece is cut.
  static String quote(String text) {
    return text.codePointCount(0, text.length()) <= QUOTED_LENGTH_MAX
        ? '"' + text + '"'
        : '"' + text.substring(0, text.offsetByCodePoints(0, QUOTED_LENGTH_MAX)) + "...\"";
  }

  /// One printable line of a text: characters that a terminal would act on are escaped.
  public static String printable(String text) {
    StringBuilder line = new StringBuilder(text.length());
    text.codePoints()
        .forEach(codePoint -> {
          if (isPrintable(codePoint)) {
            line.appendCodePoint(codePoint);
          } else {
            line.append(String.format("\\u%04X", codePoint));
          }
        });
    return line.toString();
  }

  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT, // would reorder or hide text
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      default -> true;
    };
  }

  private static final int QUOTED_LENGTH_MAX = 80;
}
