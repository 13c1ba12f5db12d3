package io.sallyport.agent;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.bouncycastle.tls.Certificate;
import org.jspecify.annotations.Nullable;

/// The name of a peer's certificate in a log: SHA-256 of its DER, in hexadecimal.
final class CertificateDigest {
  private CertificateDigest() {}

  /// Of the first certificate of `chain`; empty when there is none.
  static String of(@Nullable Certificate chain) {
    if (chain == null || chain.isEmpty()) {
      return "";
    }
    try {
      byte[] der = chain.getCertificateAt(0).getEncoded();
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(der));
    } catch (IOException _) {
      return "";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }
}
