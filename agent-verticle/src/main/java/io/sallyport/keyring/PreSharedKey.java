package io.sallyport.keyring;

import io.sallyport.ktls.SecretBytes;
import java.nio.charset.StandardCharsets;

/// A secret that both peers have, and the name they call it by (RFC 9257).
///
/// Any thread may use it while its [Keyring] is retained, which wipes the secret with its last
/// reference.
public final class PreSharedKey {
  private final KeySerial serial;
  private final String identity;
  private final SecretBytes secret;

  /// Takes ownership of `secret`.
  PreSharedKey(KeySerial serial, String identity, SecretBytes secret) {
    this.serial = serial;
    this.identity = identity;
    this.secret = secret;
  }

  /// Serial of the key.
  public KeySerial serial() {
    return serial;
  }

  /// The name, which is no secret.
  public String identity() {
    return identity;
  }

  /// The name on the wire: 1 to 128 bytes of UTF-8. A copy.
  public byte[] identityBytes() {
    return identity.getBytes(StandardCharsets.UTF_8);
  }

  /// A copy of the secret, 16 to 64 bytes outside the Java heap; the caller closes it.
  ///
  /// @throws io.sallyport.ktls.KtlsException when the keyring was released
  public synchronized SecretBytes secret() {
    return secret.copy(0, secret.length());
  }

  synchronized void wipe() {
    secret.close();
  }

  @Override
  public String toString() {
    return "PreSharedKey(" + serial + ")";
  }
}
