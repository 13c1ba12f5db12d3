package io.sallyport.config;

import java.util.List;

/// Whose certificates a keyring makes trustworthy.
public sealed interface TrustConfig {
  /// Nobody's.
  record None() implements TrustConfig {}

  /// Those of the certification authorities that the JDK trusts.
  ///
  /// @param position where the config asks for them, as a [FilePath] has it
  record SystemDefault(Position position) implements TrustConfig {}

  /// Those of the certification authorities in a file.
  ///
  /// @param ca their certificates, in PEM
  /// @param crls files with what they revoked, in PEM; empty: revocation is not looked at
  record Anchors(FilePath ca, List<FilePath> crls) implements TrustConfig {
    public Anchors {
      crls = List.copyOf(crls);
    }
  }
}
