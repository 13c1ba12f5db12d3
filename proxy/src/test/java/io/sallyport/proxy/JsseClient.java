package io.sallyport.proxy;

import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Random;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// A client of its own virtual machine, since `jdk.tls.keyLimits` is read once for all of JSSE:
/// uploads or downloads megabytes and prints their SHA-256.
final class JsseClient {
  private static final int MIB = 1 << 20;

  private JsseClient() {}

  /// Takes the direction, the port and the number of megabytes.
  public static void main(String[] args) throws Exception {
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(null, new TrustManager[] {new TrustAll()}, null);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket("127.0.0.1", Integer.parseInt(args[1]))) {
      int megabytes = Integer.parseInt(args[2]);
      if (args[0].equals("upload")) {
        upload(socket, megabytes, digest);
      } else {
        download(socket, megabytes, digest);
      }
    }
    System.out.println(HexFormat.of().formatHex(digest.digest()));
  }

  private static void upload(SSLSocket socket, int megabytes, MessageDigest digest)
      throws IOException {
    byte[] block = new byte[MIB];
    new Random(3).nextBytes(block);
    OutputStream out = socket.getOutputStream();
    for (int i = 0; i < megabytes; i++) {
      out.write(block);
      digest.update(block);
    }
    socket.shutdownOutput();
    // The end of the answer, which is empty: all was received.
    while (socket.getInputStream().read() >= 0) {}
  }

  private static void download(SSLSocket socket, int megabytes, MessageDigest digest)
      throws IOException {
    socket.startHandshake();
    new DigestInputStream(socket.getInputStream(), digest).readNBytes(megabytes * MIB);
  }

  /// Whom it talks to is not the question here.
  private static final class TrustAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
