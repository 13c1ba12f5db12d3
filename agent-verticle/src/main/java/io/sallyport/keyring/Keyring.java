package io.sallyport.keyring;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A named scope of keys, and of whom to trust.
///
/// Immutable; any thread may use it while it holds a reference. The keys are wiped with the last
/// reference, so that a keyring that was replaced serves the handshakes that began with it.
public final class Keyring {
  private final String name;
  private final KeyringContents contents;
  private final List<CertifiedKey> certificates;
  private final boolean hasRemoteKeys;
  private final Map<ByteBuffer, PreSharedKey> psksByIdentity = new HashMap<>();
  private final AtomicInteger references = new AtomicInteger(1);

  /// Makes a keyring of what it holds, in this order. Takes ownership of the material, whether it
  /// succeeds or not; the caller holds the first reference.
  ///
  /// @param entries the default certificate first; at most one trust for each kind of peer
  /// @throws GeneralSecurityException when a private key or a certificate cannot be used here
  public static Keyring of(String name, List<KeyringEntry> entries)
      throws GeneralSecurityException {
    return new Keyring(name, KeyringContents.of(entries));
  }

  Keyring(String name, KeyringContents contents) {
    this.name = name;
    this.contents = contents;
    this.certificates = contents.certificates();
    this.hasRemoteKeys =
        certificates.stream().anyMatch(key -> key.signingKey() instanceof RemoteSigningKey);
    contents.psks().forEach(psk -> psksByIdentity.put(ByteBuffer.wrap(psk.identityBytes()), psk));
  }

  /// The name that handshake requests use.
  public String name() {
    return name;
  }

  /// All certificates, the default first; may be empty. None of them may be used without a
  /// reference.
  public List<CertifiedKey> certificates() {
    return certificates;
  }

  /// Whether another member holds private keys of this keyring: signing with one waits for it.
  public boolean hasRemoteKeys() {
    return hasRemoteKeys;
  }

  /// The certificate with this serial.
  public Optional<CertifiedKey> certificate(KeySerial serial) {
    return certificates.stream().filter(key -> key.certificate().equals(serial)).findFirst();
  }

  /// Whose certificates clients may present; empty when none can be verified.
  public Optional<TrustSet> clientTrust() {
    return Optional.ofNullable(contents.clientTrust());
  }

  /// Whose certificates servers may present; empty when none can be verified.
  public Optional<TrustSet> serverTrust() {
    return Optional.ofNullable(contents.serverTrust());
  }

  /// All pre-shared keys; may be empty. None of them may be used without a reference.
  public List<PreSharedKey> psks() {
    return contents.psks();
  }

  /// The pre-shared key with this identity, byte by byte. How long it takes may tell whether there
  /// is one: identities are no secrets.
  ///
  /// @param identity from the wire, of any length
  public Optional<PreSharedKey> psk(byte[] identity) {
    return Optional.ofNullable(psksByIdentity.get(ByteBuffer.wrap(identity)));
  }

  /// The pre-shared key with this serial.
  public Optional<PreSharedKey> psk(KeySerial serial) {
    return contents.psks().stream().filter(psk -> psk.serial().equals(serial)).findFirst();
  }

  /// Chooses a certificate for a server name.
  ///
  /// Among the usable certificates that name the host, one that does it exactly beats one that does
  /// it by wildcard, then ECDSA beats RSA, then order decides. When no certificate names the host,
  /// or there is no host, the first usable one is taken. A certificate for another name is never
  /// presented in place of an unusable one that fits.
  ///
  /// @param serverName in lower case, without a trailing dot
  /// @param usable whether the peer can verify it
  public Optional<CertifiedKey> select(
      @Nullable String serverName, Predicate<CertifiedKey> usable) {
    if (serverName == null) {
      return first(usable);
    }
    boolean named = false;
    CertifiedKey exact = null;
    CertifiedKey wildcard = null;
    for (CertifiedKey key : certificates) {
      if (key.names().matchExactly(serverName)) {
        named = true;
        exact = usable.test(key) ? better(exact, key) : exact;
      } else if (key.names().matchByWildcard(serverName)) {
        named = true;
        wildcard = usable.test(key) ? better(wildcard, key) : wildcard;
      }
    }
    return named ? Optional.ofNullable(exact == null ? wildcard : exact) : first(usable);
  }

  private Optional<CertifiedKey> first(Predicate<CertifiedKey> usable) {
    return certificates.stream().filter(usable).findFirst();
  }

  /// The one that comes before the other, unless only the other is of ECDSA.
  private static CertifiedKey better(@Nullable CertifiedKey before, CertifiedKey next) {
    return before == null
            || (next.signingKey().type().isEcdsa() && !before.signingKey().type().isEcdsa())
        ? next
        : before;
  }

  /// Whether a certificate names this host.
  public boolean names(String serverName) {
    for (CertifiedKey key : certificates) {
      if (key.names().matchExactly(serverName) || key.names().matchByWildcard(serverName)) {
        return true;
      }
    }
    return false;
  }

  /// Takes a reference, to be given back with [#release()]; false when the last one is gone.
  public boolean retain() {
    int before;
    do {
      before = references.get();
      if (before == 0) {
        return false;
      }
    } while (!references.compareAndSet(before, before + 1));
    return true;
  }

  /// Gives a reference back; with the last one the private and the pre-shared keys are wiped.
  public void release() {
    int left = references.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException("keyring " + name + " was released too often");
    }
    if (left == 0) {
      contents.wipe();
    }
  }

  @Override
  public String toString() {
    return "Keyring(" + name + ")";
  }
}
