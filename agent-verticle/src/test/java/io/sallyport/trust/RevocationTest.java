package io.sallyport.trust;

import static io.sallyport.handshake.FailureReason.CERTIFICATE_REVOCATION_UNKNOWN;
import static io.sallyport.handshake.FailureReason.CERTIFICATE_REVOKED;
import static io.sallyport.trust.CertificateMaker.NOW;
import static io.sallyport.trust.CertificateMaker.ca;
import static io.sallyport.trust.CertificateMaker.leaf;
import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.trust.CertificateMaker.Issued;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RevocationTest {
  private static final Instant YESTERDAY = NOW.minus(Duration.ofDays(1));
  private static final Instant TOMORROW = NOW.plus(Duration.ofDays(1));

  @TempDir private Path folder;

  private final Issued root = ca("Root").selfSigned();
  private final Issued intermediate = ca("Intermediate").signedBy(root);
  private final Issued alice = leaf("alice.example").signedBy(intermediate);
  private final Issued bob = leaf("bob.example").signedBy(intermediate);

  private PathCase peer(Issued leaf, X509CRL... crls) {
    return PathCase.of(folder, leaf, intermediate).anchors(root).crls(crls);
  }

  @Test
  void aCurrentCrlTellsTheRevokedFromTheOthers() {
    X509CRL crl = intermediate.crl(bob);
    peer(alice, crl).isTrusted();
    assertThat(peer(bob, crl).isUntrusted(CERTIFICATE_REVOKED))
        .contains("CN=bob.example", "was revoked at 2026-06-01T12:00:00Z", "KEY_COMPROMISE");
  }

  @Test
  void withoutCrlsNothingIsRevoked() {
    peer(bob).isTrusted();
  }

  @Test
  void withCrlsAnIssuerWithoutOneIsUnknown() {
    assertThat(peer(alice, root.crl()).isUntrusted(CERTIFICATE_REVOCATION_UNKNOWN))
        .contains("expected a current CRL of CN=Intermediate, found none");
  }

  @Test
  void anIntermediateNeedsNoCrlButAsksThoseOfItsIssuer() {
    X509CRL good = intermediate.crl();
    peer(alice, good).isTrusted();
    peer(alice, good, root.crl()).isTrusted();
    String why = "-crl_check asks for the leaf only";
    peer(alice, good, root.crl(intermediate)).unlikeOpenssl(why).isUntrusted(CERTIFICATE_REVOKED);
    X509CRL stale = root.crl(YESTERDAY, NOW.minusSeconds(1), _ -> {});
    peer(alice, good, stale).unlikeOpenssl(why).isUntrusted(CERTIFICATE_REVOCATION_UNKNOWN);
  }

  @Test
  void aStaleCrlKnowsOnlyTheRevoked() {
    X509CRL stale = intermediate.crl(YESTERDAY, NOW.minusSeconds(1), revoke(bob, 1));
    assertThat(peer(alice, stale).isUntrusted(CERTIFICATE_REVOCATION_UNKNOWN))
        .contains("nextUpdate was 2026-06-01T11:59:59Z");
    peer(bob, stale).isUntrusted(CERTIFICATE_REVOKED);
    peer(alice, stale, intermediate.crl()).isTrusted();
    X509CRL untilNow = intermediate.crl(YESTERDAY, NOW, _ -> {});
    peer(alice, untilNow).unlikeOpenssl("3.0 takes the last second for stale").isTrusted();
  }

  @Test
  void aCrlOfTheFutureIsUnknown() {
    X509CRL future = intermediate.crl(NOW.plusSeconds(1), TOMORROW, _ -> {});
    peer(alice, future).isUntrusted(CERTIFICATE_REVOCATION_UNKNOWN);
  }

  @Test
  void aCrlByAnotherKeyCountsForNothing() {
    Issued impostor = ca("Intermediate").selfSigned();
    assertThat(peer(alice, impostor.crl(alice)).isUntrusted(CERTIFICATE_REVOCATION_UNKNOWN))
        .contains("not signed by the key of certificate CN=Intermediate");
    peer(alice, impostor.crl(alice), intermediate.crl())
        .unlikeOpenssl("of CRLs with the same issuer name it asks one")
        .isTrusted();
  }

  @Test
  void aCrlIsSignedStrongly() {
    X509CRL weak = intermediate.crl("SHA1withECDSA", YESTERDAY, TOMORROW, _ -> {});
    assertThat(
            peer(alice, weak)
                .unlikeOpenssl("its security level does not count for CRLs")
                .isUntrusted(CERTIFICATE_REVOCATION_UNKNOWN))
        .contains("signed too weakly, by SHA1withECDSA");
  }

  @Test
  void aCrlIsByOneWhoMaySignIt() {
    Issued mute =
        ca("Mute")
            .extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign))
            .signedBy(root);
    PathCase.of(folder, leaf("a.example").signedBy(mute), mute)
        .anchors(root)
        .crls(mute.crl())
        .isUntrusted(CERTIFICATE_REVOCATION_UNKNOWN);
  }

  @Test
  void aPartialCrlKnowsOnlyTheRevoked() {
    Consumer<X509v2CRLBuilder> partial =
        extension(
            Extension.issuingDistributionPoint,
            new IssuingDistributionPoint(null, false, true, null, false, false));
    X509CRL crl = intermediate.crl(YESTERDAY, TOMORROW, partial.andThen(revoke(bob, 1)));
    assertThat(peer(alice, crl).isUntrusted(CERTIFICATE_REVOCATION_UNKNOWN)).contains("partial");
    peer(bob, crl).isUntrusted(CERTIFICATE_REVOKED);
  }

  @Test
  void aCrlWithAnUnknownCriticalExtensionIsUnknown() {
    X509CRL odd =
        intermediate.crl(
            YESTERDAY,
            TOMORROW,
            extension(new ASN1ObjectIdentifier("1.3.6.1.4.1.99999.1"), DERNull.INSTANCE));
    peer(alice, odd).isUntrusted(CERTIFICATE_REVOCATION_UNKNOWN);
  }

  @Test
  void aCertificateOnHoldIsRevokedUntilItIsRemoved() {
    X509CRL hold = intermediate.crl(YESTERDAY, TOMORROW, revoke(bob, CRLReason.certificateHold));
    peer(bob, hold).isUntrusted(CERTIFICATE_REVOKED);
    X509CRL removed = intermediate.crl(YESTERDAY, TOMORROW, revoke(bob, CRLReason.removeFromCRL));
    peer(bob, removed).isTrusted();
  }

  @Test
  void aPinnedCertificateNeedsNoCrlButMustNotBeListed() {
    PathCase pinned = PathCase.of(folder, bob).anchors(bob);
    String why = "it asks for a CRL of an issuer that is not there";
    pinned.crls(root.crl()).unlikeOpenssl(why).isTrusted();
    pinned.crls(intermediate.crl(alice)).isTrusted();
    pinned.crls(intermediate.crl(bob)).isUntrusted(CERTIFICATE_REVOKED);
  }

  private static Consumer<X509v2CRLBuilder> revoke(Issued one, int reason) {
    return crl ->
        crl.addCRLEntry(one.certificate().getSerialNumber(), Date.from(YESTERDAY), reason);
  }

  private static Consumer<X509v2CRLBuilder> extension(
      ASN1ObjectIdentifier id, ASN1Encodable value) {
    return crl -> {
      try {
        crl.addExtension(id, true, value);
      } catch (CertIOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }
}
