package io.sallyport.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.cert.X509Certificate;
import java.util.List;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedNamesTest {
  private static X509Certificate named(GeneralName... names) {
    return CertificateMaker.leaf("unused").names(names).selfSigned().certificate();
  }

  private static boolean allows(String pattern, int type, String name) {
    return new AllowedNames(List.of(pattern)).allow(named(new GeneralName(type, name)));
  }

  @ParameterizedTest
  @CsvSource({
    "a.example, a.example, true",
    "A.example, a.EXAMPLE, true",
    "a.example, b.example, false",
    "a.example, x.a.example, false",
    "*.a.example, x.a.example, true",
    "*.a.example, a.example, false",
    "*.a.example, y.x.a.example, false",
    "*.a.example, *.a.example, true",
    "x.a.example, *.a.example, false",
    "*.a.example, *.x.a.example, false",
    "*.a.example, **.a.example, false",
    "*.a.example, .a.example, false",
  })
  void dnsNamesAreEqualOrOneLabelBelow(String pattern, String name, boolean allows) {
    assertThat(allows(pattern, GeneralName.dNSName, name)).isEqualTo(allows);
  }

  @ParameterizedTest
  @CsvSource({
    "spiffe://td/ns/web, spiffe://td/ns/web, true",
    "spiffe://td/ns/web, spiffe://td/ns/Web, false",
    "spiffe://td/ns/web, spiffe://td/ns/web/x, false",
    "spiffe://td/ns/*, spiffe://td/ns/web, true",
    "spiffe://td/ns/*, spiffe://td/ns/web/sa/x, true",
    "spiffe://td/ns/*, spiffe://td/ns/..., true",
    "spiffe://td/*, spiffe://td/ns, true",
    "spiffe://td/ns/*, spiffe://td/ns/, false",
    "spiffe://td/ns/*, spiffe://td/ns, false",
    "spiffe://td/ns/*, spiffe://td/nsx/web, false",
    "spiffe://td/ns/*, spiffe://td.evil/ns/web, false",
    "spiffe://td/ns/*, spiffe://td/ns/../admin, false",
    "spiffe://td/ns/*, spiffe://td/ns/web/.., false",
    "spiffe://td/ns/*, spiffe://td/ns/./web, false",
    "spiffe://td/ns/*, spiffe://td/ns//web, false",
    "spiffe://td/ns/*, spiffe://td/ns/web/, false",
    "spiffe://td/ns/*, spiffe://td/ns/%2e%2e/admin, false",
    "spiffe://td/ns/*, spiffe://td/ns/web?x, false",
    "urn:uuid:1, urn:uuid:1, true",
  })
  void urisAreEqualOrBelow(String pattern, String name, boolean allows) {
    assertThat(allows(pattern, GeneralName.uniformResourceIdentifier, name)).isEqualTo(allows);
  }

  @Test
  void aHashAndALongPathAreNoTrouble() {
    String prefix = "spiffe://td/ns/";
    int uri = GeneralName.uniformResourceIdentifier;
    assertThat(allows(prefix + "*", uri, prefix + "web#x")).isFalse();
    assertThat(allows(prefix + "*", uri, prefix + "a/".repeat(40_000) + "a")).isTrue();
  }

  @Test
  void kindsOfNamesAreKeptApartAndTheSubjectDoesNotCount() {
    assertThat(allows("a.example", GeneralName.uniformResourceIdentifier, "https://a.example"))
        .isFalse();
    assertThat(allows("https://a.example", GeneralName.dNSName, "a.example")).isFalse();
    assertThat(allows("a.example", GeneralName.rfc822Name, "a@a.example")).isFalse();
    X509Certificate unnamed =
        CertificateMaker.leaf("a.example")
            .without(Extension.subjectAlternativeName)
            .selfSigned()
            .certificate();
    assertThat(new AllowedNames(List.of("a.example")).allow(unnamed)).isFalse();
  }

  @Test
  void oneNameAndOnePatternAreEnough() {
    X509Certificate certificate =
        named(
            new GeneralName(GeneralName.dNSName, "b.example"),
            new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://td/web"));
    assertThat(new AllowedNames(List.of("a.example", "spiffe://td/*")).allow(certificate)).isTrue();
    assertThat(new AllowedNames(List.of("a.example", "c.example")).allow(certificate)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*",
        "*.com",
        "a.*.example",
        "a*.example",
        "**.a.example",
        "a/b",
        "192.0.2.1",
        "spiffe:/*",
        "spiffe://*",
        "spiffe:///*",
        "spiffe://td*",
        "spiffe://td/*/web",
        "spiffe://td/**",
        "urn:*",
        "spiffe://td/a b",
      })
  void otherPatternsAreRefused(String pattern) {
    assertThatThrownBy(() -> new AllowedNames(List.of(pattern)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("found " + pattern);
  }

  @Test
  void noPatternsAreRefused() {
    assertThatThrownBy(() -> new AllowedNames(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
