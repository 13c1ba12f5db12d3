package io.sallyport.ktls.conformance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.KtlsErrno;
import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.PollEvent;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.netty.KtlsHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// `fd` and `cfd` on a real connection, with the TLS ULP: two channels of one event loop over a
/// loopback address.
final class LoopbackChannels implements AutoCloseable {
  /// A channel and the socket on it.
  record End(SocketChannel channel, KtlsSocket socket) {}

  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final RecordEngine engine =
      new RecordEngine(PooledByteBufAllocator.DEFAULT, AeadBackend.probe());
  private final Channel listener;
  private final End connected;
  private final End accepted;

  /// Connects over the loopback interface at `address`.
  LoopbackChannels(String address) throws Exception {
    CompletableFuture<End> acceptedEnd = new CompletableFuture<>();
    listener =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    acceptedEnd.complete(install(channel));
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getByName(address), 0))
            .sync()
            .channel();
    Channel connecting =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .handler(new ChannelInboundHandlerAdapter())
            .connect(listener.localAddress())
            .sync()
            .channel();
    connected = call(() -> install((SocketChannel) connecting));
    accepted = acceptedEnd.get();
  }

  /// Sets the ULP, too.
  private End install(SocketChannel channel) {
    return new End(channel, KtlsHandler.install(channel, engine));
  }

  KtlsSocket fd() {
    return connected.socket();
  }

  KtlsSocket cfd() {
    return accepted.socket();
  }

  SocketChannel fdChannel() {
    return connected.channel();
  }

  SocketChannel cfdChannel() {
    return accepted.channel();
  }

  /// Makes a call on the sockets' event loop, where all calls belong.
  <T> T call(Callable<T> call) throws Exception {
    return loop.submit(call).get();
  }

  /// Makes several calls there.
  void run(Runnable calls) throws Exception {
    loop.submit(calls).get();
  }

  /// Returns once the socket can be read from.
  void awaitReadable(KtlsSocket socket) throws Exception {
    CompletableFuture<Boolean> readable = new CompletableFuture<>();
    run(() -> {
      KtlsSocket.Callbacks watching =
          new KtlsSocket.Callbacks() {
            @Override
            public void dataReady() {
              if (socket.poll().contains(PollEvent.IN)) {
                readable.complete(true);
              }
            }

            @Override
            public void writeSpace() {}
          };
      socket.setCallbacks(watching);
      watching.dataReady();
    });
    readable.get();
  }

  /// Why a channel that is connected does not connect once more.
  static KtlsErrno connectErrno(SocketChannel channel, SocketAddress remote)
      throws InterruptedException {
    Throwable refusal = channel.connect(remote).await().cause();
    assertThat(refusal).isInstanceOf(KtlsException.class);
    return ((KtlsException) requireNonNull(refusal)).errno();
  }

  @Override
  public void close() {
    loop.submit(
            () -> {
              connected.socket().close();
              accepted.socket().close();
            })
        .syncUninterruptibly();
    listener.close().syncUninterruptibly();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
