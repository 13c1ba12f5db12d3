package io.sallyport.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads `cluster.holders`.
///
/// The member's own name is read later, so [#rejectOwn] comes last.
final class HoldersReader {
  private static final String ANY = "*";

  private static final Form<String> NAME =
      Form.text(Names.MEMBER_FORM + ", or \"*\" alone", Names::checkMember);

  private final List<YamlValue> names = new ArrayList<>();

  Form<HoldersConfig> holders() {
    Form<String> name = new Form<>(NAME.expected(), this::name).once(new Unique<>("member"));
    Form<List<String>> list = Form.list("[NAME] or [\"*\"]", name);
    return new Form<>(list.expected(), in -> list.read(in).flatMap(texts -> choice(texts, in)));
  }

  private Optional<String> name(YamlValue in) {
    if (in.text().filter(ANY::equals).isPresent()) {
      return Optional.of(ANY);
    }
    names.add(in);
    return NAME.read(in);
  }

  private static Optional<HoldersConfig> choice(List<String> texts, YamlValue in) {
    if (!texts.contains(ANY)) {
      return Optional.of(new HoldersConfig.Named(texts));
    }
    return texts.size() == 1
        ? Optional.of(new HoldersConfig.Any())
        : in.reject("\"*\" beside names", "one of the two");
  }

  /// Reports the name of the member that the file is of.
  void rejectOwn(String ownName) {
    for (YamlValue name : names) {
      if (name.text().filter(ownName::equals).isPresent()) {
        name.reject(
            "\"" + ownName + "\", which is this member itself",
            "the names of other members",
            "leave it out: what a member opens itself it takes from nobody");
      }
    }
  }
}
