package io.sallyport.keyring;

import io.sallyport.config.FilePath;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ocsp.OCSPResponse;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.OCSPException;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.operator.bc.BcDigestCalculatorProvider;

/// Reads an OCSP response and looks whether it is about the certificate it is to be stapled to.
///
/// Its signature is for the client to verify, which knows whom it trusts.
final class OcspFile {
  private static final String FORM =
      "a successful OCSP response in DER that says good of the first certificate of the chain";

  private OcspFile() {}

  /// The response; empty when an error was reported.
  ///
  /// @param chain of the certificate; the issuer is compared when it is in there
  static Optional<OcspResponse> read(
      FilePath file, List<X509Certificate> chain, Findings findings) {
    try {
      OcspResponse response = response(bytes(file.path()), chain);
      warn(file, response, findings);
      return Optional.of(response);
    } catch (IOException e) {
      findings.reject(file, Findings.noun(e), FORM);
      return Optional.empty();
    }
  }

  private static byte[] bytes(Path path) throws IOException {
    try (InputStream in = new FileInputStream(path.toFile())) {
      byte[] bytes = in.readNBytes(OcspResponse.LENGTH_MAX + 1);
      if (bytes.length > OcspResponse.LENGTH_MAX) {
        throw new IOException("a file of more than 64 KiB");
      }
      return bytes;
    }
  }

  /// A response that says good of the certificate.
  ///
  /// @throws IOException when it does not; the message is a noun phrase
  static OcspResponse response(byte[] der, List<X509Certificate> chain) throws IOException {
    try {
      // Not the stream of bytes: that would leave bytes behind the response unseen.
      OCSPResp response = new OCSPResp(OCSPResponse.getInstance(ASN1Primitive.fromByteArray(der)));
      if (response.getStatus() != OCSPResp.SUCCESSFUL) {
        throw new NoGoodResponse("an OCSP response of status " + response.getStatus());
      }
      if (response.getResponseObject() instanceof BasicOCSPResp basic) {
        SingleResp answer = answer(basic, chain);
        Date next = answer.getNextUpdate();
        return new OcspResponse(
            der, answer.getThisUpdate().toInstant(), next == null ? null : next.toInstant());
      }
      throw new NoGoodResponse("an OCSP response of an unknown type");
    } catch (NoGoodResponse e) {
      throw e;
    } catch (IOException | OCSPException | CertificateException | RuntimeException _) {
      // The last one: the library decodes as late as it can, and says so in its own ways.
      throw new IOException("an OCSP response that cannot be read");
    }
  }

  private static SingleResp answer(BasicOCSPResp response, List<X509Certificate> chain)
      throws NoGoodResponse, OCSPException, CertificateException {
    for (SingleResp answer : response.getResponses()) {
      if (isAbout(answer.getCertID(), chain)) {
        // No status at all is how this library says good.
        if (answer.getCertStatus() == null) {
          return answer;
        }
        throw new NoGoodResponse(
            answer.getCertStatus() instanceof RevokedStatus
                ? "an OCSP response that says revoked"
                : "an OCSP response that says unknown");
      }
    }
    throw new NoGoodResponse("an OCSP response about another certificate");
  }

  private static boolean isAbout(CertificateID id, List<X509Certificate> chain)
      throws OCSPException, CertificateException {
    BigInteger serial = chain.getFirst().getSerialNumber();
    return id.getSerialNumber().equals(serial)
        && (chain.size() == 1
            || id.matchesIssuer(issuer(chain.get(1)), new BcDigestCalculatorProvider()));
  }

  private static X509CertificateHolder issuer(X509Certificate certificate)
      throws CertificateException {
    return new JcaX509CertificateHolder(certificate);
  }

  private static void warn(FilePath file, OcspResponse response, Findings findings) {
    Instant now = Instant.now();
    if (response.nextUpdate().isEmpty()) {
      findings.warn(
          file, "an OCSP response that holds for ever", "one that says when it is outdated");
    } else if (response.stapledAt(now).isEmpty()) {
      boolean isEarly = response.thisUpdate().isAfter(now);
      findings.warn(
          file,
          isEarly
              ? "an OCSP response for after " + response.thisUpdate()
              : "an OCSP response outdated since " + response.nextUpdate().get(),
          "a current one; this one is not presented");
    }
  }

  /// Says what is wrong with a response that can be read.
  private static final class NoGoodResponse extends IOException {
    private static final long serialVersionUID = 1;

    NoGoodResponse(String message) {
      super(message);
    }
  }
}
