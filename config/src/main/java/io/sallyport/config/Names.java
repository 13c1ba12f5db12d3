package io.sallyport.config;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The names of one kind of thing, where they are defined and where they are referred to.
///
/// A reference may stand before its definition, so references are checked last, by [#resolve()].
final class Names {
  static final String FORM =
      "a name of 1 to 63 letters, digits, \".\", \"_\" and \"-\", the first a letter or digit";
  static final Form<String> NAME = Form.text(FORM, Names::check);

  static final String MEMBER_FORM =
      "a DNS name in lower case, of letters, digits and \"-\", at most 63 characters long";
  static final Form<String> MEMBER = Form.text(MEMBER_FORM, Names::checkMember);

  private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final int LISTED_MAX = 8;

  private final String what;
  private final Unique<String> unique;
  private final Set<String> defined = new LinkedHashSet<>();
  private final List<YamlValue> references = new ArrayList<>();

  /// @param what one such thing, for messages: `backend`
  Names(String what) {
    this.what = what;
    this.unique = new Unique<>(what);
  }

  /// Returns the name or says in an [IllegalArgumentException] what is wrong with it.
  static String check(String name) {
    if (!PATTERN.matcher(name).matches()) {
      throw new IllegalArgumentException("name " + ConfigError.quote(name));
    }
    return name;
  }

  /// The same about the name of a member, which has to stand in a certificate and be the same for
  /// everybody who compares it.
  static String checkMember(String name) {
    boolean isLower = name.chars().noneMatch(Character::isUpperCase);
    // An underscore is no part of a name in a certificate; see SniPattern.
    boolean isServerName = HostPort.isDnsName(name) && name.indexOf('_') < 0;
    if (!PATTERN.matcher(name).matches() || !isServerName || !isLower) {
      throw new IllegalArgumentException("name " + ConfigError.quote(name));
    }
    return name;
  }

  Form<String> definition() {
    return new Form<>(FORM, this::define);
  }

  Form<String> reference() {
    return new Form<>("the name of a " + what, this::refer);
  }

  /// Reports the references to names that no definition has. When there is no definition at all,
  /// that has been reported already and the references are not to blame.
  void resolve() {
    if (defined.isEmpty()) {
      return;
    }
    for (YamlValue reference : references) {
      reference
          .text()
          .filter(name -> !defined.contains(name))
          .ifPresent(name ->
              reference.reject(
                  "undefined " + what + " " + ConfigError.quote(name),
                  listed(),
                  Spelling.hint(name, defined)));
    }
  }

  /// Reports the references to names that no definition has, also when there is none at all.
  ///
  /// @param why what stands behind the name in the message
  void rejectUndefined(String why, String expected) {
    for (YamlValue reference : references) {
      reference
          .text()
          .filter(name -> !defined.contains(name))
          .ifPresent(name ->
              reference.reject(what + " " + ConfigError.quote(name) + ", " + why, expected));
    }
  }

  private Optional<String> define(YamlValue in) {
    // A name that is wrong or repeated is still what the references mean.
    in.text().ifPresent(defined::add);
    return NAME.read(in).flatMap(name -> unique.claim(name, name, in));
  }

  private Optional<String> refer(YamlValue in) {
    Optional<String> name = in.text();
    if (name.isEmpty()) {
      return in.reject(in.found(), "the name of a " + what);
    }
    references.add(in);
    return name;
  }

  private String listed() {
    String names = Form.either(defined.stream().limit(LISTED_MAX).toList());
    return defined.size() <= LISTED_MAX ? names : names + " or another " + what + " of this file";
  }
}
