package io.sallyport.ktls.libcrypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.security.InvalidKeyException;
import org.jspecify.annotations.Nullable;

/// One side of an ephemeral Diffie-Hellman exchange on an elliptic curve.
///
/// For one thread at a time. [#close()] frees the private key, which wipes it.
@SuppressWarnings("restricted") // Addresses are this package's business.
public final class EvpKeyExchange implements AutoCloseable {
  /// The groups (RFC 9846 §4.3.7, 8446 §4.2.7).
  public enum Group {
    X25519("X25519", null, 32, 32),
    P256("EC", "P-256", 65, 32),
    P384("EC", "P-384", 97, 48),
    P521("EC", "P-521", 133, 66);

    private final String algorithm;

    /// Null where the algorithm says it all.
    private final @Nullable String curve;

    private final int publicLength;
    private final int secretLength;

    Group(String algorithm, @Nullable String curve, int publicLength, int secretLength) {
      this.algorithm = algorithm;
      this.curve = curve;
      this.publicLength = publicLength;
      this.secretLength = secretLength;
    }
  }

  /// First byte of an uncompressed point (SEC 1 §2.3.3), the only form TLS 1.3 has.
  private static final int UNCOMPRESSED = 4;

  private static final FunctionDescriptor TWO_ADDRESSES =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final FunctionDescriptor THREE_ADDRESSES =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle CONTEXT_FROM_NAME =
      Libcrypto.downcall(
          "EVP_PKEY_CTX_new_from_name",
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle KEYGEN_INIT =
      Libcrypto.downcall("EVP_PKEY_keygen_init", EvpPkey.CONTEXT_TO_INT);
  private static final MethodHandle SET_GROUP =
      Libcrypto.downcall("EVP_PKEY_CTX_set_group_name", TWO_ADDRESSES);
  private static final MethodHandle GENERATE =
      Libcrypto.downcall("EVP_PKEY_generate", TWO_ADDRESSES);
  private static final MethodHandle PUBLIC_KEY =
      Libcrypto.downcall(
          "EVP_PKEY_get1_encoded_public_key",
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FREE =
      Libcrypto.downcall("CRYPTO_free", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_INT));
  private static final MethodHandle KEY_NEW =
      Libcrypto.downcall("EVP_PKEY_new", FunctionDescriptor.of(JAVA_LONG));
  private static final MethodHandle COPY_PARAMETERS =
      Libcrypto.downcall("EVP_PKEY_copy_parameters", TWO_ADDRESSES);
  private static final MethodHandle SET_PUBLIC_KEY =
      Libcrypto.downcall("EVP_PKEY_set1_encoded_public_key", THREE_ADDRESSES);
  private static final MethodHandle DERIVE_INIT =
      Libcrypto.downcall("EVP_PKEY_derive_init", EvpPkey.CONTEXT_TO_INT);
  private static final MethodHandle SET_PEER =
      Libcrypto.downcall("EVP_PKEY_derive_set_peer", TWO_ADDRESSES);
  private static final MethodHandle DERIVE = Libcrypto.downcall("EVP_PKEY_derive", THREE_ADDRESSES);

  private final Group group;
  private long key;

  private EvpKeyExchange(Group group, long key) {
    this.group = group;
    this.key = key;
  }

  /// Makes a new key pair.
  public static EvpKeyExchange generate(Group group) {
    long context = 0;
    try (Arena arena = Arena.ofConfined()) {
      context =
          EvpPkey.checkAddress(
              (long)
                  CONTEXT_FROM_NAME.invokeExact(
                      0L, arena.allocateFrom(group.algorithm).address(), 0L));
      EvpPkey.check((int) KEYGEN_INIT.invokeExact(context));
      if (group.curve != null) {
        EvpPkey.check(
            (int) SET_GROUP.invokeExact(context, arena.allocateFrom(group.curve).address()));
      }
      MemorySegment key = arena.allocate(JAVA_LONG);
      EvpPkey.check((int) GENERATE.invokeExact(context, key.address()));
      return new EvpKeyExchange(group, key.get(JAVA_LONG, 0));
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    } finally {
      EvpPkey.freeContext(context);
    }
  }

  /// This side's public key, as TLS sends it: an uncompressed point, or the 32 bytes of X25519.
  public byte[] publicKey() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment at = arena.allocate(JAVA_LONG);
      long length = (long) PUBLIC_KEY.invokeExact(open(), at.address());
      long encoded = EvpPkey.checkAddress(at.get(JAVA_LONG, 0));
      byte[] bytes = MemorySegment.ofAddress(encoded).reinterpret(length).toArray(JAVA_BYTE);
      FREE.invokeExact(encoded, 0L, 0);
      return bytes;
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    }
  }

  /// The secret shared with the owner of `peer`; the caller wipes it. It is as long as a coordinate
  /// of the curve, whatever zeros it begins with (RFC 9846 §7.4.2, 8446 §7.4.2).
  ///
  /// @throws InvalidKeyException when `peer` has the wrong form, is no point of the curve, or leads
  ///   to the all-zero secret (RFC 9846 §7.4.2, 8446 §7.4.2): the peer's fault, illegal_parameter
  public byte[] derive(byte[] peer) throws InvalidKeyException {
    if (peer.length != group.publicLength || (group != Group.X25519 && peer[0] != UNCOMPRESSED)) {
      throw new InvalidKeyException("public key of wrong form for " + group);
    }
    long peerKey = 0;
    long context = EvpPkey.newContext(open());
    try (Arena arena = Arena.ofConfined()) {
      peerKey = EvpPkey.checkAddress((long) KEY_NEW.invokeExact());
      EvpPkey.check((int) COPY_PARAMETERS.invokeExact(peerKey, key));
      MemorySegment encoded = arena.allocateFrom(JAVA_BYTE, peer);
      requireValid(
          (int) SET_PUBLIC_KEY.invokeExact(peerKey, encoded.address(), (long) peer.length));
      EvpPkey.check((int) DERIVE_INIT.invokeExact(context));
      requireValid((int) SET_PEER.invokeExact(context, peerKey));
      MemorySegment secret = arena.allocate(group.secretLength);
      MemorySegment length = arena.allocateFrom(JAVA_LONG, group.secretLength);
      requireValid((int) DERIVE.invokeExact(context, secret.address(), length.address()));
      byte[] bytes = secret.toArray(JAVA_BYTE);
      secret.fill((byte) 0);
      return bytes;
    } catch (InvalidKeyException e) {
      throw e;
    } catch (Throwable e) {
      throw Libcrypto.failure(e);
    } finally {
      EvpPkey.freeContext(context);
      EvpPkey.freeKey(peerKey);
    }
  }

  private void requireValid(int result) throws InvalidKeyException {
    if (result != 1) {
      EvpPkey.clearErrors();
      throw new InvalidKeyException("invalid public key for " + group);
    }
  }

  private long open() {
    if (key == 0) {
      throw new IllegalStateException("key exchange was closed");
    }
    return key;
  }

  /// Frees and wipes the private key. Closing twice does nothing.
  @Override
  public void close() {
    if (key != 0) {
      EvpPkey.freeKey(key);
      key = 0;
    }
  }
}
