package io.sallyport.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/// Finds the word that was meant.
final class Spelling {
  private static final int WORD_LENGTH_MAX = 63;
  private static final int SHORT_WORD_LENGTH = 4;

  private Spelling() {}

  /// The question for [ConfigError#hint()]; empty when no word is near.
  static String hint(String word, Collection<String> words) {
    return closest(word, words).map(near -> "did you mean \"" + near + "\"?").orElse("");
  }

  /// The nearest of the words: at most one edit away from a short word, at most two from a longer
  /// one. Case does not count. Words without letters are versions and numbers: those are not
  /// misspelt.
  static Optional<String> closest(String word, Collection<String> words) {
    if (word.length() > WORD_LENGTH_MAX || word.chars().noneMatch(Character::isLetter)) {
      return Optional.empty();
    }
    int nearest = (word.length() <= SHORT_WORD_LENGTH ? 1 : 2) + 1;
    Optional<String> found = Optional.empty();
    for (String candidate : words) {
      if (Math.abs(candidate.length() - word.length()) < nearest) {
        int distance = distance(word.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
        if (distance < nearest) {
          nearest = distance;
          found = Optional.of(candidate);
        }
      }
    }
    return found;
  }

  /// Damerau-Levenshtein, as optimal string alignment: the number of insertions, deletions,
  /// substitutions and swaps of neighbours that turn one word into the other.
  static int distance(String a, String b) {
    int[][] edits = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          edits[i][j] = i + j;
          continue;
        }
        int substitution = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(edits[i - 1][j], edits[i][j - 1]) + 1;
        least = Math.min(least, edits[i - 1][j - 1] + substitution);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, edits[i - 2][j - 2] + 1);
        }
        edits[i][j] = least;
      }
    }
    return edits[a.length()][b.length()];
  }
}
