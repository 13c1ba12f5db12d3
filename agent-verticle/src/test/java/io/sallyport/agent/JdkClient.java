package io.sallyport.agent;

import java.io.ByteArrayOutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/// The JDK's TLS as a client without a network, which trusts everybody.
public final class JdkClient {
  private static final int BUFFER_LENGTH = 1 << 16;

  private final SSLEngine engine;
  private final ByteBuffer received = ByteBuffer.allocate(BUFFER_LENGTH);
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  /// @param configure changes the parameters of a client that offers all it has
  public JdkClient(Consumer<SSLParameters> configure) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new TrustEverybody()}, null);
      engine = context.createSSLEngine("peer.test", 443);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    configure.accept(parameters);
    engine.setSSLParameters(parameters);
  }

  public SSLEngine engine() {
    return engine;
  }

  /// Everything the client has to say until it must hear something.
  public byte[] flight() throws SSLException {
    ByteArrayOutputStream flight = new ByteArrayOutputStream();
    ByteBuffer out = ByteBuffer.allocate(BUFFER_LENGTH);
    if (engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
        && engine.getSession().getProtocol().equals("NONE")) {
      engine.beginHandshake();
    }
    while (true) {
      runTasks();
      if (engine.getHandshakeStatus() == HandshakeStatus.NEED_UNWRAP && received.position() > 0) {
        // It wanted to say something in the midst of the server's flight.
        receive(new byte[0]);
      }
      if (engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP) {
        return flight.toByteArray();
      }
      engine.wrap(ByteBuffer.allocate(0), out);
      flight.write(out.array(), 0, out.position());
      out.clear();
    }
  }

  /// The server sent `bytes`.
  public void receive(byte[] bytes) throws SSLException {
    received.put(bytes).flip();
    ByteBuffer in = ByteBuffer.allocate(BUFFER_LENGTH);
    while (received.hasRemaining() && engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP) {
      SSLEngineResult result = engine.unwrap(received, in);
      runTasks();
      data.write(in.array(), 0, in.position());
      in.clear();
      if (result.getStatus() != SSLEngineResult.Status.OK) {
        break;
      }
    }
    received.compact();
  }

  private void runTasks() {
    Runnable task;
    while ((task = engine.getDelegatedTask()) != null) {
      task.run();
    }
  }

  /// Whether the client is done with its handshake.
  public boolean isComplete() {
    return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
  }

  /// A record of application data.
  public byte[] seal(String text) throws SSLException {
    ByteBuffer out = ByteBuffer.allocate(BUFFER_LENGTH);
    engine.wrap(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), out);
    byte[] record = new byte[out.position()];
    out.flip().get(record);
    return record;
  }

  /// All application data that was received.
  public String data() {
    return data.toString(StandardCharsets.UTF_8);
  }

  private static final class TrustEverybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
