package io.sallyport.agent;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.sallyport.handshake.ClientAuth;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeArgs;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.netty.KtlsHandler;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The agent's side of each case: listens or connects, shakes hands, and exchanges data.
///
/// Any thread may call it; the sockets live on one event loop.
final class MatrixEndpoint implements AutoCloseable {
  private static final int TIMEOUT_MS = 15_000;

  /// Waits for the connections of a case.
  ///
  /// @param results one for each, in the order of their arrival
  record Listening(Channel channel, List<CompletableFuture<MatrixExchange.Result>> results)
      implements AutoCloseable {
    int port() {
      return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    @Override
    public void close() {
      channel.close().syncUninterruptibly();
    }
  }

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop loop = group.next();
  private final RecordEngine engine =
      new RecordEngine(PooledByteBufAllocator.DEFAULT, AeadBackend.probe());
  private final HandshakeAgent agent;
  private final LocalKeyringStore store;

  MatrixEndpoint(HandshakeService service, LocalKeyringStore store) {
    agent = new HandshakeAgent(loop, service);
    this.store = store;
  }

  /// A server for the peer of `one`.
  Listening listen(MatrixCase one) {
    List<CompletableFuture<MatrixExchange.Result>> results =
        Stream.generate(CompletableFuture<MatrixExchange.Result>::new)
            .limit(one.connections)
            .toList();
    Channel channel =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(shaking(one, results.iterator()))
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
    return new Listening(channel, results);
  }

  /// A client of the peer of `one`.
  CompletableFuture<MatrixExchange.Result> connect(MatrixCase one, int port) {
    CompletableFuture<MatrixExchange.Result> result = new CompletableFuture<>();
    new Bootstrap()
        .group(group)
        .channel(NioSocketChannel.class)
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {}
            })
        .connect("127.0.0.1", port)
        .addListener((ChannelFuture connected) -> {
          if (connected.isSuccess()) {
            shake((SocketChannel) connected.channel(), one, result);
          } else {
            result.completeExceptionally(connected.cause());
          }
        });
    return result;
  }

  private ChannelInitializer<SocketChannel> shaking(
      MatrixCase one, Iterator<CompletableFuture<MatrixExchange.Result>> results) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(SocketChannel channel) {
        shake(channel, one, results.next());
      }
    };
  }

  private void shake(
      SocketChannel channel, MatrixCase one, CompletableFuture<MatrixExchange.Result> result) {
    try {
      KtlsSocket socket = KtlsHandler.install(channel, engine);
      HandshakeSubmit submitted = submit(args(socket, one, result), one);
      if (submitted != HandshakeSubmit.ACCEPTED) {
        throw new IllegalStateException("not accepted: " + submitted);
      }
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
    }
  }

  private HandshakeSubmit submit(HandshakeArgs args, MatrixCase one) {
    return switch (one.role) {
      case SERVER -> one.isPsk() ? agent.serverHelloPsk(args) : agent.serverHelloX509(args);
      case CLIENT -> {
        if (one.anonymous) {
          yield agent.clientHelloAnon(args);
        }
        yield one.isPsk() ? agent.clientHelloPsk(args) : agent.clientHelloX509(args);
      }
    };
  }

  private HandshakeArgs args(
      KtlsSocket socket, MatrixCase one, CompletableFuture<MatrixExchange.Result> result) {
    String keyring = keyring(one);
    boolean isClient = one.role == MatrixCase.Role.CLIENT;
    return new HandshakeArgs(
        socket,
        outcome -> ended(socket, one, outcome, result),
        isClient ? one.name : null,
        TIMEOUT_MS,
        keyring,
        KeySerial.NONE,
        KeySerial.NONE,
        isClient
            ? Stream.of(one.clientIdentity, one.secondIdentity)
                .filter(Objects::nonNull)
                .map(identity -> MatrixKeys.serial(store, keyring, identity))
                .toList()
            : List.of(),
        policy(one, isClient),
        "test");
  }

  private static String keyring(MatrixCase one) {
    if (one.keyring != null) {
      return one.keyring;
    }
    return switch (one.role) {
      case SERVER -> one.certificate;
      case CLIENT -> one.clientCertificate == null ? "nobody" : "as-" + one.clientCertificate;
    };
  }

  private static TlsPolicy policy(MatrixCase one, boolean isClient) {
    return one.policy
        .withAlpn(isClient ? one.clientAlpn : one.serverAlpn)
        .withClientAuth(new ClientAuth(one.clientAuth, List.of()));
  }

  private void ended(
      KtlsSocket socket,
      MatrixCase one,
      HandshakeOutcome outcome,
      CompletableFuture<MatrixExchange.Result> result) {
    switch (outcome) {
      case HandshakeOutcome.Established established ->
          new MatrixExchange(agent, socket, one, established, result).start();
      case HandshakeOutcome.Failed failed -> {
        leave(socket);
        result.complete(new MatrixExchange.Result(failed, "", List.of(), "refused"));
      }
    }
  }

  /// Lets the peer read the alert: closed at once, what it sent meanwhile would reset it.
  private static void leave(KtlsSocket socket) {
    socket.setCallbacks(
        new KtlsSocket.Callbacks() {
          @Override
          public void dataReady() {
            if (socket.recv() == Received.Nothing.END_OF_STREAM) {
              socket.close();
            }
          }

          @Override
          public void writeSpace() {}
        });
    socket.shutdownOutput();
    socket.shutdownInput();
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
