package io.sallyport.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// No text makes the loader throw, hang or print more than one line per error. A failure prints its
/// seed; `-Dsallyport.seed=N` runs that one again.
final class ConfigPropertyTest {
  private static final int MUTATIONS = 3000;

  /// What YAML and this format care about.
  private static final List<String> PIECES =
      List.of(
          "\n",
          "\r",
          "\t",
          " ",
          "  ",
          "- ",
          ": ",
          "? ",
          "[",
          "]",
          "{",
          "}",
          ",",
          "#",
          "\"",
          "'",
          "\\",
          "|",
          ">",
          "*",
          "&a ",
          "*a",
          "!!",
          "%YAML 1.2\n",
          "---\n",
          "...\n",
          "<<: ",
          "~",
          "null",
          "\\x",
          "\\UFFFFFFFF",
          "\u0000",
          "\u0085",
          "\u2028",
          "\uFEFF",
          "\ud83d",
          "\ud83d\ude00",
          "::",
          "99999999999999999999",
          "0",
          "-1",
          "1.2",
          "app",
          "web",
          "bind",
          "sni: ");

  @TempDir private Path folder;
  private ConfigFiles files;

  @BeforeEach
  void makeFiles() throws IOException {
    files = new ConfigFiles(folder);
  }

  @Test
  void everyTruncationIsJudged() {
    for (int length = 0; length <= ConfigFiles.FULL.length(); length++) {
      isJudged(ConfigFiles.FULL.substring(0, length), "cut at " + length);
    }
  }

  @Test
  void everyTruncationOfTheBytesIsJudged() throws IOException {
    byte[] bytes = ("# \u00e4\u20ac\ud83d\ude00\n" + "a: 1").getBytes(StandardCharsets.UTF_8);
    for (int length = 0; length <= bytes.length; length++) {
      Path file = Files.write(files.path("s.yaml"), Arrays.copyOf(bytes, length));
      assertThat(ConfigLoader.load(file)).isInstanceOf(ConfigLoader.Rejected.class);
    }
  }

  @Test
  void everyMutationIsJudged() {
    long base = Long.getLong("sallyport.seed", System.nanoTime());
    int runs = Long.getLong("sallyport.seed") == null ? MUTATIONS : 1;
    for (int run = 0; run < runs; run++) {
      long seed = base + run;
      isJudged(mutate(new Random(seed)), "seed " + seed);
    }
  }

  /// Inputs that are cheap to write and, for a careless parser, dear to read.
  @Test
  void largeTextsAreJudgedInTime() {
    int size = 1_000_000;
    List<String> texts =
        List.of(
            "\n".repeat(size),
            "#".repeat(size),
            "\"" + "\\n".repeat(size / 2),
            "a: |\n" + " x\n".repeat(size / 3),
            "? ".repeat(size / 2),
            "[a, ".repeat(size / 4),
            "[" + "a, ".repeat(size / 3) + "]",
            "listeners: [" + "{}, ".repeat(20_000) + "]",
            "{" + "a: b, ".repeat(size / 6) + "}",
            "x".repeat(size) + ": y");
    for (String text : texts) {
      assertTimeoutPreemptively(Duration.ofSeconds(30), () -> files.parse(text));
    }
  }

  private void isJudged(String text, String description) {
    assertThatCode(
            () -> {
              switch (files.parse(text)) {
                case ConfigLoader.Loaded _ -> {}
                case ConfigLoader.Rejected(List<ConfigError> errors) -> inOrderAndOneLine(errors);
              }
            })
        .as("%s:%n%s", description, text)
        .doesNotThrowAnyException();
  }

  private static void inOrderAndOneLine(List<ConfigError> errors) {
    for (int i = 0; i < errors.size(); i++) {
      Position position = errors.get(i).position();
      assertThat(errors.get(i).message())
          .startsWith(position + ": found ")
          .contains(", expected ")
          .matches("\\P{Cntrl}+");
      if (i > 0) {
        assertThat(position.line()).isGreaterThanOrEqualTo(errors.get(i - 1).position().line());
      }
    }
  }

  private static String mutate(Random random) {
    StringBuilder text = new StringBuilder(ConfigFiles.FULL);
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      int at = random.nextInt(text.length());
      switch (random.nextInt(4)) {
        case 0 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
        case 1 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(12)));
        case 2 -> text.setCharAt(at, (char) random.nextInt(0x180));
        default -> {
          int from = random.nextInt(text.length());
          int to = Math.min(text.length(), from + random.nextInt(60));
          text.insert(at, text.substring(from, to));
        }
      }
    }
    return text.toString();
  }
}
