package io.sallyport.handshake;

import java.util.List;

/// Whether a server asks its clients for a certificate, and which it lets in.
///
/// @param mode whether one is asked for
/// @param names host names, wildcards (`*.example.com`) and URIs of which a certificate must have
///   one as subjectAltName; empty: any trusted certificate will do
public record ClientAuth(Mode mode, List<String> names) {
  /// No certificate is asked for.
  public static final ClientAuth NONE = new ClientAuth(Mode.NONE, List.of());

  /// How much a server insists.
  public enum Mode {
    /// It does not ask.
    NONE,
    /// It asks; a client may have none, but what it shows must be trusted.
    OPTIONAL,
    /// A client without a trusted certificate is refused.
    REQUIRED
  }

  public ClientAuth {
    names = List.copyOf(names);
  }
}
