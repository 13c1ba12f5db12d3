package io.sallyport.testing;

import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.CryptoInfo;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ktls.TlsVersion;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Keys of records, derived from a file of secrets (`SSLKEYLOGFILE`) as the RFCs say, on nothing
/// but HMAC.
///
/// @param cipherType which cipher they are for
/// @param hash the hash of the cipher suite: `SHA256` or `SHA384`
/// @param keyLog the lines of the file
public record TrafficKeys(CipherType cipherType, String hash, List<String> keyLog) {

  /// Keys of TLS 1.3 from the secret that the file calls `label` (RFC 9846 §7.3, 8446 §7.3).
  public CryptoInfo tls13(String label) {
    byte[] secret = secret(label);
    return new CryptoInfo(
        TlsVersion.TLS_1_3,
        cipherType,
        SecretBytes.wiping(expandLabel(secret, "key", cipherType.keyLength())),
        SecretBytes.wiping(expandLabel(secret, "iv", 12)),
        0);
  }

  /// Keys of TLS 1.2 for application data (RFC 5246 §6.3): the Finished had sequence number 0.
  ///
  /// @param client whether they are the keys the client sends with
  /// @param explicitNonce what the first record shall carry, where records carry one
  public CryptoInfo tls12(byte[] serverRandom, boolean client, byte[] explicitNonce) {
    byte[] clientRandom = HexFormat.of().parseHex(line("CLIENT_RANDOM")[1]);
    int keyLength = cipherType.keyLength();
    int ivLength = 12 - cipherType.explicitNonceLength(TlsVersion.TLS_1_2);
    byte[] block =
        prf(
            secret("CLIENT_RANDOM"),
            ReferenceRecords.concat(ascii("key expansion"), serverRandom, clientRandom),
            2 * (keyLength + ivLength));
    int keyAt = client ? 0 : keyLength;
    int ivAt = 2 * keyLength + (client ? 0 : ivLength);
    return new CryptoInfo(
        TlsVersion.TLS_1_2,
        cipherType,
        SecretBytes.wiping(Arrays.copyOfRange(block, keyAt, keyAt + keyLength)),
        SecretBytes.wiping(
            ReferenceRecords.concat(
                Arrays.copyOfRange(block, ivAt, ivAt + ivLength), explicitNonce)),
        1);
  }

  private byte[] secret(String label) {
    return HexFormat.of().parseHex(line(label)[2]);
  }

  /// Label, client random, secret.
  private String[] line(String label) {
    return keyLog.stream()
        .map(line -> line.split(" ", -1))
        .filter(words -> words[0].equals(label))
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is no " + label));
  }

  /// HKDF-Expand-Label (RFC 9846 §7.1, 8446 §7.1) without a context, of at most one hash.
  private byte[] expandLabel(byte[] secret, String label, int length) {
    byte[] name = ascii("tls13 " + label);
    byte[] info = new byte[2 + 1 + name.length + 1 + 1];
    ByteBuffer.wrap(info)
        .putShort((short) length)
        .put((byte) name.length)
        .put(name)
        .put((byte) 0)
        .put((byte) 1);
    return Arrays.copyOf(hmac(secret, info), length);
  }

  /// The PRF of RFC 5246 §5; `seed` begins with its label.
  private byte[] prf(byte[] secret, byte[] seed, int length) {
    byte[] out = new byte[0];
    byte[] a = seed;
    while (out.length < length) {
      a = hmac(secret, a);
      out = ReferenceRecords.concat(out, hmac(secret, ReferenceRecords.concat(a, seed)));
    }
    return Arrays.copyOf(out, length);
  }

  private byte[] hmac(byte[] key, byte[] data) {
    try {
      Mac mac = Mac.getInstance("Hmac" + hash);
      mac.init(new SecretKeySpec(key, "HMAC"));
      return mac.doFinal(data);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
