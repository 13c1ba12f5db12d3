package io.sallyport.config;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/// One value of the file: what it is, where it stands, and where to report what is wrong with it.
final class YamlValue {
  private static final Set<String> NOTHING = Set.of("", "~", "null");

  private final Node node;
  private final Position position;
  private final String words;
  private final Errors errors;

  private YamlValue(Node node, Position position, String words, Errors errors) {
    this.node = node;
    this.position = position;
    this.words = words;
    this.errors = errors;
  }

  /// A key of a mapping and the value behind it.
  record Entry(YamlValue key, YamlValue value) {}

  static YamlValue of(Node node, Errors errors) {
    return new YamlValue(node, errors.at(node.getStartMark()), words(node), errors);
  }

  /// The value behind a key. A key with nothing behind it is reported where the key stands, because
  /// nothing has no place of its own.
  private static YamlValue under(YamlValue key, Node node, Errors errors) {
    return isNothing(node)
        ? new YamlValue(node, key.position, "no value behind " + key.words, errors)
        : of(node, errors);
  }

  Position position() {
    return position;
  }

  /// The value in a few words, for [ConfigError#found()].
  String found() {
    return words;
  }

  /// The text of a scalar, exactly as the file has it but without quotes; empty for everything
  /// else.
  Optional<String> text() {
    return node instanceof ScalarNode scalar && !isNothing(scalar)
        ? Optional.of(scalar.getValue())
        : Optional.empty();
  }

  /// The elements of a list; empty for everything else.
  Optional<List<YamlValue>> items() {
    return node instanceof SequenceNode sequence
        ? Optional.of(sequence.getValue().stream().map(item -> of(item, errors)).toList())
        : Optional.empty();
  }

  /// The entries of a mapping in the order of the file; empty for everything else.
  Optional<List<Entry>> entries() {
    return node instanceof MappingNode mapping
        ? Optional.of(mapping.getValue().stream().map(this::entry).toList())
        : Optional.empty();
  }

  /// This mapping, to be read key by key; empty for everything else.
  Optional<YamlMapping> mapping(String what) {
    return entries().map(entries -> new YamlMapping(what, position, entries, errors));
  }

  /// Reports this value.
  <T> Optional<T> reject(String found, String expected) {
    return reject(found, expected, "");
  }

  <T> Optional<T> reject(String found, String expected, String hint) {
    errors.add(new ConfigError(position, found, expected, hint));
    return Optional.empty();
  }

  /// YAML's three ways to write null; quoted they are text.
  static boolean isNothing(Node node) {
    return node instanceof ScalarNode scalar
        && scalar.isPlain()
        && NOTHING.contains(scalar.getValue());
  }

  private Entry entry(NodeTuple tuple) {
    YamlValue key = of(tuple.getKeyNode(), errors);
    return new Entry(key, under(key, tuple.getValueNode(), errors));
  }

  private static String words(Node node) {
    return switch (node) {
      case ScalarNode scalar when isNothing(scalar) -> "no value";
      case ScalarNode scalar -> ConfigError.quote(scalar.getValue());
      case SequenceNode _ -> "a list";
      default -> "a mapping"; // the composer makes no other node
    };
  }
}
