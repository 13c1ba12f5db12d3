package io.sallyport.trust;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/// Makes certificates and CRLs around [#NOW], good ones unless told otherwise.
final class CertificateMaker {
  static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");

  /// A certificate and its owner's keys.
  record Issued(X509Certificate certificate, KeyPair keys) {
    byte[] der() {
      try {
        return certificate.getEncoded();
      } catch (GeneralSecurityException e) {
        throw new AssertionError(e);
      }
    }

    /// A CRL of this CA.
    X509CRL crl(Instant from, Instant until, Consumer<X509v2CRLBuilder> content) {
      return crl("SHA256withECDSA", from, until, content);
    }

    X509CRL crl(String signature, Instant from, Instant until, Consumer<X509v2CRLBuilder> content) {
      try {
        X509v2CRLBuilder builder =
            new X509v2CRLBuilder(
                X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()),
                Date.from(from));
        builder.setNextUpdate(Date.from(until));
        content.accept(builder);
        return (X509CRL)
            CertificateFactory.getInstance("X.509")
                .generateCRL(
                    new ByteArrayInputStream(builder.build(signer(signature, keys)).getEncoded()));
      } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
        throw new AssertionError(e);
      }
    }

    /// A current CRL of this CA that lists `revoked`.
    X509CRL crl(Issued... revoked) {
      return crl(
          NOW.minus(Duration.ofDays(1)),
          NOW.plus(Duration.ofDays(1)),
          crl -> {
            for (Issued one : revoked) {
              crl.addCRLEntry(one.certificate.getSerialNumber(), Date.from(NOW), 1);
            }
          });
    }
  }

  private static final Map<String, KeyPair> KEYS = new LinkedHashMap<>();
  private static long serial;

  private X500Name subject;
  private final Map<ASN1ObjectIdentifier, Extension> extensions = new LinkedHashMap<>();
  private KeyPair keys;
  private Instant from = NOW.minus(Duration.ofDays(100));
  private Instant until = NOW.plus(Duration.ofDays(100));
  private String signature = "SHA256withECDSA";

  private CertificateMaker(X500Name subject) {
    this.subject = subject;
    this.keys = newKeys("EC", new ECGenParameterSpec("secp256r1"));
  }

  /// An end entity for both purposes, named by a dNSName.
  static CertificateMaker leaf(String name) {
    return bare("CN=" + name)
        .extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
        .usages(KeyPurposeId.id_kp_clientAuth, KeyPurposeId.id_kp_serverAuth)
        .names(new GeneralName(GeneralName.dNSName, name));
  }

  /// A CA without a bound on its path.
  static CertificateMaker ca(String name) {
    return bare("CN=" + name)
        .extension(Extension.basicConstraints, true, new BasicConstraints(true))
        .extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
  }

  /// A certificate without extensions but the key identifiers.
  static CertificateMaker bare(String subject) {
    return new CertificateMaker(new X500Name(subject));
  }

  CertificateMaker extension(ASN1ObjectIdentifier id, boolean isCritical, ASN1Encodable value) {
    try {
      extensions.put(id, new Extension(id, isCritical, value.toASN1Primitive().getEncoded("DER")));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return this;
  }

  CertificateMaker without(ASN1ObjectIdentifier id) {
    extensions.remove(id);
    return this;
  }

  CertificateMaker usages(KeyPurposeId... usages) {
    return extension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(usages));
  }

  CertificateMaker names(GeneralName... names) {
    return extension(Extension.subjectAlternativeName, false, new GeneralNames(names));
  }

  CertificateMaker pathLength(int length) {
    return extension(Extension.basicConstraints, true, new BasicConstraints(length));
  }

  CertificateMaker subject(String subject) {
    return subject(new X500Name(subject));
  }

  CertificateMaker subject(X500Name subject) {
    this.subject = subject;
    return this;
  }

  CertificateMaker keys(KeyPair keys) {
    this.keys = keys;
    return this;
  }

  CertificateMaker from(Instant from) {
    this.from = from;
    return this;
  }

  CertificateMaker until(Instant until) {
    this.until = until;
    return this;
  }

  /// The algorithm that its issuer signs with.
  CertificateMaker signature(String algorithm) {
    signature = algorithm;
    return this;
  }

  Issued selfSigned() {
    return signed(subject, keys);
  }

  Issued signedBy(Issued issuer) {
    return signed(
        X500Name.getInstance(issuer.certificate.getSubjectX500Principal().getEncoded()),
        issuer.keys);
  }

  private Issued signed(X500Name issuer, KeyPair issuerKeys) {
    try {
      SubjectPublicKeyInfo key = SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded());
      X509v3CertificateBuilder builder =
          new X509v3CertificateBuilder(
              issuer,
              BigInteger.valueOf(nextSerial()),
              Date.from(from),
              Date.from(until),
              subject,
              key);
      JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
      builder.addExtension(
          Extension.subjectKeyIdentifier, false, identifiers.createSubjectKeyIdentifier(key));
      if (!extensions.containsKey(Extension.authorityKeyIdentifier)) {
        builder.addExtension(
            Extension.authorityKeyIdentifier,
            false,
            identifiers.createAuthorityKeyIdentifier(issuerKeys.getPublic()));
      }
      for (Extension extension : extensions.values()) {
        builder.addExtension(extension);
      }
      return new Issued(read(builder.build(signer(signature, issuerKeys)).getEncoded()), keys);
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw new AssertionError(e);
    }
  }

  static X509Certificate read(byte[] der) {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static KeyPair rsa(int bits) {
    // Slow to make, so each size once.
    synchronized (KEYS) {
      return KEYS.computeIfAbsent(
          "RSA " + bits,
          _ -> newKeys("RSA", new RSAKeyGenParameterSpec(bits, RSAKeyGenParameterSpec.F4)));
    }
  }

  static KeyPair newKeys(String algorithm, @Nullable AlgorithmParameterSpec parameters) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (parameters != null) {
        generator.initialize(parameters);
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static synchronized long nextSerial() {
    return ++serial;
  }

  private static ContentSigner signer(String algorithm, KeyPair keys)
      throws OperatorCreationException {
    JcaContentSignerBuilder builder = new JcaContentSignerBuilder(algorithm);
    if (algorithm.endsWith("MGF1")) {
      // The JDK has another name for it.
      builder.setProvider(new BouncyCastleProvider());
    }
    return builder.build(keys.getPrivate());
  }
}
