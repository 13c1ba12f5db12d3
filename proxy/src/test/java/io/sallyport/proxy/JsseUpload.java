package io.sallyport.proxy;

import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Random;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// A client of its own virtual machine, since `jdk.tls.keyLimits` is read once for all of JSSE:
/// uploads megabytes and prints their SHA-256.
final class JsseUpload {
  private static final int MIB = 1 << 20;

  private JsseUpload() {}

  /// Takes the port and the number of megabytes.
  public static void main(String[] args) throws Exception {
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(null, new TrustManager[] {new TrustAll()}, null);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    byte[] block = new byte[MIB];
    new Random(3).nextBytes(block);
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket("127.0.0.1", Integer.parseInt(args[0]))) {
      OutputStream out = socket.getOutputStream();
      for (int i = 0; i < Integer.parseInt(args[1]); i++) {
        out.write(block);
        digest.update(block);
      }
      socket.shutdownOutput();
      // The end of the answer, which is empty: all was received.
      while (socket.getInputStream().read() >= 0) {}
    }
    System.out.println(HexFormat.of().formatHex(digest.digest()));
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
