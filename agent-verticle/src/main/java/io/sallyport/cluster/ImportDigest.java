package io.sallyport.cluster;

import io.sallyport.keyring.KeyMaterial;
import io.sallyport.keyring.KeyMaterialForm;
import io.sallyport.keyring.KeyringSharing;
import io.sallyport.ktls.SecretBytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/// Tells whether what a config has is what was imported last. Secrets go into it, and it stays
/// inside of the sealed manifest.
final class ImportDigest {
  private ImportDigest() {}

  /// SHA-256 as 64 hexadecimal digits. The material stays the caller's.
  static String of(KeyringSharing sharing, List<KeyMaterial> material) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      update(sha256, sharing.mode().name().getBytes(StandardCharsets.US_ASCII));
      update(sha256, sharing.tickets().name().getBytes(StandardCharsets.US_ASCII));
      for (String grant : sharing.grants()) {
        update(sha256, grant.getBytes(StandardCharsets.UTF_8));
      }
      // No field is as long as this: no grant is taken for a key.
      sha256.update(number(-1));
      for (KeyMaterial one : material) {
        update(sha256, one);
      }
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }

  private static void update(MessageDigest digest, KeyMaterial material) {
    try (SecretBytes form = KeyMaterialForm.write(material)) {
      byte[] bytes = new byte[form.length()];
      form.reveal().getBytes(0, bytes);
      update(digest, bytes);
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static void update(MessageDigest digest, byte[] field) {
    digest.update(number(field.length));
    digest.update(field);
  }

  private static byte[] number(int number) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
  }
}
