package io.sallyport.keyring;

import io.sallyport.ktls.SecretBytes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CRLException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The bytes of [KeyMaterial] before they are sealed: a format number, the type, all that is
/// public, and the secret at the end. One material has one form, and what is read must be exactly
/// that.
public final class KeyMaterialForm {
  /// Bytes of a form; more is refused.
  public static final int LENGTH_MAX = 16 << 20;

  private static final byte FORMAT = 1;

  /// In the order that the form counts them: a new one goes behind.
  static final List<KeyMaterial.Type> TYPES =
      List.of(
          KeyMaterial.Type.CERTIFICATE,
          KeyMaterial.Type.PRE_SHARED_KEY,
          KeyMaterial.Type.CLIENT_TRUST,
          KeyMaterial.Type.SERVER_TRUST);

  /// As well.
  private static final List<EncodedPrivateKey.Encoding> ENCODINGS =
      List.of(
          EncodedPrivateKey.Encoding.PKCS8,
          EncodedPrivateKey.Encoding.SEC1,
          EncodedPrivateKey.Encoding.PKCS1);

  private static final int IDENTITY_LENGTH_MAX = 128;

  private KeyMaterialForm() {}

  /// The form, which the caller closes; the material stays the caller's.
  ///
  /// @throws IllegalArgumentException when it is longer than [#LENGTH_MAX], which chains, trust
  ///   anchors and CRLs can be
  public static SecretBytes write(KeyMaterial material) {
    FormWriter out = new FormWriter().number8(FORMAT).choice(TYPES, material.type());
    return switch (material) {
      case KeyMaterial.Certificate certificate -> {
        writeCertificates(out, certificate.chain());
        OcspResponse ocsp = certificate.ocsp();
        out.bytes(ocsp == null ? new byte[0] : ocsp.der());
        out.choice(ENCODINGS, certificate.privateKey().encoding());
        yield join(out.written(), certificate.privateKey().der());
      }
      case KeyMaterial.PreShared(String identity, SecretBytes secret) ->
          join(out.text(identity).written(), secret);
      case KeyMaterial.Trust trust -> {
        writeCertificates(out, trust.anchors());
        writeCrls(out, trust.crls());
        yield checked(out.written());
      }
    };
  }

  private static void writeCertificates(FormWriter out, List<X509Certificate> certificates) {
    out.count(certificates.size());
    for (X509Certificate certificate : certificates) {
      try {
        out.bytes(certificate.getEncoded());
      } catch (CertificateEncodingException e) {
        throw new IllegalArgumentException("found no DER, expected what was read from it", e);
      }
    }
  }

  private static void writeCrls(FormWriter out, List<X509CRL> crls) {
    out.count(crls.size());
    for (X509CRL crl : crls) {
      try {
        out.bytes(crl.getEncoded());
      } catch (CRLException e) {
        throw new IllegalArgumentException("found no DER, expected what was read from it", e);
      }
    }
  }

  private static SecretBytes join(byte[] head, SecretBytes secret) {
    byte[] form = Arrays.copyOf(head, head.length + secret.length());
    secret.reveal().getBytes(0, form, head.length, secret.length());
    return checked(form);
  }

  private static SecretBytes checked(byte[] form) {
    SecretBytes bytes = SecretBytes.wiping(form);
    if (form.length > LENGTH_MAX) {
      bytes.close();
      throw new IllegalArgumentException(
          "found " + form.length + " bytes of certificates and CRLs, expected at most 16 MiB");
    }
    return bytes;
  }

  /// The material, which the caller closes; empty for anything that [#write] does not make.
  ///
  /// @param form stays the caller's
  public static Optional<KeyMaterial> read(SecretBytes form) {
    if (form.length() > LENGTH_MAX) {
      return Optional.empty();
    }
    try {
      FormReader in = new FormReader(form);
      if (in.number8() != FORMAT) {
        return Optional.empty();
      }
      KeyMaterial.Type type = in.choice(TYPES);
      return Optional.of(
          switch (type) {
            case CERTIFICATE -> readCertificate(in);
            case PRE_SHARED_KEY -> readPreShared(in);
            case CLIENT_TRUST, SERVER_TRUST -> readTrust(in, type);
          });
    } catch (FormReader.MalformedException | IOException | GeneralSecurityException _) {
      return Optional.empty();
    }
  }

  private static KeyMaterial readCertificate(FormReader in)
      throws FormReader.MalformedException, IOException, GeneralSecurityException {
    List<X509Certificate> chain = readCertificates(in);
    if (chain.isEmpty()) {
      throw new FormReader.MalformedException("no certificate");
    }
    byte[] ocsp = in.bytes(OcspResponse.LENGTH_MAX);
    OcspResponse response = ocsp.length == 0 ? null : OcspFile.response(ocsp, chain);
    EncodedPrivateKey.Encoding encoding = in.choice(ENCODINGS);
    return new KeyMaterial.Certificate(chain, new EncodedPrivateKey(encoding, in.rest()), response);
  }

  private static KeyMaterial readPreShared(FormReader in) throws FormReader.MalformedException {
    String identity = in.text(IDENTITY_LENGTH_MAX);
    if (identity.isEmpty()) {
      throw new FormReader.MalformedException("no identity");
    }
    SecretBytes secret = in.rest();
    if (secret.length() < PskFile.SECRET_BYTES_MIN || secret.length() > PskFile.SECRET_BYTES_MAX) {
      secret.close();
      throw new FormReader.MalformedException("a secret that is too short or too long");
    }
    return new KeyMaterial.PreShared(identity, secret);
  }

  private static KeyMaterial readTrust(FormReader in, KeyMaterial.Type type)
      throws FormReader.MalformedException, GeneralSecurityException {
    List<X509Certificate> anchors = readCertificates(in);
    if (anchors.isEmpty()) {
      throw new FormReader.MalformedException("no anchor");
    }
    List<X509CRL> crls = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      byte[] der = in.bytes(LENGTH_MAX);
      X509CRL crl = (X509CRL) factory().generateCRL(new ByteArrayInputStream(der));
      checkWhole(crl.getEncoded(), der);
      crls.add(crl);
    }
    in.end();
    return new KeyMaterial.Trust(type, anchors, crls);
  }

  private static List<X509Certificate> readCertificates(FormReader in)
      throws FormReader.MalformedException, CertificateException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      byte[] der = in.bytes(LENGTH_MAX);
      X509Certificate certificate =
          (X509Certificate) factory().generateCertificate(new ByteArrayInputStream(der));
      checkWhole(certificate.getEncoded(), der);
      certificates.add(certificate);
    }
    return certificates;
  }

  /// The JDK's parser takes PEM as well, and leaves alone what stands behind.
  private static void checkWhole(byte[] parsed, byte[] der) throws FormReader.MalformedException {
    if (!Arrays.equals(parsed, der)) {
      throw new FormReader.MalformedException("more than one thing in a field");
    }
  }

  private static CertificateFactory factory() throws CertificateException {
    return CertificateFactory.getInstance("X.509");
  }
}
