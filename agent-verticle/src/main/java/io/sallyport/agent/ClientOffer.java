package io.sallyport.agent;

import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.KeyType;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.ktls.TlsVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.TlsUtils;
import org.jspecify.annotations.Nullable;

/// What a client can do, as far as it decides how the server may authenticate: of what may be tens
/// of thousands of numbers, the few that are spoken here, as each certificate looks through them.
///
/// @param version the version that was chosen
/// @param suites numbers of cipher suites, in the client's order
/// @param schemes numbers of the signature schemes it verifies
/// @param groups numbers of the groups it knows; null when it does not say
record ClientOffer(
    TlsVersion version,
    List<Integer> suites,
    List<Integer> schemes,
    @Nullable List<Integer> groups) {
  /// @param parameters of a handshake whose version is chosen
  /// @param suites all that the client offers
  static ClientOffer of(SecurityParameters parameters, int[] suites) {
    return of(
        TlsUtils.isTLSv13(parameters.getNegotiatedVersion())
            ? TlsVersion.TLS_1_3
            : TlsVersion.TLS_1_2,
        suites,
        SchemeChoice.numbers(parameters.getClientSigAlgs()),
        parameters.getClientSupportedGroups());
  }

  /// @param suites all that the client offers
  /// @param schemes those it verifies, as far as they are spoken here
  /// @param groups all that it knows; null when it does not say
  static ClientOffer of(
      TlsVersion version, int[] suites, List<Integer> schemes, int @Nullable [] groups) {
    return new ClientOffer(
        version,
        known(suites, Suite::isKnown),
        schemes,
        groups == null ? null : known(groups, number -> KeyExchangeGroup.of(number) != null));
  }

  private static List<Integer> known(int[] numbers, IntPredicate isKnown) {
    List<Integer> known = new ArrayList<>();
    for (int number : numbers) {
      if (isKnown.test(number) && !known.contains(number)) {
        known.add(number);
      }
    }
    return known;
  }

  /// Whether any suite is shared, whatever the certificate.
  boolean hasSuite() {
    for (KeyType type : KeyType.values()) {
      if (Suite.select(version, type, suites) != null) {
        return true;
      }
    }
    return false;
  }

  /// How `key` can serve this client; null when it cannot.
  @Nullable ServerSelection selection(CertifiedKey key) {
    KeyType type = key.signingKey().type();
    Suite suite = Suite.select(version, type, suites);
    SignatureScheme scheme = SchemeChoice.of(version, type, schemes, groups);
    return suite == null || scheme == null ? null : new ServerSelection(key, scheme, suite);
  }
}
