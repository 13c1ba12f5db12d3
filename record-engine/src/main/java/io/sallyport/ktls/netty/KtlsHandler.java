package io.sallyport.ktls.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.UncheckedBooleanSupplier;
import io.sallyport.ktls.KtlsErrno;
import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.ktls.Transport;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;

/// The pipeline adapter: a channel below, a [KtlsSocket] above.
///
/// Takes every byte the channel reads, so it stands first in the pipeline and handlers behind it
/// see only that the channel became inactive. Reads go into buffers that the socket provides, which
/// is how records are decrypted where they arrived. Owned by the channel's event loop.
@SuppressWarnings(
    "FutureReturnValueIgnored") // A failed write closes the channel, which is heard of.
public final class KtlsHandler extends ChannelDuplexHandler implements Transport {
  private static final System.Logger LOG = System.getLogger(KtlsHandler.class.getName());

  /// Bytes of one read from the network: between these, growing while the peer fills them.
  private static final AdaptiveRecvByteBufAllocator READ_SIZES =
      new AdaptiveRecvByteBufAllocator(1 << 10, 4 << 10, 128 << 10);

  /// Unsent bytes below which `isWritable` turns true again, and above which it turns false.
  private static final WriteBufferWaterMark UNSENT = new WriteBufferWaterMark(64 << 10, 256 << 10);

  /// A peer that takes none of the last bytes for so long is reset.
  private static final int CLOSE_STALL_SECONDS = 10;

  private final SocketChannel channel;
  private final KtlsSocket socket;

  /// Set by Netty when the handler is installed, before anything else is called.
  @SuppressWarnings("NullAway.Init")
  private ChannelHandlerContext context;

  private boolean outputFailed;

  private KtlsHandler(SocketChannel channel, RecordEngine engine) {
    this.channel = channel;
    socket = engine.socket(this);
  }

  /// Makes a TLS socket of an established channel. Call on its event loop before its first read.
  ///
  /// @throws KtlsException ENOTCONN when the channel is not connected; EEXIST when it has a socket
  public static KtlsSocket install(SocketChannel channel, RecordEngine engine) {
    if (channel.pipeline().get(KtlsHandler.class) != null) {
      throw new KtlsException(KtlsErrno.EEXIST, "the channel has a TLS socket already");
    }
    KtlsHandler handler = new KtlsHandler(channel, engine);
    handler.socket.setUlp(KtlsSocket.TLS_ULP);
    ChannelConfig config = channel.config();
    config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    config.setAutoClose(false);
    config.setWriteBufferWaterMark(UNSENT);
    config.setRecvByteBufAllocator(handler.new ReadBuffers());
    channel.pipeline().addFirst(handler);
    return handler.socket;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    socket.received((ByteBuf) message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ignored) {
    socket.receiveComplete();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ignored, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      if (outputFailed) {
        context.close();
      } else {
        socket.receivedFin();
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (channel.isWritable()) {
      socket.writeSpaceAvailable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    socket.disconnected();
    context.fireChannelInactive();
  }

  /// A failed write says that the peer is gone, but what it sent before may still be unread:
  /// reading goes on until its end, which then counts as a reset. When that has come already there
  /// is nothing to wait for. Anything else ends the connection; what is not the network's doing is
  /// a defect of a callback.
  @Override
  public void exceptionCaught(ChannelHandlerContext ignored, Throwable cause) {
    if (cause instanceof ChannelOutputShutdownException && !channel.isInputShutdown()) {
      outputFailed = true;
      return;
    }
    if (!(cause instanceof IOException)) {
      LOG.log(Level.ERROR, "connection closed: a callback failed", cause);
    }
    context.close();
  }

  /// A TLS socket stays where it is connected to (*Kernel TLS*: `connect(AF_UNSPEC)` is refused).
  /// Without this Netty would close the channel.
  @Override
  public void connect(
      ChannelHandlerContext ignored,
      SocketAddress remote,
      SocketAddress local,
      ChannelPromise promise) {
    promise.setFailure(
        isUnspecified(remote)
            ? new KtlsException(
                KtlsErrno.EOPNOTSUPP, "a TLS socket cannot be disconnected: close it instead")
            : new KtlsException(
                KtlsErrno.EISCONN, "the socket is connected to " + channel.remoteAddress()));
  }

  private static boolean isUnspecified(SocketAddress address) {
    return address instanceof InetSocketAddress inet
        && !inet.isUnresolved()
        && inet.getAddress().isAnyLocalAddress();
  }

  @Override
  public boolean isEstablished() {
    return channel.isActive();
  }

  @Override
  public void write(ByteBuf bytes) {
    context.write(bytes, context.voidPromise());
  }

  @Override
  public void flush() {
    context.flush();
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void setReading(boolean reading) {
    // After FIN there is nothing to read, and asking for it would only wake the loop.
    if (!channel.isInputShutdown()) {
      channel.config().setAutoRead(reading);
    }
  }

  @Override
  public void shutdownOutput() {
    context
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(written -> {
          if (channel.isActive()) {
            channel.shutdownOutput();
          }
        });
  }

  @Override
  public void close() {
    context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> context.close());
    if (channel.isOpen()) {
      resetIfStalled(Long.MAX_VALUE);
    }
  }

  /// Looks again and again whether fewer bytes are unsent than at the time before.
  private void resetIfStalled(long unsentBefore) {
    long unsent = unsent();
    if (unsent >= unsentBefore) {
      reset();
    } else {
      context
          .executor()
          .schedule(
              () -> {
                if (channel.isOpen()) {
                  resetIfStalled(unsent);
                }
              },
              CLOSE_STALL_SECONDS,
              TimeUnit.SECONDS);
    }
  }

  @Override
  public void reset() {
    if (channel.isOpen()) {
      // A linger of zero seconds makes close send RST (socket(7), SO_LINGER).
      channel.config().setSoLinger(0);
      context.close();
    }
  }

  @Override
  public void later(Runnable task, long delayNanos) {
    if (delayNanos == 0) {
      context.executor().execute(task);
    } else {
      context.executor().schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public long unsent() {
    ChannelOutboundBuffer queued = channel.unsafe().outboundBuffer();
    return queued == null ? 0 : queued.totalPendingWriteBytes();
  }

  /// Sizes as Netty adapts them, memory as the socket wants it.
  private final class ReadBuffers implements RecvByteBufAllocator {
    @Override
    @SuppressWarnings("deprecation") // The interface offers nothing newer.
    public Handle newHandle() {
      return new ReadBufferHandle(READ_SIZES.newHandle());
    }
  }

  private final class ReadBufferHandle extends RecvByteBufAllocator.DelegatingHandle
      implements RecvByteBufAllocator.ExtendedHandle {
    @SuppressWarnings("deprecation") // Netty's own allocators still speak of the older type.
    ReadBufferHandle(RecvByteBufAllocator.Handle sizes) {
      super(sizes);
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator unused) {
      return socket.readBuffer(delegate().guess());
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
      return ((RecvByteBufAllocator.ExtendedHandle) delegate()).continueReading(maybeMoreData);
    }
  }
}
