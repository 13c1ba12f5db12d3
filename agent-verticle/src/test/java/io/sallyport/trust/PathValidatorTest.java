package io.sallyport.trust;

import static io.sallyport.handshake.FailureReason.CERTIFICATE_BAD_SIGNATURE;
import static io.sallyport.handshake.FailureReason.CERTIFICATE_CONSTRAINED;
import static io.sallyport.handshake.FailureReason.CERTIFICATE_EXPIRED;
import static io.sallyport.handshake.FailureReason.CERTIFICATE_MALFORMED;
import static io.sallyport.handshake.FailureReason.CERTIFICATE_MISSING;
import static io.sallyport.handshake.FailureReason.CERTIFICATE_NOT_YET_VALID;
import static io.sallyport.handshake.FailureReason.CERTIFICATE_UNKNOWN_CA;
import static io.sallyport.handshake.FailureReason.CERTIFICATE_WRONG_USAGE;
import static io.sallyport.handshake.FailureReason.TOO_MUCH_DATA;
import static io.sallyport.trust.CertificateMaker.NOW;
import static io.sallyport.trust.CertificateMaker.bare;
import static io.sallyport.trust.CertificateMaker.ca;
import static io.sallyport.trust.CertificateMaker.leaf;
import static io.sallyport.trust.CertificateMaker.newKeys;
import static io.sallyport.trust.CertificateMaker.rsa;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.trust.CertificateMaker.Issued;
import io.sallyport.trust.Verdict.Trusted;
import io.sallyport.trust.Verdict.Untrusted;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathValidatorTest {
  private static final ASN1ObjectIdentifier UNKNOWN_EXTENSION =
      new ASN1ObjectIdentifier("1.3.6.1.4.1.99999.1");

  @TempDir private Path folder;

  private final Issued root = ca("Root").selfSigned();
  private final Issued intermediate = ca("Intermediate").signedBy(root);
  private final Issued alice = leaf("alice.example").signedBy(intermediate);

  private PathCase peer(Issued leaf, Issued... others) {
    return PathCase.of(folder, leaf, others);
  }

  // Paths.

  @ParameterizedTest
  @EnumSource(Purpose.class)
  void aCertificateThatLeadsToAnAnchorIsTrusted(Purpose purpose) {
    assertThat(peer(alice, intermediate).anchors(root).purpose(purpose).isTrusted())
        .as("from the leaf to the anchor")
        .containsExactly(alice.certificate(), intermediate.certificate(), root.certificate());
    Issued direct = leaf("direct.example").signedBy(root);
    assertThat(peer(direct).anchors(root).purpose(purpose).isTrusted())
        .containsExactly(direct.certificate(), root.certificate());
  }

  @Test
  void theOthersMayComeInAnyOrderAndTwiceAndWithMoreThanIsNeeded() {
    Issued lower = ca("Lower").signedBy(intermediate);
    Issued bob = leaf("bob.example").signedBy(lower);
    Issued stranger = ca("Stranger").selfSigned();
    Issued expired = leaf("old.example").until(NOW.minusSeconds(1)).signedBy(stranger);
    peer(bob, stranger, intermediate, root, expired, lower, lower, bob).anchors(root).isTrusted();
    List<Issued> others = new ArrayList<>(List.of(stranger, intermediate, root, expired, lower));
    for (int i = 0; i < others.size(); i++) {
      Collections.rotate(others, 1);
      peer(bob, others.toArray(Issued[]::new)).anchors(root).isTrusted();
    }
  }

  @Test
  void anIntermediateCanBeTheAnchor() {
    assertThat(peer(alice, intermediate, root).anchors(intermediate).isTrusted())
        .containsExactly(alice.certificate(), intermediate.certificate());
  }

  @Test
  void ofAnchorsWithTheSameNameTheOneThatSignedCounts() {
    Issued other = ca("Root").selfSigned();
    peer(alice, intermediate).anchors(other, root).isTrusted();
    peer(alice, intermediate).anchors(root, other).isTrusted();
  }

  @Test
  void ofCrossSignedPathsOneGoodOneIsEnough() {
    Issued expired = ca("Old root").until(NOW.minusSeconds(1)).selfSigned();
    Issued good = ca("New root").selfSigned();
    Issued byExpired = ca("Cross").signedBy(expired);
    Issued byGood = ca("Cross").keys(byExpired.keys()).signedBy(good);
    Issued bob = leaf("bob.example").signedBy(byGood);
    assertThat(
            peer(bob, byExpired, byGood)
                .anchors(expired, good)
                .unlikeOpenssl("it takes the first path that it finds")
                .isTrusted())
        .containsExactly(bob.certificate(), byGood.certificate(), good.certificate());
    peer(bob, byGood, byExpired).anchors(expired, good).isTrusted();
    peer(bob, byExpired).anchors(expired, good).isUntrusted(CERTIFICATE_EXPIRED);
  }

  @Test
  void ofCrossSignedPathsTheOneThatHeldTheLongestGivesTheReason() {
    Issued expired = ca("Old root").until(NOW.minusSeconds(1)).selfSigned();
    Issued good = ca("New root").selfSigned();
    Issued byExpired = ca("Cross").signedBy(expired);
    Issued byGood = ca("Cross").keys(byExpired.keys()).signedBy(good);
    Issued server = leaf("server.example").usages(KeyPurposeId.id_kp_serverAuth).signedBy(byGood);
    peer(server, byExpired, byGood).anchors(expired, good).isUntrusted(CERTIFICATE_WRONG_USAGE);
    peer(server, byGood, byExpired).anchors(expired, good).isUntrusted(CERTIFICATE_WRONG_USAGE);
  }

  @Test
  void aMissingIntermediateIsAnUnknownCa() {
    assertThat(peer(alice).anchors(root).isUntrusted(CERTIFICATE_UNKNOWN_CA))
        .contains("CN=alice.example", "found issuer CN=Intermediate");
    Issued lower = ca("Lower").signedBy(intermediate);
    Issued bob = leaf("bob.example").signedBy(lower);
    assertThat(peer(bob, lower).anchors(root).isUntrusted(CERTIFICATE_UNKNOWN_CA))
        .contains("CN=Lower", "found issuer CN=Intermediate");
  }

  @Test
  void aSelfSignedCertificateIsAnUnknownCa() {
    peer(leaf("self.example").selfSigned()).anchors(root).isUntrusted(CERTIFICATE_UNKNOWN_CA);
    Issued evil = ca("Evil").selfSigned();
    peer(leaf("a.example").signedBy(evil), evil).anchors(root).isUntrusted(CERTIFICATE_UNKNOWN_CA);
  }

  @Test
  void anotherCaOfTheSameNameIsAnUnknownCa() {
    Issued impostor = ca("Root").selfSigned();
    peer(leaf("a.example").signedBy(impostor), impostor)
        .anchors(root)
        .isUntrusted(CERTIFICATE_UNKNOWN_CA);
  }

  @Test
  void crossCertificatesWithoutEndAreGivenUp() {
    Issued first = ca("Loop").selfSigned();
    List<Issued> loop = new ArrayList<>();
    for (int i = 0; i < PathValidator.CERTIFICATES_MAX - 1; i++) {
      loop.add(ca("Loop").keys(first.keys()).selfSigned());
    }
    Issued bob = leaf("bob.example").signedBy(first);
    assertThat(peer(bob, loop.toArray(Issued[]::new)).anchors(root).isUntrusted(TOO_MUCH_DATA))
        .contains("gave up after 100 signatures");
  }

  @Test
  void twoCasThatSignEachOtherLeadNowhere() {
    Issued a = ca("A").selfSigned();
    Issued b = ca("B").selfSigned();
    Issued aByB = ca("A").keys(a.keys()).signedBy(b);
    Issued bByA = ca("B").keys(b.keys()).signedBy(a);
    Issued bob = leaf("bob.example").signedBy(a);
    peer(bob, aByB, bByA).anchors(root).isUntrusted(CERTIFICATE_UNKNOWN_CA);
    peer(bob, aByB, bByA).anchors(b).isTrusted();
  }

  @Test
  void aPathHasTenIntermediatesAtMost() {
    List<Issued> chain = new ArrayList<>(List.of(root));
    for (int i = 1; i <= 11; i++) {
      chain.addFirst(ca("CA " + i).signedBy(chain.getFirst()));
    }
    Issued tooFar = leaf("far.example").signedBy(chain.get(0));
    peer(tooFar, chain.toArray(Issued[]::new))
        .anchors(root)
        .unlikeOpenssl("its limit is 100")
        .isUntrusted(CERTIFICATE_CONSTRAINED);
    Issued justNot = leaf("near.example").signedBy(chain.get(1));
    peer(justNot, chain.subList(1, 12).toArray(Issued[]::new)).anchors(root).isTrusted();
  }

  // Pinned certificates.

  @Test
  void aCertificateThatIsAnAnchorIsTrusted() {
    Issued self = leaf("self.example").selfSigned();
    assertThat(peer(self).anchors(root, self).isTrusted()).containsExactly(self.certificate());
    assertThat(peer(alice).anchors(alice).isTrusted()).containsExactly(alice.certificate());
    peer(alice, intermediate, root).anchors(alice).isTrusted();
  }

  @Test
  void anAnchorIsItselfWithinItsValidityAndForItsPurposeOnly() {
    Issued expired = leaf("self.example").until(NOW.minusSeconds(1)).selfSigned();
    peer(expired).anchors(expired).isUntrusted(CERTIFICATE_EXPIRED);
    Issued server = leaf("s.example").usages(KeyPurposeId.id_kp_serverAuth).selfSigned();
    peer(server).anchors(server).isUntrusted(CERTIFICATE_WRONG_USAGE);
    peer(server).anchors(server).purpose(Purpose.SERVER_AUTH).isTrusted();
    Issued odd =
        leaf("o.example").extension(UNKNOWN_EXTENSION, true, DERNull.INSTANCE).selfSigned();
    peer(odd).anchors(odd).isUntrusted(CERTIFICATE_CONSTRAINED);
    Issued weak = leaf("w.example").keys(rsa(1024)).signature("SHA256withRSA").selfSigned();
    peer(weak).anchors(weak).isUntrusted(CERTIFICATE_BAD_SIGNATURE);
  }

  @Test
  void aPinnedCertificateMakesNoCaOfItsOwner() {
    Issued self = leaf("self.example").selfSigned();
    Issued child = leaf("child.example").signedBy(self);
    peer(child, self).anchors(self).isUntrusted(CERTIFICATE_CONSTRAINED);
    Issued bare = bare("CN=bare").selfSigned();
    peer(leaf("child.example").signedBy(bare), bare)
        .anchors(bare)
        .unlikeOpenssl("it takes a self-signed certificate without extensions for a CA")
        .isUntrusted(CERTIFICATE_CONSTRAINED);
  }

  // Time.

  @Test
  void theValidityIncludesBothItsEnds() {
    Instant from = NOW.minus(Duration.ofDays(1));
    Instant until = NOW.plus(Duration.ofDays(1));
    Issued bob = leaf("bob.example").from(from).until(until).signedBy(root);
    peer(bob).anchors(root).at(from).isTrusted();
    peer(bob)
        .anchors(root)
        .at(until)
        .unlikeOpenssl("3.0 takes the last second for expired")
        .isTrusted();
    peer(bob).anchors(root).at(until.minusSeconds(1)).isTrusted();
    assertThat(
            peer(bob).anchors(root).at(from.minusSeconds(1)).isUntrusted(CERTIFICATE_NOT_YET_VALID))
        .endsWith("is not valid before 2026-05-31T12:00:00Z");
    assertThat(peer(bob).anchors(root).at(until.plusSeconds(1)).isUntrusted(CERTIFICATE_EXPIRED))
        .startsWith("certificate CN=bob.example (sha256 ")
        .endsWith(") expired 2026-06-02T12:00:00Z");
  }

  @Test
  void everyCertificateOfThePathIsWithinItsValidity() {
    Issued old = ca("Old").until(NOW.minusSeconds(1)).signedBy(root);
    assertThat(
            peer(leaf("a.example").signedBy(old), old)
                .anchors(root)
                .isUntrusted(CERTIFICATE_EXPIRED))
        .contains("CN=Old");
    Issued young = ca("Young").from(NOW.plusSeconds(1)).signedBy(root);
    peer(leaf("a.example").signedBy(young), young)
        .anchors(root)
        .isUntrusted(CERTIFICATE_NOT_YET_VALID);
    Issued oldRoot = ca("Old root").until(NOW.minusSeconds(1)).selfSigned();
    peer(leaf("a.example").signedBy(oldRoot)).anchors(oldRoot).isUntrusted(CERTIFICATE_EXPIRED);
  }

  // Usage.

  @Test
  void anExtendedKeyUsageIsForThePurposeOrForAnyOrAbsent() {
    Issued client = leaf("c.example").usages(KeyPurposeId.id_kp_clientAuth).signedBy(root);
    peer(client).anchors(root).isTrusted();
    assertThat(
            peer(client)
                .anchors(root)
                .purpose(Purpose.SERVER_AUTH)
                .isUntrusted(CERTIFICATE_WRONG_USAGE))
        .contains("is not for SERVER_AUTH", "1.3.6.1.5.5.7.3.2");
    Issued server = leaf("s.example").usages(KeyPurposeId.id_kp_serverAuth).signedBy(root);
    peer(server).anchors(root).isUntrusted(CERTIFICATE_WRONG_USAGE);
    peer(server).anchors(root).purpose(Purpose.SERVER_AUTH).isTrusted();
    Issued mail = leaf("m.example").usages(KeyPurposeId.id_kp_emailProtection).signedBy(root);
    peer(mail).anchors(root).isUntrusted(CERTIFICATE_WRONG_USAGE);
    Issued any = leaf("a.example").usages(KeyPurposeId.anyExtendedKeyUsage).signedBy(root);
    peer(any)
        .anchors(root)
        .unlikeOpenssl("3.0 does not know anyExtendedKeyUsage in this place")
        .isTrusted();
    Issued none = leaf("n.example").without(Extension.extendedKeyUsage).signedBy(root);
    peer(none).anchors(root).isTrusted();
  }

  @Test
  void aCasExtendedKeyUsageBindsThoseItIssues() {
    Issued servers = ca("Servers").usages(KeyPurposeId.id_kp_serverAuth).signedBy(root);
    Issued bob = leaf("bob.example").signedBy(servers);
    assertThat(peer(bob, servers).anchors(root).isUntrusted(CERTIFICATE_WRONG_USAGE))
        .contains("CN=Servers");
    peer(bob, servers).anchors(root).purpose(Purpose.SERVER_AUTH).isTrusted();
    Issued serverRoot = ca("Root").usages(KeyPurposeId.id_kp_serverAuth).selfSigned();
    peer(leaf("a.example").signedBy(serverRoot))
        .anchors(serverRoot)
        .isUntrusted(CERTIFICATE_WRONG_USAGE);
  }

  @Test
  void aKeyUsageAllowsWhatTheKeyDoes() {
    Issued none = leaf("n.example").without(Extension.keyUsage).signedBy(root);
    peer(none).anchors(root).isTrusted();
    Issued encrypts =
        leaf("e.example")
            .extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyEncipherment))
            .signedBy(root);
    peer(encrypts).anchors(root).isUntrusted(CERTIFICATE_WRONG_USAGE);
    KeyUsage crlsOnly = new KeyUsage(KeyUsage.cRLSign);
    Issued mute = ca("Mute").extension(Extension.keyUsage, true, crlsOnly).signedBy(root);
    peer(leaf("a.example").signedBy(mute), mute).anchors(root).isUntrusted(CERTIFICATE_WRONG_USAGE);
    Issued muteRoot = ca("Root").extension(Extension.keyUsage, true, crlsOnly).selfSigned();
    peer(leaf("a.example").signedBy(muteRoot))
        .anchors(muteRoot)
        .isUntrusted(CERTIFICATE_WRONG_USAGE);
  }

  // Constraints.

  @Test
  void onlyACaIssues() {
    Issued bob = leaf("bob.example").signedBy(alice);
    assertThat(peer(bob, alice, intermediate).anchors(root).isUntrusted(CERTIFICATE_CONSTRAINED))
        .contains("CN=alice.example", "is no CA");
    Issued bare = leaf("bare.example").without(Extension.keyUsage).signedBy(root);
    peer(leaf("a.example").signedBy(bare), bare).anchors(root).isUntrusted(CERTIFICATE_CONSTRAINED);
  }

  @Test
  void aPathLengthIsKept() {
    Issued lone = ca("Lone").pathLength(0).signedBy(root);
    peer(leaf("a.example").signedBy(lone), lone).anchors(root).isTrusted();
    Issued lower = ca("Lower").signedBy(lone);
    peer(leaf("a.example").signedBy(lower), lower, lone)
        .anchors(root)
        .isUntrusted(CERTIFICATE_CONSTRAINED);
    Issued loneAgain = ca("Lone").pathLength(0).signedBy(lone);
    peer(leaf("a.example").signedBy(loneAgain), loneAgain, lone).anchors(root).isTrusted();
  }

  @Test
  void anAnchorsPathLengthIsKept() {
    Issued lone = ca("Lone").pathLength(0).selfSigned();
    peer(leaf("a.example").signedBy(lone)).anchors(lone).isTrusted();
    Issued lower = ca("Lower").signedBy(lone);
    peer(leaf("a.example").signedBy(lower), lower)
        .anchors(lone)
        .isUntrusted(CERTIFICATE_CONSTRAINED);
  }

  @Test
  void nameConstraintsAreKept() {
    for (boolean isAnchor : new boolean[] {false, true}) {
      Issued only = constrained(permitted(GeneralName.dNSName, "a.example"), isAnchor);
      isNamed(only, GeneralName.dNSName, "x.a.example").isTrusted();
      isNamed(only, GeneralName.dNSName, "b.example").isUntrusted(CERTIFICATE_CONSTRAINED);
      isNamed(only, GeneralName.dNSName, "xa.example").isUntrusted(CERTIFICATE_CONSTRAINED);
      isNamed(only, GeneralName.uniformResourceIdentifier, "spiffe://td/x").isTrusted();

      Issued but = constrained(excluded(GeneralName.dNSName, "a.example"), isAnchor);
      isNamed(but, GeneralName.dNSName, "x.a.example").isUntrusted(CERTIFICATE_CONSTRAINED);
      isNamed(but, GeneralName.dNSName, "b.example").isTrusted();

      Issued uris =
          constrained(permitted(GeneralName.uniformResourceIdentifier, "td.example"), isAnchor);
      int uri = GeneralName.uniformResourceIdentifier;
      isNamed(uris, uri, "spiffe://td.example/ns/web").isTrusted();
      isNamed(uris, uri, "spiffe://other.example/ns/web").isUntrusted(CERTIFICATE_CONSTRAINED);
      isNamed(uris, uri, "spiffe://td.example@evil.example/x").isUntrusted(CERTIFICATE_CONSTRAINED);

      Issued mails = constrained(excluded(GeneralName.rfc822Name, "a.example"), isAnchor);
      isNamed(mails, GeneralName.rfc822Name, "bob@a.example").isUntrusted(CERTIFICATE_CONSTRAINED);
      isNamed(mails, GeneralName.rfc822Name, "bob@b.example").isTrusted();

      Issued hosts = constrained(permitted(GeneralName.iPAddress, "192.0.2.0/24"), isAnchor);
      isNamed(hosts, GeneralName.iPAddress, "192.0.2.7").isTrusted();
      isNamed(hosts, GeneralName.iPAddress, "198.51.100.7").isUntrusted(CERTIFICATE_CONSTRAINED);
    }
  }

  @Test
  void nameConstraintsAreKeptByACommonNameWhereThereIsNoDnsName() {
    Issued only = constrained(permitted(GeneralName.dNSName, "a.example"), false);
    CertificateMaker maker = leaf("b.example").without(Extension.subjectAlternativeName);
    peer(maker.signedBy(only), only).anchors(root).isUntrusted(CERTIFICATE_CONSTRAINED);
    peer(maker.subject("CN=x.a.example").signedBy(only), only).anchors(root).isTrusted();
    peer(maker.subject("CN=Bob Miller").signedBy(only), only).anchors(root).isTrusted();
    peer(maker.subject("CN=bob").signedBy(only), only)
        .anchors(root)
        .unlikeOpenssl("a single label is no DNS name to it")
        .isUntrusted(CERTIFICATE_CONSTRAINED);
  }

  @Test
  void aUriWithoutAHostCannotBeJudgedByNameConstraints() {
    int uri = GeneralName.uniformResourceIdentifier;
    Issued uris = constrained(excluded(uri, "td.example"), false);
    isNamed(uris, uri, "spiffe://a_b/x")
        .unlikeOpenssl("it takes an underscore for part of a host")
        .isUntrusted(CERTIFICATE_MALFORMED);
    isNamed(uris, uri, "urn:uuid:1").isUntrusted(CERTIFICATE_MALFORMED);
  }

  private static NameConstraints permitted(int type, String base) {
    return new NameConstraints(subtree(type, base), null);
  }

  private static NameConstraints excluded(int type, String base) {
    return new NameConstraints(null, subtree(type, base));
  }

  private static GeneralSubtree[] subtree(int type, String base) {
    return new GeneralSubtree[] {new GeneralSubtree(new GeneralName(type, base))};
  }

  private Issued constrained(NameConstraints constraints, boolean isAnchor) {
    CertificateMaker maker =
        ca("Constrained").extension(Extension.nameConstraints, true, constraints);
    return isAnchor ? maker.selfSigned() : maker.signedBy(root);
  }

  private PathCase isNamed(Issued issuer, int type, String name) {
    Issued bob =
        leaf("unused").names(new GeneralName(type, name)).subject("O=Bob").signedBy(issuer);
    boolean isAnchor =
        issuer
            .certificate()
            .getIssuerX500Principal()
            .equals(issuer.certificate().getSubjectX500Principal());
    return peer(bob, issuer).anchors(isAnchor ? issuer : root);
  }

  @Test
  void unknownCriticalExtensionsAreRefusedWhereverTheyStand() {
    Issued odd =
        leaf("odd.example").extension(UNKNOWN_EXTENSION, true, DERNull.INSTANCE).signedBy(root);
    assertThat(peer(odd).anchors(root).isUntrusted(CERTIFICATE_CONSTRAINED))
        .contains(UNKNOWN_EXTENSION.getId());
    Issued oddCa = ca("Odd").extension(UNKNOWN_EXTENSION, true, DERNull.INSTANCE).signedBy(root);
    peer(leaf("a.example").signedBy(oddCa), oddCa)
        .anchors(root)
        .isUntrusted(CERTIFICATE_CONSTRAINED);
    Issued oddRoot = ca("Root").extension(UNKNOWN_EXTENSION, true, DERNull.INSTANCE).selfSigned();
    peer(leaf("a.example").signedBy(oddRoot)).anchors(oddRoot).isUntrusted(CERTIFICATE_CONSTRAINED);
    Issued fine =
        leaf("fine.example").extension(UNKNOWN_EXTENSION, false, DERNull.INSTANCE).signedBy(root);
    peer(fine).anchors(root).isTrusted();
  }

  // Signatures and keys.

  @Test
  void strongSignaturesOfEveryKindAreTrusted() {
    peer(leaf("a.example").signedBy(root)).anchors(root).isTrusted();
    for (String curve : List.of("secp384r1", "secp521r1")) {
      Issued ec = ca(curve).keys(newKeys("EC", new ECGenParameterSpec(curve))).selfSigned();
      peer(leaf("a.example").keys(ec.keys()).signature("SHA512withECDSA").signedBy(ec))
          .anchors(ec)
          .isTrusted();
    }
    for (String signature : List.of("SHA256withRSA", "SHA512withRSA", "SHA256withRSAandMGF1")) {
      Issued rsa = ca("RSA").keys(rsa(2048)).signature(signature).selfSigned();
      peer(leaf("a.example").keys(rsa(2048)).signature(signature).signedBy(rsa))
          .anchors(rsa)
          .isTrusted();
    }
    Issued ed = ca("Ed").keys(newKeys("Ed25519", null)).signature("Ed25519").selfSigned();
    peer(leaf("a.example").keys(ed.keys()).signature("Ed25519").signedBy(ed))
        .anchors(ed)
        .isTrusted();
  }

  @ParameterizedTest
  @ValueSource(strings = {"SHA1withRSA", "MD5withRSA", "SHA1withRSAandMGF1"})
  void weakHashesAreRefused(String signature) {
    Issued ca = ca("RSA").keys(rsa(2048)).signature("SHA256withRSA").selfSigned();
    Issued bob = leaf("bob.example").signature(signature).signedBy(ca);
    assertThat(peer(bob).anchors(ca).isUntrusted(CERTIFICATE_BAD_SIGNATURE))
        .contains("CN=bob.example", "signed too weakly");
    Issued old = ca("Old").signature(signature).signedBy(ca);
    peer(leaf("a.example").signedBy(old), old).anchors(ca).isUntrusted(CERTIFICATE_BAD_SIGNATURE);
  }

  @Test
  void anAnchorsOwnSignatureDoesNotCount() {
    Issued ca = ca("RSA").keys(rsa(2048)).signature("SHA1withRSA").selfSigned();
    peer(leaf("a.example").signature("SHA256withRSA").signedBy(ca)).anchors(ca).isTrusted();
  }

  @Test
  void weakKeysAreRefusedWhereverTheyStand() {
    Issued weak = leaf("weak.example").keys(rsa(1024)).signedBy(root);
    assertThat(peer(weak).anchors(root).isUntrusted(CERTIFICATE_BAD_SIGNATURE))
        .contains("found RSA");
    Issued weakCa = ca("Weak").keys(rsa(1024)).signedBy(root);
    peer(leaf("a.example").signature("SHA256withRSA").signedBy(weakCa), weakCa)
        .anchors(root)
        .isUntrusted(CERTIFICATE_BAD_SIGNATURE);
    Issued weakRoot = ca("Weak").keys(rsa(1024)).signature("SHA256withRSA").selfSigned();
    peer(leaf("a.example").signature("SHA256withRSA").signedBy(weakRoot))
        .anchors(weakRoot)
        .isUntrusted(CERTIFICATE_BAD_SIGNATURE);
    Issued other = leaf("ed448.example").keys(newKeys("Ed448", null)).signedBy(root);
    peer(other)
        .anchors(root)
        .unlikeOpenssl("it verifies what TLS here cannot use")
        .isUntrusted(CERTIFICATE_BAD_SIGNATURE);
  }

  @Test
  void aForgedSignatureIsRefused() {
    byte[] der = alice.der().clone();
    der[der.length - 1] ^= 1;
    assertThat(
            new PathCase(folder, List.of(der, intermediate.der()))
                .anchors(root)
                .isUntrusted(CERTIFICATE_BAD_SIGNATURE))
        .contains("is not signed by the key of certificate CN=Intermediate");
    byte[] forgedCa = intermediate.der().clone();
    forgedCa[forgedCa.length - 1] ^= 1;
    new PathCase(folder, List.of(alice.der(), forgedCa))
        .anchors(root)
        .isUntrusted(CERTIFICATE_BAD_SIGNATURE);
  }

  @Test
  void noCertificateWithAFlippedBitIsTrusted() {
    Issued bob = leaf("bob.example").signedBy(root);
    PathValidator validator = peer(bob).anchors(root).validator();
    assertThat(validator.validate(List.of(bob.der()))).isInstanceOf(Trusted.class);
    for (int i = 0; i < bob.der().length; i++) {
      byte[] flipped = bob.der().clone();
      flipped[i] ^= (byte) (1 << (i % 8));
      assertThat(validator.validate(List.of(flipped)))
          .as("byte %d", i)
          .isInstanceOf(Untrusted.class);
    }
  }

  // Forms.

  @Test
  void noCertificateIsAMissingOne() {
    new PathCase(folder, List.of())
        .anchors(root)
        .unlikeOpenssl("nothing to verify")
        .isUntrusted(CERTIFICATE_MISSING);
  }

  @Test
  void certificatesAreBoundedInNumberAndBytes() {
    List<byte[]> many = new ArrayList<>(Collections.nCopies(16, intermediate.der()));
    many.set(0, alice.der());
    PathCase full = new PathCase(folder, many).anchors(root);
    full.isTrusted();
    many.add(root.der());
    new PathCase(folder, many).anchors(root).unlikeOpenssl("our bound").isUntrusted(TOO_MUCH_DATA);
    Issued big =
        leaf("big.example")
            .extension(UNKNOWN_EXTENSION, false, new DEROctetString(new byte[100 * 1024]))
            .signedBy(root);
    peer(big).anchors(root).unlikeOpenssl("our bound").isUntrusted(TOO_MUCH_DATA);
  }

  @Test
  void whatIsNoSingleDerCertificateIsMalformed() {
    byte[] der = leaf("bob.example").signedBy(root).der();
    isMalformed(new byte[0]);
    isMalformed(new byte[] {0x30, (byte) 0x80, 0, 0});
    isMalformed(Arrays.copyOf(der, der.length + 1));
    isMalformed(PathCase.pem("CERTIFICATE", der).getBytes(StandardCharsets.US_ASCII));
    for (int length = 0; length < der.length; length++) {
      isMalformed(Arrays.copyOf(der, length));
    }
    new PathCase(folder, List.of(alice.der(), intermediate.der(), new byte[] {1}))
        .anchors(root)
        .unlikeOpenssl("it reads PEM files, not messages")
        .isUntrusted(CERTIFICATE_MALFORMED);
  }

  private void isMalformed(byte[] der) {
    new PathCase(folder, List.of(der))
        .anchors(root)
        .unlikeOpenssl("it reads PEM files, not messages")
        .isUntrusted(CERTIFICATE_MALFORMED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2.5.29.15", "2.5.29.17", "2.5.29.30", "2.5.29.37"})
  void anExtensionThatCannotBeReadIsNotPassedOver(String oid) {
    Issued odd =
        leaf("odd.example")
            .extension(
                new ASN1ObjectIdentifier(oid), false, new DEROctetString(new byte[] {1, 2, 3}))
            .signedBy(root);
    peer(odd).anchors(root).isUntrusted(CERTIFICATE_MALFORMED);
  }

  @Test
  void theDetailIsOneBoundedLineOfPrintableCharacters() {
    String name = "bob\r\nACCEPTED \u001b[31m\u202e\u00e9 " + "x".repeat(1000);
    Issued evil =
        leaf("evil.example")
            .subject(new X500NameBuilder().addRDN(BCStyle.CN, name).build())
            .signedBy(ca("Nobody").selfSigned());
    assertThat(
            peer(evil)
                .anchors(root)
                .unlikeOpenssl("only the detail matters")
                .isUntrusted(CERTIFICATE_UNKNOWN_CA))
        .matches("[ -~]+")
        .contains("CN=bob??ACCEPTED")
        .hasSizeLessThan(300);
    assertThat(new Untrusted(CERTIFICATE_UNKNOWN_CA, "x\n".repeat(1000)).detail())
        .hasSize(Untrusted.DETAIL_LENGTH_MAX)
        .matches("[x?]+");
  }

  @Test
  void aTrustSetHasAnAnchor() {
    List<X509Certificate> none = List.of();
    assertThatThrownBy(() -> new PathValidator(none, List.of(), Purpose.CLIENT_AUTH, () -> NOW))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void manyThreadsShareAValidator() {
    Issued but =
        ca("Constrained")
            .extension(
                Extension.nameConstraints, true, excluded(GeneralName.dNSName, "bad.example"))
            .selfSigned();
    Issued good = leaf("good.example").signedBy(but);
    Issued bad = leaf("x.bad.example").signedBy(but);
    PathValidator validator = peer(good).anchors(but).crls(but.crl()).validator();
    List<Boolean> wrong =
        IntStream.range(0, 400)
            .parallel()
            .mapToObj(i -> {
              boolean isGood = i % 2 == 0;
              Verdict verdict = validator.validate(List.of((isGood ? good : bad).der()));
              return verdict instanceof Trusted == isGood;
            })
            .filter(isRight -> !isRight)
            .toList();
    assertThat(wrong).isEmpty();
  }
}
