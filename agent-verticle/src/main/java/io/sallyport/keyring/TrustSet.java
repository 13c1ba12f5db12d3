package io.sallyport.keyring;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CRLException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Whose certificates are trusted, and what they revoked.
///
/// Immutable; any thread may use it. No record, because [#digest()] is asked for with each session
/// and is made once.
public final class TrustSet {
  private final KeySerial serial;
  private final List<X509Certificate> anchors;
  private final List<X509CRL> crls;
  private final byte[] digest;

  /// @param anchors at least one
  /// @param crls empty: revocation is not looked at
  /// @throws IllegalArgumentException without an anchor, or when one of them cannot be encoded,
  ///   which one that was read from a file can
  public TrustSet(KeySerial serial, List<X509Certificate> anchors, List<X509CRL> crls) {
    if (anchors.isEmpty()) {
      throw new IllegalArgumentException("found no anchor, expected at least one");
    }
    this.serial = serial;
    this.anchors = List.copyOf(anchors);
    this.crls = List.copyOf(crls);
    this.digest = digest(this.anchors, this.crls);
  }

  /// Serial of the set.
  public KeySerial serial() {
    return serial;
  }

  /// The certificates that chains may end in, as the file orders them.
  public List<X509Certificate> anchors() {
    return anchors;
  }

  /// Signed by some of the anchors; empty when revocation is not looked at.
  public List<X509CRL> crls() {
    return crls;
  }

  /// 32 bytes, SHA-256 over all anchors and CRLs: the same for the same set of them, in whatever
  /// order and however often it has them, and another one for any other set. What was decided by
  /// one set is bound to it by this. A copy.
  public byte[] digest() {
    return digest.clone();
  }

  private static byte[] digest(List<X509Certificate> anchors, List<X509CRL> crls) {
    try {
      List<byte[]> certificates = new ArrayList<>();
      for (X509Certificate anchor : anchors) {
        certificates.add(anchor.getEncoded());
      }
      List<byte[]> lists = new ArrayList<>();
      for (X509CRL crl : crls) {
        lists.add(crl.getEncoded());
      }
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      update(sha256, certificates);
      update(sha256, lists);
      return sha256.digest();
    } catch (CertificateEncodingException | CRLException e) {
      throw new IllegalArgumentException("found no DER, expected what was read from it", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
  }

  /// A count, then each encoding with its length, so that nothing can be moved between two of them.
  private static void update(MessageDigest digest, List<byte[]> encodings) {
    encodings.sort(Arrays::compareUnsigned);
    List<byte[]> distinct = new ArrayList<>();
    for (byte[] encoding : encodings) {
      if (distinct.isEmpty() || !Arrays.equals(distinct.getLast(), encoding)) {
        distinct.add(encoding);
      }
    }
    digest.update(number(distinct.size()));
    for (byte[] encoding : distinct) {
      digest.update(number(encoding.length));
      digest.update(encoding);
    }
  }

  private static byte[] number(int number) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
  }
}
