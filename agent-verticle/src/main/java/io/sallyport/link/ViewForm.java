package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.KeyType;
import io.sallyport.keyring.KeyringView;
import io.sallyport.keyring.KeyringView.CertificateView;
import io.sallyport.keyring.TrustSet;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.cert.CRLException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A [KeyringView] as bytes on the heap.
final class ViewForm {
  private ViewForm() {}

  static ByteBuf write(KeyringView view) {
    ByteBuf bytes = Unpooled.buffer();
    FrameWriter out = new FrameWriter(bytes);
    out.text(view.name()).list(view.certificates(), certificate -> write(out, certificate));
    write(out, view.clientTrust());
    write(out, view.serverTrust());
    return bytes;
  }

  private static void write(FrameWriter out, CertificateView view) {
    out.number32(view.certificate().number())
        .number32(view.privateKey().number())
        .constant(view.type())
        .list(view.chain(), certificate -> out.bytes(der(certificate)))
        .list(view.ocsp(), out::bytes);
  }

  private static void write(FrameWriter out, @Nullable TrustSet trust) {
    out.flag(trust != null);
    if (trust != null) {
      out.number32(trust.serial().number())
          .list(trust.anchors(), anchor -> out.bytes(der(anchor)))
          .list(trust.crls(), crl -> out.bytes(der(crl)));
    }
  }

  private static byte[] der(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that could be read before", e);
    }
  }

  private static byte[] der(X509CRL crl) {
    try {
      return crl.getEncoded();
    } catch (CRLException e) {
      throw new IllegalStateException("a CRL that could be read before", e);
    }
  }

  static KeyringView read(ByteBuf form) throws MalformedFrameException {
    FrameReader in = new FrameReader(form.duplicate());
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      KeyringView view =
          new KeyringView(
              in.line(),
              in.list(() -> certificate(in, factory)),
              trust(in, factory),
              trust(in, factory));
      in.end();
      return view;
    } catch (CertificateException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    } catch (IllegalArgumentException e) {
      throw new MalformedFrameException("a view that cannot be: " + e.getMessage());
    }
  }

  private static CertificateView certificate(FrameReader in, CertificateFactory factory)
      throws MalformedFrameException {
    return new CertificateView(
        new KeySerial(in.number32()),
        new KeySerial(in.number32()),
        in.constant(KeyType.class),
        chain(in, factory),
        in.list(in::bytes));
  }

  private static List<X509Certificate> chain(FrameReader in, CertificateFactory factory)
      throws MalformedFrameException {
    return in.list(() -> {
      try {
        return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(in.bytes()));
      } catch (GeneralSecurityException _) {
        throw new MalformedFrameException("a certificate that cannot be read");
      }
    });
  }

  private static @Nullable TrustSet trust(FrameReader in, CertificateFactory factory)
      throws MalformedFrameException {
    if (!in.flag()) {
      return null;
    }
    KeySerial serial = new KeySerial(in.number32());
    List<X509Certificate> anchors = chain(in, factory);
    List<X509CRL> crls =
        in.list(() -> {
          try {
            return (X509CRL) factory.generateCRL(new ByteArrayInputStream(in.bytes()));
          } catch (GeneralSecurityException _) {
            throw new MalformedFrameException("a CRL that cannot be read");
          }
        });
    return new TrustSet(serial, anchors, crls);
  }
}
