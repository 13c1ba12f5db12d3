package io.sallyport.agent;

import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.KeyType;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.ktls.TlsVersion;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.Vector;
import java.util.stream.Collectors;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.SignatureAndHashAlgorithm;
import org.bouncycastle.tls.TlsUtils;
import org.jspecify.annotations.Nullable;

/// What a client can do, as far as it decides how the server may authenticate.
///
/// @param version the version that was chosen
/// @param suites cipher suites, in the client's order
/// @param schemes numbers of the signature schemes it verifies
/// @param groups numbers of the groups it knows; null when it does not say
record ClientOffer(
    TlsVersion version, List<Integer> suites, Set<Integer> schemes, @Nullable Set<Integer> groups) {
  /// Most preferred first; RSASSA-PSS before PKCS#1 (RFC 9325 §4.2.1).
  private static final List<SignatureScheme> RSA =
      List.of(
          SignatureScheme.RSA_PSS_RSAE_SHA256,
          SignatureScheme.RSA_PSS_RSAE_SHA384,
          SignatureScheme.RSA_PSS_RSAE_SHA512,
          SignatureScheme.RSA_PKCS1_SHA256,
          SignatureScheme.RSA_PKCS1_SHA384,
          SignatureScheme.RSA_PKCS1_SHA512);

  private static final List<SignatureScheme> P256 =
      List.of(
          SignatureScheme.ECDSA_SECP256R1_SHA256,
          SignatureScheme.ECDSA_SECP384R1_SHA384,
          SignatureScheme.ECDSA_SECP521R1_SHA512);

  private static final List<SignatureScheme> P384 =
      List.of(
          SignatureScheme.ECDSA_SECP384R1_SHA384,
          SignatureScheme.ECDSA_SECP256R1_SHA256,
          SignatureScheme.ECDSA_SECP521R1_SHA512);

  ClientOffer {
    suites = List.copyOf(suites);
    schemes = Set.copyOf(schemes);
    groups = groups == null ? null : Set.copyOf(groups);
  }

  /// @param parameters of a handshake whose version is chosen
  static ClientOffer of(SecurityParameters parameters, int[] suites) {
    int[] groups = parameters.getClientSupportedGroups();
    return new ClientOffer(
        TlsUtils.isTLSv13(parameters.getNegotiatedVersion())
            ? TlsVersion.TLS_1_3
            : TlsVersion.TLS_1_2,
        boxed(suites),
        schemes(parameters),
        groups == null ? null : Set.copyOf(boxed(groups)));
  }

  @SuppressWarnings({"rawtypes", "unchecked"}) // Bouncy Castle's types are raw.
  private static Set<Integer> schemes(SecurityParameters parameters) {
    Vector algorithms = parameters.getClientSigAlgs();
    return algorithms == null
        ? Set.of()
        : ((List<SignatureAndHashAlgorithm>) algorithms)
            .stream()
                .map(algorithm -> algorithm.getHash() << Byte.SIZE | algorithm.getSignature())
                .collect(Collectors.toUnmodifiableSet());
  }

  private static List<Integer> boxed(int[] numbers) {
    return Arrays.stream(numbers).distinct().boxed().toList();
  }

  /// Whether any suite is shared, whatever the certificate.
  boolean hasSuite() {
    return Arrays.stream(KeyType.values())
        .anyMatch(type -> Suite.select(version, type, suites) != null);
  }

  /// How `key` can serve this client; null when it cannot.
  @Nullable ServerSelection selection(CertifiedKey key) {
    KeyType type = key.signingKey().type();
    Suite suite = Suite.select(version, type, suites);
    SignatureScheme scheme = scheme(type);
    return suite == null || scheme == null ? null : new ServerSelection(key, scheme, suite);
  }

  private @Nullable SignatureScheme scheme(KeyType type) {
    return switch (version) {
      case TLS_1_3 -> scheme13(type);
      case TLS_1_2 -> knowsCurve(type) ? offered(candidates(type)) : null;
    };
  }

  /// RFC 9846 §4.3.3 (8446 §4.2.3): the curve demands its hash, and PKCS#1 is for certificates
  /// only.
  private @Nullable SignatureScheme scheme13(KeyType type) {
    return offered(
        candidates(type).stream()
            .filter(scheme -> scheme.kind() != SignatureScheme.Kind.RSA_PKCS1)
            .limit(type.isEcdsa() ? 1 : RSA.size())
            .toList());
  }

  private static List<SignatureScheme> candidates(KeyType type) {
    return switch (type) {
      case ECDSA_P256 -> P256;
      case ECDSA_P384 -> P384;
      case RSA -> RSA;
    };
  }

  private @Nullable SignatureScheme offered(List<SignatureScheme> candidates) {
    for (SignatureScheme candidate : candidates) {
      if (schemes.contains(candidate.number())) {
        return candidate;
      }
    }
    return null;
  }

  /// RFC 8422 §5.1: in TLS 1.2 the groups also say which curves a certificate may have.
  private boolean knowsCurve(KeyType type) {
    if (groups == null) {
      return true;
    }
    return switch (type) {
      case ECDSA_P256 -> groups.contains(NamedGroup.secp256r1);
      case ECDSA_P384 -> groups.contains(NamedGroup.secp384r1);
      case RSA -> true;
    };
  }
}
