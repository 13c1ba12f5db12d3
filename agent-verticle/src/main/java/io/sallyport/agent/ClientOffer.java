package io.sallyport.agent;

import io.sallyport.keyring.CertifiedKey;
import io.sallyport.keyring.KeyType;
import io.sallyport.keyring.SignatureScheme;
import io.sallyport.ktls.TlsVersion;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bouncycastle.tls.SecurityParameters;
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
        SchemeChoice.numbers(parameters.getClientSigAlgs()),
        groups == null ? null : Set.copyOf(boxed(groups)));
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
    SignatureScheme scheme = SchemeChoice.of(version, type, schemes, groups);
    return suite == null || scheme == null ? null : new ServerSelection(key, scheme, suite);
  }
}
