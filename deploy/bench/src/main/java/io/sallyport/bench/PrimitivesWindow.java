package io.sallyport.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.libcrypto.EvpKeyExchange;
import io.sallyport.ktls.libcrypto.EvpKeyExchange.Group;
import io.sallyport.ktls.libcrypto.EvpPrivateKey;
import io.sallyport.ktls.libcrypto.EvpPrivateKey.Hash;
import io.sallyport.ktls.libcrypto.EvpPrivateKey.Padding;
import java.security.InvalidKeyException;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;

/// What a server's handshake costs when all but its operations on curves costs nothing, by the
/// calls that the agent makes: no handshake with forward secrecy can do with less.
final class PrimitivesWindow {
  private static final int DIGEST_LENGTH = 32;
  private static final int FIELD_BITS = 256;

  private final byte[] peer;
  private final EvpPrivateKey key;
  private final byte[] digest = new byte[DIGEST_LENGTH];

  /// Makes a client's key share and a server's private key, both kept for the life of the process.
  PrimitivesWindow() {
    try (EvpKeyExchange client = EvpKeyExchange.generate(Group.X25519)) {
      peer = client.publicKey();
    }
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(FIELD_BITS);
      byte[] der = generator.generateKeyPair().getPrivate().getEncoded();
      ByteBuf direct = Unpooled.directBuffer(der.length).writeBytes(der);
      key = EvpPrivateKey.load(direct);
      direct.release();
    } catch (InvalidKeyException | NoSuchAlgorithmException e) {
      throw new IllegalStateException("the JDK makes no key that libcrypto reads", e);
    }
  }

  /// A resumed handshake: a key pair of X25519 and the secret that it shares with the client.
  ThreadCost.Average resumed(int count) {
    ThreadCost cost = new ThreadCost();
    cost.start();
    for (int i = 0; i < count; i++) {
      exchange();
    }
    cost.stop();
    return cost.per(count);
  }

  /// A full one: the same, and a signature with ECDSA P-256.
  ThreadCost.Average full(int count) {
    ThreadCost cost = new ThreadCost();
    cost.start();
    for (int i = 0; i < count; i++) {
      exchange();
      byte[] _ = key.sign(Padding.ECDSA, Hash.SHA256, digest);
    }
    cost.stop();
    return cost.per(count);
  }

  private void exchange() {
    try (EvpKeyExchange server = EvpKeyExchange.generate(Group.X25519)) {
      byte[] _ = server.publicKey();
      byte[] _ = server.derive(peer);
    } catch (InvalidKeyException e) {
      throw new IllegalStateException("libcrypto refuses its own key", e);
    }
  }
}
