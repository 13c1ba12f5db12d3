package io.sallyport.agent;

import io.sallyport.keyring.CertifiedKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collections;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import org.bouncycastle.asn1.ocsp.OCSPResponse;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CertificateEntry;
import org.bouncycastle.tls.CertificateStatus;
import org.bouncycastle.tls.CertificateStatusType;
import org.bouncycastle.tls.TlsExtensionsUtils;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.TlsCertificate;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCertificate;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;

/// Certificate chains in the form Bouncy Castle sends them: parsed once, not for each handshake.
///
/// Any thread. Forgets a chain with its keyring.
final class ServerChains {
  /// @param key whose chain it is
  /// @param tls12 for RFC 5246 §7.4.2
  /// @param tls13 for RFC 9846 §4.5.2
  record Chain(CertifiedKey key, Certificate tls12, Certificate tls13) {
    /// What the issuer says about the certificate, if that is known and current.
    Optional<CertificateStatus> status(Instant now) {
      return key.ocsp()
          .flatMap(ocsp -> ocsp.stapledAt(now))
          .map(der ->
              new CertificateStatus(CertificateStatusType.ocsp, OCSPResponse.getInstance(der)));
    }

    /// The chain in answer to a CertificateRequest of TLS 1.3.
    Certificate tls13(byte[] requestContext) {
      return requestContext.length == 0
          ? tls13
          : new Certificate(requestContext, tls13.getCertificateEntryList());
    }

    /// The same with what the issuer says stapled to the certificate of TLS 1.3 (RFC 9846 §4.5.1).
    Chain stapledAt(Instant now) {
      return status(now).map(this::stapled).orElse(this);
    }

    @SuppressWarnings("JdkObsolete") // Bouncy Castle's type.
    private Chain stapled(CertificateStatus status) {
      try {
        ByteArrayOutputStream encoded = new ByteArrayOutputStream();
        status.encode(encoded);
        Hashtable<Integer, byte[]> extensions = new Hashtable<>();
        extensions.put(TlsExtensionsUtils.EXT_status_request, encoded.toByteArray());
        CertificateEntry[] entries = tls13.getCertificateEntryList();
        entries[0] = new CertificateEntry(entries[0].getCertificate(), extensions);
        return new Chain(key, tls12, new Certificate(TlsUtils.EMPTY_BYTES, entries));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /// Only parses; no handshake takes its randomness.
  private final BcTlsCrypto parser = new BcTlsCrypto(new SecureRandom());

  private final Map<CertifiedKey, Chain> chains = Collections.synchronizedMap(new WeakHashMap<>());

  Chain of(CertifiedKey key) {
    return chains.computeIfAbsent(key, this::parse);
  }

  private Chain parse(CertifiedKey key) {
    List<TlsCertificate> certificates = key.chain().stream().map(this::parse).toList();
    CertificateEntry[] entries =
        certificates.stream()
            .map(certificate -> new CertificateEntry(certificate, null))
            .toArray(CertificateEntry[]::new);
    return new Chain(
        key,
        new Certificate(certificates.toArray(TlsCertificate[]::new)),
        new Certificate(TlsUtils.EMPTY_BYTES, entries));
  }

  private TlsCertificate parse(X509Certificate certificate) {
    try {
      return new EncodedCertificate(parser, certificate.getEncoded());
    } catch (IOException | CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that could be read before", e);
    }
  }

  /// Keeps its encoding, which would else be made anew for each handshake.
  private static final class EncodedCertificate extends BcTlsCertificate {
    private final byte[] encoded;

    EncodedCertificate(BcTlsCrypto crypto, byte[] encoded) throws IOException {
      super(crypto, encoded);
      this.encoded = encoded;
    }

    @Override
    public byte[] getEncoded() {
      return encoded;
    }
  }
}
