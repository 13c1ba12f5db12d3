package io.sallyport.keyring;

import io.sallyport.ktls.SecretBytes;
import java.io.IOException;
import java.security.InvalidKeyException;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.Signer;
import org.bouncycastle.crypto.digests.NullDigest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.crypto.signers.DSADigestSigner;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.PSSSigner;
import org.bouncycastle.crypto.signers.RSADigestSigner;
import org.bouncycastle.crypto.util.PrivateKeyFactory;

/// Signs by Bouncy Castle, where libcrypto is missing.
final class BcSigningKey implements LocalSigningKey {
  private final KeyType type;
  private final SecretBytes pkcs8;

  private BcSigningKey(KeyType type, SecretBytes pkcs8) {
    this.type = type;
    this.pkcs8 = pkcs8;
  }

  /// Takes ownership of `pkcs8`, whether it succeeds or not.
  ///
  /// @throws InvalidKeyException when it is no key, or one of another kind than [KeyType] names
  static BcSigningKey load(SecretBytes pkcs8) throws InvalidKeyException {
    try {
      return new BcSigningKey(typeOf(decode(pkcs8)), pkcs8);
    } catch (InvalidKeyException e) {
      pkcs8.close();
      throw e;
    }
  }

  private static KeyType typeOf(AsymmetricKeyParameter key) throws InvalidKeyException {
    if (key instanceof RSAPrivateCrtKeyParameters) {
      return KeyType.RSA;
    }
    if (key instanceof ECPrivateKeyParameters ec
        && ec.getParameters() instanceof ECNamedDomainParameters curve) {
      ASN1ObjectIdentifier name = curve.getName();
      if (SECObjectIdentifiers.secp256r1.equals(name)) {
        return KeyType.ECDSA_P256;
      }
      if (SECObjectIdentifiers.secp384r1.equals(name)) {
        return KeyType.ECDSA_P384;
      }
      throw new InvalidKeyException("an EC key on the curve " + name);
    }
    throw new InvalidKeyException("a private key that is neither EC nor RSA");
  }

  private static AsymmetricKeyParameter decode(SecretBytes pkcs8) throws InvalidKeyException {
    byte[] der = new byte[pkcs8.length()];
    pkcs8.reveal().getBytes(0, der);
    try {
      return PrivateKeyFactory.createKey(der);
    } catch (IOException | RuntimeException _) {
      // The cause may quote the key.
      throw new InvalidKeyException("no private key that can be read");
    } finally {
      Arrays.fill(der, (byte) 0);
    }
  }

  @Override
  public KeyType type() {
    return type;
  }

  /// One at a time: the secret's memory has one owner.
  @Override
  public synchronized byte[] sign(SignatureScheme scheme, byte[] digest) {
    if ((scheme.kind() == SignatureScheme.Kind.ECDSA) != type.isEcdsa()) {
      throw new IllegalArgumentException(scheme + " with a key " + type);
    }
    Signer signer = signer(scheme);
    try {
      signer.init(true, decode(pkcs8));
      signer.update(digest, 0, digest.length);
      return signer.generateSignature();
    } catch (InvalidKeyException | CryptoException _) {
      throw new IllegalStateException("a key that could be read before cannot sign");
    }
  }

  private static Signer signer(SignatureScheme scheme) {
    return switch (scheme.kind()) {
      case ECDSA -> new DSADigestSigner(new ECDSASigner(), new NullDigest());
      case RSA_PKCS1 -> new RSADigestSigner(new NullDigest(), oid(scheme.hash()));
      case RSA_PSS -> {
        Digest hash = digest(scheme.hash());
        yield PSSSigner.createRawSigner(
            new RSABlindedEngine(),
            hash,
            digest(scheme.hash()),
            hash.getDigestSize(),
            PSSSigner.TRAILER_IMPLICIT);
      }
    };
  }

  private static Digest digest(SignatureScheme.Hash hash) {
    return switch (hash) {
      case SHA256 -> new SHA256Digest();
      case SHA384 -> new SHA384Digest();
      case SHA512 -> new SHA512Digest();
    };
  }

  private static ASN1ObjectIdentifier oid(SignatureScheme.Hash hash) {
    return switch (hash) {
      case SHA256 -> NISTObjectIdentifiers.id_sha256;
      case SHA384 -> NISTObjectIdentifiers.id_sha384;
      case SHA512 -> NISTObjectIdentifiers.id_sha512;
    };
  }

  @Override
  public synchronized void close() {
    pkcs8.close();
  }
}
