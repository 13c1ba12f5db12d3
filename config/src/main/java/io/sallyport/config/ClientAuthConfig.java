package io.sallyport.config;

import java.util.List;

/// Whether a listener asks its clients for certificates.
///
/// A certificate that is presented is always verified, and has to fit one of the names if there are
/// any.
public sealed interface ClientAuthConfig {
  /// It does not ask.
  record None() implements ClientAuthConfig {}

  /// It asks, and a client without a certificate may pass.
  ///
  /// @param names none twice; empty: every verified certificate may pass
  record IfPresented(List<ClientNamePattern> names) implements ClientAuthConfig {
    public IfPresented {
      names = checkNames(names);
    }
  }

  /// It asks, and refuses a client without a certificate.
  ///
  /// @param names none twice; empty: every verified certificate may pass
  record Required(List<ClientNamePattern> names) implements ClientAuthConfig {
    public Required {
      names = checkNames(names);
    }
  }

  private static List<ClientNamePattern> checkNames(List<ClientNamePattern> names) {
    Unique.check("client name", names, name -> name);
    return List.copyOf(names);
  }
}
