package io.sallyport.agent;

import io.sallyport.keyring.CertifiedKey;
import java.io.IOException;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CertificateEntry;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.TlsCertificate;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCertificate;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;

/// Certificate chains in the form Bouncy Castle sends them: parsed once, not for each handshake.
///
/// Any thread. Forgets a chain with its keyring.
final class ServerChains {
  /// @param tls12 for RFC 5246 §7.4.2
  /// @param tls13 for RFC 9846 §4.5.2
  record Chain(Certificate tls12, Certificate tls13) {}

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
