package io.sallyport.ktls;

/// What a handshake leaves to the record layer: how this side sends and receives from now on.
///
/// Owns its secrets; whoever holds it installs or closes it.
public sealed interface SessionKeys extends AutoCloseable {

  /// The keys of both directions, and no way to others: TLS 1.2, or TLS 1.3 where the consumer does
  /// the key updates.
  record Fixed(CryptoInfo tx, CryptoInfo rx) implements SessionKeys {
    /// Takes ownership of both.
    public Fixed {
      Misuse.notNull(tx, "the key to send with");
      Misuse.notNull(rx, "the key to receive with");
    }

    @Override
    public void installOn(KtlsSocket socket) {
      Misuse.notNull(socket, "the socket");
      try (tx;
          rx) {
        socket.setTx(tx);
        socket.setRx(rx);
      }
    }

    @Override
    public void close() {
      tx.close();
      rx.close();
    }
  }

  /// The `application_traffic_secret_0` of both directions (RFC 9846 §7.1), from which the engine
  /// has the keys and their successors.
  record Updatable(CipherType cipherType, TrafficSecret tx, TrafficSecret rx)
      implements SessionKeys {
    /// Takes ownership of both.
    public Updatable {
      Misuse.notNull(cipherType, "the cipher");
      Misuse.notNull(tx, "the secret to send with");
      Misuse.notNull(rx, "the secret to receive with");
    }

    @Override
    public void installOn(KtlsSocket socket) {
      Misuse.notNull(socket, "the socket");
      try (CryptoInfo txKey = tx.cryptoInfo(cipherType);
          CryptoInfo rxKey = rx.cryptoInfo(cipherType)) {
        socket.setTx(txKey);
        socket.setRx(rxKey);
      } catch (RuntimeException | OutOfMemoryError e) {
        close();
        throw e;
      }
      socket.setTrafficSecrets(tx, rx);
    }

    @Override
    public void close() {
      tx.close();
      rx.close();
    }
  }

  /// Switches both directions of `socket` and gives the secrets to it. Closes this object, also
  /// when it fails.
  ///
  /// @throws KtlsException as [KtlsSocket#setTx]
  void installOn(KtlsSocket socket);

  @Override
  void close();
}
