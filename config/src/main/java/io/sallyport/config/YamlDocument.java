package io.sallyport.config;

import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/// The text of a config file as a tree of YAML nodes.
///
/// Accepts one YAML 1.2 document of plain data, nested to a small depth. Refuses what such a file
/// does not need: anchors, aliases and tags. So a small file cannot grow in memory, and a node has
/// one place. The stream of events is checked before the tree is built, because building recurses.
final class YamlDocument {
  private static final int DEPTH_MAX = 32;

  private static final String PATTERN_HINT = "a pattern that begins with * needs quotes";
  private static final String ADDRESS_HINT = "an address that begins with [ needs quotes";

  private static final LoadSettings SETTINGS =
      LoadSettings.builder()
          .setSchema(new FailsafeSchema()) // every scalar is text; no merge key
          .setCodePointLimit(ConfigText.LENGTH_MAX)
          .build();

  private final String text;
  private final Errors errors;
  private Position reached;
  private int depth;
  private int documents;

  private YamlDocument(String text, Errors errors) {
    this.text = text;
    this.errors = errors;
    this.reached = errors.start();
  }

  /// Returns the root, or empty when it reported at least one error.
  static Optional<Node> read(String text, Errors errors) {
    return new YamlDocument(text, errors).read();
  }

  private Optional<Node> read() {
    int errorsBefore = errors.count();
    checkCharacters();
    if (errors.count() > errorsBefore) {
      return Optional.empty(); // the parser refuses such characters without a line and column
    }
    try {
      checkEvents();
      if (errors.count() > errorsBefore) {
        return Optional.empty();
      }
      Optional<Node> root = new Compose(SETTINGS).composeString(text);
      if (root.isEmpty() || YamlValue.isNothing(root.get())) {
        errors.add(new ConfigError(errors.start(), "an empty file", ConfigReader.FORM));
        return Optional.empty();
      }
      return root;
    } catch (MarkedYamlEngineException e) {
      Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
      rejectSyntax(errors.at(mark), e.getProblem(), mark.map(YamlDocument::hint).orElse(""));
    } catch (RuntimeException e) {
      // The parser lets a few others out: the code point of a long escape is one.
      rejectSyntax(reached, "a number or escape that no YAML has, after this place", "");
    }
    return Optional.empty();
  }

  private void rejectSyntax(Position position, String problem, String hint) {
    errors.add(
        new ConfigError(position, "broken YAML (" + problem + ")", "well-formed YAML", hint));
  }

  /// Two values of ours look like YAML when they are not quoted: `*.example.com` and `[::]:8443`.
  private static String hint(Mark mark) {
    int[] text = mark.getBuffer();
    int at = mark.getPointer();
    if (at == 0 || at >= text.length) {
      return "";
    }
    boolean isAddress = text[at] == ':' && (text[at - 1] == '[' || text[at - 1] == ']');
    return text[at - 1] == '*' ? PATTERN_HINT : isAddress ? ADDRESS_HINT : "";
  }

  private void checkCharacters() {
    int line = 1;
    int column = 1;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int codePoint = text.codePointAt(i);
      if (!StreamReader.isPrintable(codePoint)) {
        errors.add(
            new ConfigError(
                errors.at(line, column),
                String.format("the character U+%04X", codePoint),
                "printable text"));
        return;
      }
      boolean followedByLineFeed = i + 1 < text.length() && text.charAt(i + 1) == '\n';
      if (codePoint == '\n' || (codePoint == '\r' && !followedByLineFeed)) {
        line++;
        column = 1;
      } else {
        column++;
      }
    }
  }

  private void checkEvents() {
    for (Event event : new Parse(SETTINGS).parseString(text)) {
      reached = errors.at(event.getStartMark());
      if (event instanceof NodeEvent node) {
        checkNode(node);
      }
      depth += event instanceof CollectionStartEvent ? 1 : 0;
      depth -= event instanceof CollectionEndEvent ? 1 : 0;
      documents += event instanceof DocumentStartEvent ? 1 : 0;
      if (depth > DEPTH_MAX) {
        reject("nesting deeper than " + DEPTH_MAX + " levels", "at most that");
        return;
      }
      if (documents > 1) {
        reject("a second YAML document", "one document");
        return;
      }
    }
  }

  private void checkNode(NodeEvent event) {
    if (event instanceof AliasEvent alias) {
      String text = '*' + alias.getAlias().getValue();
      errors.add(
          new ConfigError(
              reached,
              "the YAML alias " + ConfigError.quote(text),
              "the value itself",
              PATTERN_HINT));
      return;
    }
    event
        .getAnchor()
        .ifPresent(anchor -> reject("the YAML anchor \"&" + anchor + '"', "plain data"));
    tag(event).ifPresent(tag -> reject("the YAML tag " + ConfigError.quote(tag), "plain data"));
  }

  private static Optional<String> tag(NodeEvent event) {
    return switch (event) {
      case ScalarEvent scalar -> scalar.getTag();
      case CollectionStartEvent collection -> collection.getTag();
      default -> Optional.empty();
    };
  }

  private void reject(String found, String expected) {
    errors.add(new ConfigError(reached, found, expected));
  }
}
