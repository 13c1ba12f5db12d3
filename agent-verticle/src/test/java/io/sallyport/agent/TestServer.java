package io.sallyport.agent;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeArgs;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.netty.KtlsHandler;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Answers one line of a TLS client with a short HTTP response that says what was agreed.
public final class TestServer implements AutoCloseable {
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final BlockingQueue<HandshakeOutcome> outcomes = new LinkedBlockingQueue<>();
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final int timeoutMs;
  private final HandshakeAgent agent;
  private final RecordEngine engine =
      new RecordEngine(PooledByteBufAllocator.DEFAULT, AeadBackend.probe());
  private final Channel channel;

  public TestServer(HandshakeService service, String keyring, TlsPolicy policy) {
    this(service, keyring, policy, 10_000);
  }

  /// @param timeoutMs how long a handshake may take
  public TestServer(HandshakeService service, String keyring, TlsPolicy policy, int timeoutMs) {
    this.timeoutMs = timeoutMs;
    agent = new HandshakeAgent(group.next(), service);
    channel =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel accepted) {
                    connections.add(accepted);
                    shakeHands(KtlsHandler.install(accepted, engine), keyring, policy);
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  public int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /// The connections that are open.
  public ChannelGroup connections() {
    return connections;
  }

  /// What each handshake came to, in order.
  public BlockingQueue<HandshakeOutcome> outcomes() {
    return outcomes;
  }

  private void shakeHands(KtlsSocket socket, String keyring, TlsPolicy policy) {
    HandshakeSubmit submitted =
        agent.serverHelloX509(
            HandshakeArgs.of(
                socket,
                keyring,
                policy,
                timeoutMs,
                outcome -> {
                  outcomes.add(outcome);
                  switch (outcome) {
                    case HandshakeOutcome.Established established -> serve(socket, established);
                    case HandshakeOutcome.Failed _ -> socket.close();
                  }
                }));
    if (submitted != HandshakeSubmit.ACCEPTED) {
      throw new AssertionError(submitted);
    }
  }

  private void serve(KtlsSocket socket, HandshakeOutcome.Established established) {
    socket.setReading(true);
    KtlsSocket.Callbacks callbacks =
        new KtlsSocket.Callbacks() {
          @Override
          public void dataReady() {
            switch (socket.recv()) {
              case Received.ApplicationData data -> {
                data.content().release();
                reply(socket, established);
              }
              case Received.Control control -> control.content().release();
              case Received.Failed _ -> socket.close();
              case Received.Nothing.END_OF_STREAM -> socket.close();
              case Received.Nothing.WOULD_BLOCK -> {}
            }
          }

          @Override
          public void writeSpace() {}
        };
    socket.setCallbacks(callbacks);
    callbacks.dataReady();
  }

  private void reply(KtlsSocket socket, HandshakeOutcome.Established established) {
    String body = established.session() + "\n";
    String response =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n\r\n";
    socket.send(Unpooled.copiedBuffer(response + body, StandardCharsets.UTF_8));
    agent.close(socket);
    socket.close();
  }

  @Override
  public void close() {
    channel.close().syncUninterruptibly();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
