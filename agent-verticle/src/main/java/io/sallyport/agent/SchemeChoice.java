package io.sallyport.agent;

import io.sallyport.keyring.KeyType;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.ktls.TlsVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.Vector;
import java.util.stream.Collectors;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.SignatureAndHashAlgorithm;
import org.jspecify.annotations.Nullable;

/// Chooses the signature scheme of a key among those that the peer verifies.
final class SchemeChoice {
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

  /// RFC 9846 §4.3.3 (8446 §4.2.3): PKCS#1 is for certificates only.
  private static final List<SignatureScheme> RSA_TLS13 =
      RSA.stream().filter(scheme -> scheme.kind() != SignatureScheme.Kind.RSA_PKCS1).toList();

  private static final Set<Integer> KNOWN =
      Arrays.stream(SignatureScheme.values())
          .map(SignatureScheme::number)
          .collect(Collectors.toUnmodifiableSet());

  private SchemeChoice() {}

  /// The scheme that a key of this type signs with; null when the peer verifies none of them.
  ///
  /// @param schemes numbers of the schemes that the peer verifies, as far as they are spoken here
  /// @param groups numbers of the groups it knows; null when it does not say
  static @Nullable SignatureScheme of(
      TlsVersion version, KeyType type, List<Integer> schemes, @Nullable List<Integer> groups) {
    return switch (version) {
      case TLS_1_3 -> first(tls13(type), schemes);
      case TLS_1_2 -> knowsCurve(type, groups) ? first(candidates(type), schemes) : null;
    };
  }

  /// RFC 9846 §4.3.3 (8446 §4.2.3): the curve demands its hash.
  private static List<SignatureScheme> tls13(KeyType type) {
    return type.isEcdsa() ? candidates(type).subList(0, 1) : RSA_TLS13;
  }

  private static List<SignatureScheme> candidates(KeyType type) {
    return switch (type) {
      case ECDSA_P256 -> P256;
      case ECDSA_P384 -> P384;
      case RSA -> RSA;
    };
  }

  private static @Nullable SignatureScheme first(
      List<SignatureScheme> candidates, List<Integer> schemes) {
    for (SignatureScheme candidate : candidates) {
      if (schemes.contains(candidate.number())) {
        return candidate;
      }
    }
    return null;
  }

  /// RFC 8422 §5.1: in TLS 1.2 the groups also say which curves a certificate may have.
  private static boolean knowsCurve(KeyType type, @Nullable List<Integer> groups) {
    if (groups == null) {
      return true;
    }
    return switch (type) {
      case ECDSA_P256 -> groups.contains(NamedGroup.secp256r1);
      case ECDSA_P384 -> groups.contains(NamedGroup.secp384r1);
      case RSA -> true;
    };
  }

  /// Whether a scheme of this number is spoken.
  static boolean isKnown(int number) {
    return KNOWN.contains(number);
  }

  /// The numbers of the schemes that a peer names, as far as they are spoken here; none when it
  /// names none.
  @SuppressWarnings({"rawtypes", "unchecked"}) // Bouncy Castle's types are raw.
  static List<Integer> numbers(@Nullable Vector algorithms) {
    List<Integer> numbers = new ArrayList<>();
    if (algorithms != null) {
      for (SignatureAndHashAlgorithm algorithm : (List<SignatureAndHashAlgorithm>) algorithms) {
        int number = algorithm.getHash() << Byte.SIZE | algorithm.getSignature();
        if (isKnown(number) && !numbers.contains(number)) {
          numbers.add(number);
        }
      }
    }
    return numbers;
  }

  /// The schemes that this side verifies, most preferred first.
  @SuppressWarnings("JdkObsolete") // Bouncy Castle's type.
  static Vector<SignatureAndHashAlgorithm> verified() {
    return Arrays.stream(SignatureScheme.values())
        .map(SchemeChoice::wireForm)
        .collect(Collectors.toCollection(Vector::new));
  }

  /// TLS 1.2 writes a scheme as hash and signature, one byte each; the numbers are the same.
  static SignatureAndHashAlgorithm wireForm(SignatureScheme scheme) {
    return SignatureAndHashAlgorithm.getInstance(
        (short) (scheme.number() >> Byte.SIZE), (short) (scheme.number() & 0xFF));
  }
}
