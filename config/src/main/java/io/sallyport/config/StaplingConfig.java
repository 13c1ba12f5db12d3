package io.sallyport.config;

/// Whether a certificate is presented with proof that it was not revoked (RFC 6066 §8).
public sealed interface StaplingConfig {
  /// With an OCSP response from a file.
  ///
  /// @param ocsp in DER (RFC 6960)
  record Staple(FilePath ocsp) implements StaplingConfig {}

  /// Without.
  record Off() implements StaplingConfig {}
}
