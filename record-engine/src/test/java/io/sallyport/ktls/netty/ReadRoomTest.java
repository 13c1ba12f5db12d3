package io.sallyport.ktls.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.Received;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.testing.LeakCheck;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: what a channel reads for a plain socket lies where another socket can make a record of it.
/// Method: a real connection over the loopback interface, of which each read is looked at.
@ExtendWith(LeakCheck.class)
class ReadRoomTest {
  /// What a record of any cipher and version has before and behind its payload.
  private static final int BEFORE = 13;

  private static final int BEHIND = 17;

  private record Read(int length, int before, int behind) {}

  /// The longest fills the first buffer that Netty reads into.
  @ParameterizedTest
  @ValueSource(ints = {1, 1000, 4095, 4096})
  void aReadOfAPlainChannelLeavesRoomForARecord(int length) throws Exception {
    BlockingQueue<Read> reads = new LinkedBlockingQueue<>();
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    try {
      Channel listener =
          new ServerBootstrap()
              .group(loop)
              .channel(NioServerSocketChannel.class)
              .childHandler(
                  new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                      watch(channel, reads);
                    }
                  })
              .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .sync()
              .channel();
      InetSocketAddress address = (InetSocketAddress) listener.localAddress();
      try (Socket client = new Socket(address.getAddress(), address.getPort())) {
        client.getOutputStream().write(new byte[length]);
        for (int left = length; left > 0; ) {
          Read read = reads.take();
          assertThat(read.before).isGreaterThanOrEqualTo(BEFORE);
          assertThat(read.behind).isGreaterThanOrEqualTo(BEHIND);
          left -= read.length;
        }
      }
    } finally {
      loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }

  private static void watch(SocketChannel channel, BlockingQueue<Read> reads) {
    KtlsSocket socket =
        KtlsHandler.install(
            channel, new RecordEngine(PooledByteBufAllocator.DEFAULT, AeadBackend.probe()));
    socket.setCallbacks(
        new KtlsSocket.Callbacks() {
          @Override
          public void dataReady() {
            if (socket.recv() instanceof Received.ApplicationData data) {
              ByteBuf content = data.content();
              reads.add(
                  new Read(
                      content.readableBytes(),
                      content.readerIndex(),
                      content.maxFastWritableBytes()));
              content.release();
            } else {
              socket.close();
            }
          }

          @Override
          public void writeSpace() {}
        });
  }
}
