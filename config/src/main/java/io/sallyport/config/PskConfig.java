package io.sallyport.config;

import java.nio.charset.StandardCharsets;

/// A pre-shared key (RFC 9257): the name that the peers know it by, and the file of the secret.
///
/// @param identity 1 to 128 bytes of UTF-8
/// @param secretFile the secret in hexadecimal digits; nothing here opens it
public record PskConfig(String identity, FilePath secretFile) {
  static final String IDENTITY_FORM = "an identity of 1 to 128 bytes in UTF-8";
  private static final int IDENTITY_BYTES_MAX = 128;

  public PskConfig {
    checkIdentity(identity);
  }

  static String checkIdentity(String identity) {
    // Half of a surrogate pair would become a question mark, the same one for each of them.
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(identity)) {
      throw new IllegalArgumentException("an identity that is no Unicode");
    }
    int length = identity.getBytes(StandardCharsets.UTF_8).length;
    if (length == 0 || length > IDENTITY_BYTES_MAX) {
      throw new IllegalArgumentException("an identity of " + length + " bytes");
    }
    return identity;
  }
}
