package io.sallyport.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.cert.X509Certificate;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceIdentityTest {
  private static X509Certificate named(int type, String name) {
    return CertificateMaker.leaf("unused")
        .subject("O=Server")
        .names(new GeneralName(type, name))
        .selfSigned()
        .certificate();
  }

  private static boolean fits(String host, int type, String name) {
    return ReferenceIdentity.of(host).fits(named(type, name));
  }

  @ParameterizedTest
  @CsvSource({
    "a.example, a.example, true",
    "A.Example., a.eXAMPLE, true",
    "localhost, localhost, true",
    "xn--bcher-kva.example, xn--bcher-kva.example, true",
    "a_b.example, a_b.example, true",
    "a.b.example, *.b.example, true",
    "A.B.example, *.b.EXAMPLE, true",
    "xn--bcher-kva.b.example, *.b.example, true",
    "b.example, *.b.example, false",
    "x.a.b.example, *.b.example, false",
    "a.example, *.example, false",
    "localhost, *, false",
    "a.b.example, a*.b.example, false",
    "ab.b.example, *b.b.example, false",
    "a.b.example, a.*.example, false",
    "a.b.example, *.*.example, false",
    "a.b.example, b.example, false",
    "a.example, xa.example, false",
    "a.example, a.example.evil, false",
    "a.example, a.example., false",
    "a.example, .example, false",
  })
  void aDnsNameIsEqualOrUnderAWildcardForOneLabel(String host, String dnsName, boolean fits) {
    assertThat(fits(host, GeneralName.dNSName, dnsName)).isEqualTo(fits);
  }

  @Test
  void aNameWithANulIsNoOther() {
    assertThat(fits("a.example", GeneralName.dNSName, "a.example\0.evil.example")).isFalse();
    assertThat(fits("a.example", GeneralName.dNSName, "a.example\0")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "2001:db8::1, 2001:db8:0:0:0:0:0:1, true",
    "2001:DB8::1, 2001:db8::1, true",
    "::1, ::1, true",
    "2001:db8::1, 2001:db8::2, false",
    "::1, 127.0.0.1, false",
  })
  void anAddressIsEqual(String host, String address, boolean fits) {
    assertThat(fits(host, GeneralName.iPAddress, address)).isEqualTo(fits);
  }

  @Test
  void anAddressIsNoDnsNameAndADnsNameNoAddress() {
    assertThat(fits("192.0.2.1", GeneralName.dNSName, "192.0.2.1")).isFalse();
    assertThat(fits("1.b.example", GeneralName.uniformResourceIdentifier, "https://1.b.example"))
        .isFalse();
  }

  @Test
  void aRangeOfAddressesIsNoAddress() {
    GeneralName range =
        new GeneralName(
            GeneralName.iPAddress,
            new DEROctetString(new byte[] {(byte) 192, 0, 2, 1, -1, -1, -1, 0}));
    X509Certificate certificate =
        CertificateMaker.leaf("unused").names(range).selfSigned().certificate();
    assertThat(ReferenceIdentity.of("192.0.2.1").fits(certificate)).isFalse();
  }

  @Test
  void theCommonNameDoesNotCount() {
    X509Certificate certificate =
        CertificateMaker.leaf("a.example")
            .without(Extension.subjectAlternativeName)
            .selfSigned()
            .certificate();
    assertThat(ReferenceIdentity.of("a.example").fits(certificate)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "a..b",
        "b\u00fccher.example",
        "\u212a.example",
        "*.example.com",
        "a b",
        "a\n.example",
        "1",
        "1.2.3",
        "1.2.3.256",
        "1.2.3.4.5",
        "[::1]",
        "::1%lo",
        ":",
        ":::",
        "12345::1",
        "https://a.example",
        "a.example:443",
        "-a.example",
      })
  void whatIsNoHostIsRefused(String host) {
    assertThatThrownBy(() -> ReferenceIdentity.of(host))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
