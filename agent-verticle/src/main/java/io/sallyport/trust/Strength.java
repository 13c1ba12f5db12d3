package io.sallyport.trust;

import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Which signatures and keys are strong enough, whatever the machine's `java.security` says; what
/// that forbids beyond this, the JDK's path validation forbids too.
///
/// SHA-256, SHA-384 or SHA-512 with RSA (PKCS#1 or PSS) or ECDSA, and Ed25519. RSA keys have 2048
/// to 8192 bits: longer ones only cost time, which the peer chooses. ECDSA keys are on P-256, P-384
/// or P-521.
final class Strength {
  static final String EXPECTED_SIGNATURE = "RSA or ECDSA with SHA-256, -384 or -512, or Ed25519";
  static final String EXPECTED_KEY = "RSA of 2048 to 8192 bits, P-256, P-384, P-521 or Ed25519";

  private static final int RSA_BITS_MIN = 2048;
  private static final int RSA_BITS_MAX = 8192;
  private static final String RSASSA_PSS = "1.2.840.113549.1.1.10";
  private static final Set<String> SIGNATURES =
      Set.of(
          "1.2.840.113549.1.1.11", // RSA PKCS#1 with SHA-256, -384, -512
          "1.2.840.113549.1.1.12",
          "1.2.840.113549.1.1.13",
          "1.2.840.10045.4.3.2", // ECDSA with SHA-256, -384, -512
          "1.2.840.10045.4.3.3",
          "1.2.840.10045.4.3.4",
          "1.3.101.112"); // Ed25519
  private static final Set<String> PSS_DIGESTS = Set.of("SHA-256", "SHA-384", "SHA-512");
  private static final List<ECParameterSpec> CURVES =
      Stream.of("secp256r1", "secp384r1", "secp521r1").map(Strength::curve).toList();

  /// A longer one makes each verification as dear as a signature.
  private static final int RSA_EXPONENT_BITS_MAX = 64;

  private Strength() {}

  /// @param oid the signature algorithm's
  /// @param parameters its DER parameters, if it has any
  static boolean isStrongSignature(String oid, byte @Nullable [] parameters) {
    return oid.equals(RSASSA_PSS) ? isStrongPss(parameters) : SIGNATURES.contains(oid);
  }

  static boolean isStrongKey(PublicKey key) {
    return switch (key) {
      case RSAPublicKey rsa -> {
        int bits = rsa.getModulus().bitLength();
        yield bits >= RSA_BITS_MIN
            && bits <= RSA_BITS_MAX
            && rsa.getPublicExponent().bitLength() <= RSA_EXPONENT_BITS_MAX;
      }
      case ECPublicKey ec -> CURVES.stream().anyMatch(curve -> isSame(curve, ec.getParams()));
      case EdECPublicKey ed ->
          ed.getParams().getName().equals(NamedParameterSpec.ED25519.getName());
      default -> false;
    };
  }

  /// Absent parameters stand for SHA-1 (RFC 4055 §3.1).
  private static boolean isStrongPss(byte @Nullable [] parameters) {
    if (parameters == null) {
      return false;
    }
    try {
      AlgorithmParameters decoder = AlgorithmParameters.getInstance("RSASSA-PSS");
      decoder.init(parameters);
      PSSParameterSpec pss = decoder.getParameterSpec(PSSParameterSpec.class);
      return PSS_DIGESTS.contains(pss.getDigestAlgorithm())
          && pss.getMGFParameters() instanceof MGF1ParameterSpec mask
          && PSS_DIGESTS.contains(mask.getDigestAlgorithm());
    } catch (GeneralSecurityException | IOException _) {
      return false;
    }
  }

  private static boolean isSame(ECParameterSpec expected, ECParameterSpec found) {
    return expected.getCurve().equals(found.getCurve())
        && expected.getGenerator().equals(found.getGenerator())
        && expected.getOrder().equals(found.getOrder())
        && expected.getCofactor() == found.getCofactor();
  }

  private static ECParameterSpec curve(String name) {
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec(name));
      return parameters.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }
}
