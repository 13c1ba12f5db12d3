package io.sallyport.ktls.libcrypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.security.InvalidKeyException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// A private key that signs, as an `EVP_PKEY`: it never exists on the Java heap.
///
/// Any number of threads may sign with one key at a time: libcrypto only reads it, and each
/// signature has a context of its own. Keeping a context per thread would save a few microseconds
/// and leave key material behind in threads that the key's owner does not know. [#close()] waits
/// for signatures under way, then frees the key, which wipes it.
public final class EvpPrivateKey implements AutoCloseable {
  /// The kinds of key that are accepted.
  public enum Algorithm {
    EC_P256,
    EC_P384,
    RSA
  }

  /// How a digest becomes a signature.
  public enum Padding {
    /// ECDSA: none; the signature is DER.
    ECDSA(0),
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    PKCS1(1),
    /// RSASSA-PSS with a salt as long as the digest and MGF1 over the same hash (RFC 8017 §8.1).
    PSS(6);

    /// `RSA_*_PADDING` of `openssl/rsa.h`.
    private final int number;

    Padding(int number) {
      this.number = number;
    }
  }

  /// The hash that made the digest.
  public enum Hash {
    SHA256("SHA2-256", 32),
    SHA384("SHA2-384", 48),
    SHA512("SHA2-512", 64);

    private final long digest;
    private final int length;

    Hash(String name, int length) {
      digest = EvpPkey.fetchDigest(name);
      this.length = length;
    }
  }

  private static final int PSS_SALT_AS_LONG_AS_DIGEST = -1;
  private static final int GROUP_NAME_LENGTH = 64;

  private static final FunctionDescriptor CONTEXT_AND_INT =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final FunctionDescriptor TWO_ADDRESSES =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle DECODE =
      Libcrypto.downcall(
          "d2i_AutoPrivateKey", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle IS_A = Libcrypto.downcall("EVP_PKEY_is_a", TWO_ADDRESSES);
  private static final MethodHandle GROUP_NAME =
      Libcrypto.downcall(
          "EVP_PKEY_get_group_name",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle BITS =
      Libcrypto.downcall("EVP_PKEY_get_bits", EvpPkey.CONTEXT_TO_INT);
  private static final MethodHandle SIZE =
      Libcrypto.downcall("EVP_PKEY_get_size", EvpPkey.CONTEXT_TO_INT);
  private static final MethodHandle SIGN_INIT =
      Libcrypto.downcall("EVP_PKEY_sign_init", EvpPkey.CONTEXT_TO_INT);
  private static final MethodHandle SET_DIGEST =
      Libcrypto.downcall("EVP_PKEY_CTX_set_signature_md", TWO_ADDRESSES);
  private static final MethodHandle SET_PADDING =
      Libcrypto.downcall("EVP_PKEY_CTX_set_rsa_padding", CONTEXT_AND_INT);
  private static final MethodHandle SET_SALT_LENGTH =
      Libcrypto.downcall("EVP_PKEY_CTX_set_rsa_pss_saltlen", CONTEXT_AND_INT);
  private static final MethodHandle SIGN =
      Libcrypto.downcall(
          "EVP_PKEY_sign",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  private final Algorithm algorithm;
  private final int bits;
  private final int signatureLengthMax;

  /// Signing shares it, closing takes it alone.
  private final ReadWriteLock inUse = new ReentrantReadWriteLock();

  private long key;

  private EvpPrivateKey(long key) throws InvalidKeyException {
    try {
      algorithm = algorithmOf(key);
      bits = (int) BITS.invokeExact(key);
      signatureLengthMax = (int) SIZE.invokeExact(key);
    } catch (InvalidKeyException e) {
      EvpPkey.freeKey(key);
      throw e;
    } catch (Throwable e) {
      EvpPkey.freeKey(key);
      throw Libcrypto.failure(e);
    }
    this.key = key;
  }

  /// Reads a key from the readable bytes of `der`, which must be direct: PKCS#8 without encryption,
  /// PKCS#1 or SEC 1. Keeps no reference.
  ///
  /// @throws InvalidKeyException when it is no key, or one of another kind than [Algorithm] names
  public static EvpPrivateKey load(ByteBuf der) throws InvalidKeyException {
    long key;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment at = arena.allocate(JAVA_LONG);
      at.set(JAVA_LONG, 0, NativeMemory.address(der, der.readerIndex()));
      key = (long) DECODE.invokeExact(0L, at.address(), (long) der.readableBytes());
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
    EvpPkey.clearErrors();
    if (key == 0) {
      throw new InvalidKeyException("no private key that libcrypto can read");
    }
    return new EvpPrivateKey(key);
  }

  private static Algorithm algorithmOf(long key) throws InvalidKeyException {
    if (isA(key, "RSA")) {
      return Algorithm.RSA;
    }
    if (!isA(key, "EC")) {
      throw new InvalidKeyException("a private key that is neither EC nor RSA");
    }
    return switch (groupName(key)) {
      case "prime256v1" -> Algorithm.EC_P256;
      case "secp384r1" -> Algorithm.EC_P384;
      case String other -> throw new InvalidKeyException("an EC key on the curve " + other);
    };
  }

  private static boolean isA(long key, String type) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) IS_A.invokeExact(key, arena.allocateFrom(type).address()) == 1;
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  private static String groupName(long key) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(GROUP_NAME_LENGTH);
      int found = (int) GROUP_NAME.invokeExact(key, name.address(), (long) GROUP_NAME_LENGTH, 0L);
      EvpPkey.clearErrors();
      return found == 1 ? name.getString(0) : "of explicit parameters";
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// What kind of key this is.
  public Algorithm algorithm() {
    return algorithm;
  }

  /// Its size: of the field for EC, of the modulus for RSA.
  public int bits() {
    return bits;
  }

  /// Signs a digest. Any thread.
  ///
  /// @param padding one that fits the algorithm
  /// @param digest as long as `hash` makes it
  /// @throws IllegalStateException when the key is closed
  /// @throws IllegalArgumentException when the arguments fit neither the key nor each other
  public byte[] sign(Padding padding, Hash hash, byte[] digest) {
    if ((padding == Padding.ECDSA) != (algorithm != Algorithm.RSA)) {
      throw new IllegalArgumentException(padding + " with a key " + algorithm);
    }
    if (digest.length != hash.length) {
      throw new IllegalArgumentException(hash + " digest of " + digest.length + " bytes");
    }
    inUse.readLock().lock();
    try {
      if (key == 0) {
        throw new IllegalStateException("private key was closed");
      }
      return signOpen(padding, hash, digest);
    } finally {
      inUse.readLock().unlock();
    }
  }

  private byte[] signOpen(Padding padding, Hash hash, byte[] digest) {
    long context = EvpPkey.newContext(key);
    try (Arena arena = Arena.ofConfined()) {
      EvpPkey.check((int) SIGN_INIT.invokeExact(context));
      if (padding != Padding.ECDSA) {
        EvpPkey.check((int) SET_PADDING.invokeExact(context, padding.number));
      }
      EvpPkey.check((int) SET_DIGEST.invokeExact(context, hash.digest));
      if (padding == Padding.PSS) {
        EvpPkey.check((int) SET_SALT_LENGTH.invokeExact(context, PSS_SALT_AS_LONG_AS_DIGEST));
      }
      MemorySegment in = arena.allocateFrom(JAVA_BYTE, digest);
      MemorySegment out = arena.allocate(signatureLengthMax);
      MemorySegment length = arena.allocateFrom(JAVA_LONG, signatureLengthMax);
      EvpPkey.check(
          (int)
              SIGN.invokeExact(
                  context, out.address(), length.address(), in.address(), (long) digest.length));
      return out.asSlice(0, length.get(JAVA_LONG, 0)).toArray(JAVA_BYTE);
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    } finally {
      EvpPkey.freeContext(context);
    }
  }

  /// Frees and wipes the key once no thread signs with it. Closing twice does nothing.
  @Override
  public void close() {
    inUse.writeLock().lock();
    try {
      if (key != 0) {
        EvpPkey.freeKey(key);
        key = 0;
      }
    } finally {
      inUse.writeLock().unlock();
    }
  }

  @Override
  public String toString() {
    return "EvpPrivateKey(" + algorithm + " redacted)";
  }
}
