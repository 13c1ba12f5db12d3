package io.sallyport.config;

import java.util.regex.Pattern;

/// Where a key-encryption key comes from. Nothing here opens it.
public sealed interface KeyEncryptionKeyConfig {
  /// From a file.
  record File(FilePath file) implements KeyEncryptionKeyConfig {
    @Override
    public Position position() {
      return file.position();
    }

    @Override
    public String source() {
      return "file " + file.path();
    }
  }

  /// From an environment variable.
  ///
  /// @param name of the variable: letters, digits and underscores, the first no digit
  /// @param position where the config names it
  record Environment(String name, Position position) implements KeyEncryptionKeyConfig {
    static final String FORM =
        "the name of an environment variable: letters, digits and \"_\", the first no digit";

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");

    public Environment {
      checkName(name);
    }

    static String checkName(String name) {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException("environment variable " + ConfigError.quote(name));
      }
      return name;
    }

    @Override
    public String source() {
      return "environment variable " + name;
    }
  }

  /// From a credential of systemd: the file of that name in the folder `$CREDENTIALS_DIRECTORY`.
  ///
  /// @param position where the config names it
  record Credential(String name, Position position) implements KeyEncryptionKeyConfig {
    public Credential {
      Names.check(name);
    }

    @Override
    public String source() {
      return "credential " + name;
    }
  }

  /// Where the config names it, for whoever opens it and finds it wrong.
  Position position();

  /// What it is in words, for messages: `environment variable SALLYPORT_KEK`. Never the key.
  String source();
}
