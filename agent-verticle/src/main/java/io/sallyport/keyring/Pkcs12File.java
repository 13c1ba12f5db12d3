package io.sallyport.keyring;

import io.sallyport.ktls.SecretBytes;
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads PKCS#12 files (RFC 7292), and the passwords they take, into arrays that are wiped.
final class Pkcs12File {
  private static final int PASSWORD_LENGTH_MAX = 1024;

  private Pkcs12File() {}

  /// The first line of a file, which the caller wipes.
  ///
  /// @throws IOException when there is none; the message is a noun phrase and quotes no content
  static char[] password(Path path) throws IOException {
    byte[] text = new byte[PASSWORD_LENGTH_MAX + 1];
    char[] password = new char[text.length];
    try {
      int length = fill(text, path);
      int end = 0;
      while (end < length && text[end] != '\n' && text[end] != '\r') {
        end++;
      }
      if (end > PASSWORD_LENGTH_MAX) {
        throw new IOException("a password of more than " + PASSWORD_LENGTH_MAX + " bytes");
      }
      CharBuffer out = CharBuffer.wrap(password);
      // Not by new String, which nobody can wipe.
      CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
      if (utf8.decode(ByteBuffer.wrap(text, 0, end), out, true).isError()) {
        throw new IOException("a password that is no UTF-8");
      }
      return Arrays.copyOf(password, out.position());
    } finally {
      Arrays.fill(text, (byte) 0);
      Arrays.fill(password, '\0');
    }
  }

  /// The one private key of a file and its chain, of which nobody has seen whether they belong
  /// together; the caller closes it.
  ///
  /// @throws IOException when that is not what is there; the message is a noun phrase and quotes no
  ///   content
  static KeyMaterial.Certificate read(Path path, char[] password) throws IOException {
    KeyStore store = open(path, password);
    try {
      List<String> keys = new ArrayList<>();
      for (String alias : Collections.list(store.aliases())) {
        if (store.isKeyEntry(alias)) {
          keys.add(alias);
        }
      }
      if (keys.size() != 1) {
        throw new IOException(keys.isEmpty() ? "no private key" : keys.size() + " private keys");
      }
      List<X509Certificate> chain = chain(store.getCertificateChain(keys.getFirst()));
      return new KeyMaterial.Certificate(chain, key(store.getKey(keys.getFirst(), password)), null);
    } catch (GeneralSecurityException _) {
      throw new IOException("a private key that cannot be read");
    }
  }

  private static KeyStore open(Path path, char[] password) throws IOException {
    byte[] file = new byte[PemFile.LENGTH_MAX + 1];
    try {
      int length = fill(file, path);
      if (length > PemFile.LENGTH_MAX) {
        throw new IOException("a file of more than 1 MiB");
      }
      return load(new ByteArrayInputStream(file, 0, length), password);
    } finally {
      Arrays.fill(file, (byte) 0);
    }
  }

  private static KeyStore load(InputStream in, char[] password) throws IOException {
    KeyStore store;
    try {
      store = KeyStore.getInstance("PKCS12");
    } catch (KeyStoreException e) {
      throw new IllegalStateException("the JDK lacks an algorithm", e);
    }
    try {
      store.load(in, password);
      return store;
    } catch (IOException e) {
      throw new IOException(
          e.getCause() instanceof UnrecoverableKeyException
              ? "a PKCS#12 file that the password does not open"
              : "no PKCS#12 file that can be read");
    } catch (GeneralSecurityException | RuntimeException _) {
      // The last one: the JDK decodes what it is given without much ado.
      throw new IOException("no PKCS#12 file that can be read");
    }
  }

  private static int fill(byte[] bytes, Path path) throws IOException {
    // Not by a channel: it would leave a copy in a buffer that the thread keeps.
    try (InputStream in = new FileInputStream(path.toFile())) {
      return in.readNBytes(bytes, 0, bytes.length);
    }
  }

  private static List<X509Certificate> chain(Certificate @Nullable [] certificates)
      throws IOException {
    List<X509Certificate> chain = new ArrayList<>();
    for (Certificate certificate : certificates == null ? new Certificate[0] : certificates) {
      if (certificate instanceof X509Certificate x509) {
        chain.add(x509);
      }
    }
    if (chain.isEmpty()) {
      throw new IOException("no certificate of the private key");
    }
    return chain;
  }

  private static EncodedPrivateKey key(@Nullable Key key) throws IOException {
    byte[] pkcs8 = key instanceof PrivateKey ? key.getEncoded() : null;
    if (pkcs8 == null) {
      throw new IOException("a private key that cannot be read");
    }
    return new EncodedPrivateKey(EncodedPrivateKey.Encoding.PKCS8, SecretBytes.wiping(pkcs8));
  }
}
