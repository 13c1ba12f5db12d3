package io.sallyport.agent;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.bouncycastle.tls.BasicTlsPSKIdentity;
import org.bouncycastle.tls.PSKTlsClient;
import org.bouncycastle.tls.PSKTlsServer;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsClientProtocol;
import org.bouncycastle.tls.TlsPSKIdentityManager;
import org.bouncycastle.tls.TlsServerProtocol;
import org.bouncycastle.tls.crypto.TlsCrypto;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;

/// Bouncy Castle's own TLS 1.2 with a pre-shared key, as a peer of the matrix, on blocking sockets:
/// no other peer has the suites of RFC 8442.
final class BcPskPeer {
  private static final int TIMEOUT_MS = 15_000;

  private final TlsCrypto crypto = new BcTlsCrypto(new SecureRandom());
  private final int[] suites;

  BcPskPeer(MatrixCase one) {
    suites = new int[] {Suite.valueOf(Objects.requireNonNull(one.suite)).number()};
  }

  private static byte[] secret() {
    return HexFormat.of().parseHex(MatrixKeys.secret(MatrixKeys.KNOWN));
  }

  /// Connects, sends the request, and answers with what came back, or with what went wrong.
  String exchange(int port) {
    byte[] identity = MatrixKeys.KNOWN.getBytes(StandardCharsets.UTF_8);
    PSKTlsClient client =
        new PSKTlsClient(crypto, new BasicTlsPSKIdentity(identity, secret())) {
          @Override
          protected int[] getSupportedCipherSuites() {
            return suites;
          }

          @Override
          protected ProtocolVersion[] getSupportedVersions() {
            return ProtocolVersion.TLSv12.only();
          }
        };
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MS);
      TlsClientProtocol protocol =
          new TlsClientProtocol(socket.getInputStream(), socket.getOutputStream());
      protocol.connect(client);
      protocol.getOutputStream().write(MatrixExchange.REQUEST.getBytes(StandardCharsets.US_ASCII));
      String answer =
          new String(protocol.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      protocol.close();
      return answer;
    } catch (IOException e) {
      return e.toString();
    }
  }

  /// Echoes one connection in a thread of its own.
  CompletableFuture<String> serve(ServerSocket listener) {
    return CompletableFuture.supplyAsync(
        () -> serveOne(listener), task -> Thread.ofPlatform().start(task));
  }

  private String serveOne(ServerSocket listener) {
    try (Socket socket = listener.accept()) {
      socket.setSoTimeout(TIMEOUT_MS);
      TlsServerProtocol protocol =
          new TlsServerProtocol(socket.getInputStream(), socket.getOutputStream());
      protocol.accept(new Server());
      InputStream in = protocol.getInputStream();
      byte[] buffer = new byte[1 << 14];
      for (int length; (length = in.read(buffer)) >= 0; ) {
        protocol.getOutputStream().write(buffer, 0, length);
      }
      protocol.close();
      return "";
    } catch (IOException e) {
      return e.toString();
    }
  }

  private final class Server extends PSKTlsServer {
    Server() {
      super(
          crypto,
          new TlsPSKIdentityManager() {
            @Override
            public byte[] getHint() {
              return new byte[0];
            }

            @Override
            public byte[] getPSK(byte[] identity) {
              return secret();
            }
          });
    }

    @Override
    protected int[] getSupportedCipherSuites() {
      return suites;
    }

    @Override
    protected ProtocolVersion[] getSupportedVersions() {
      return ProtocolVersion.TLSv12.only();
    }
  }
}
