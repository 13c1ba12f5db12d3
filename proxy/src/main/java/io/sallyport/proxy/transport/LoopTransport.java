package io.sallyport.proxy.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.ThreadAwareExecutor;
import io.vertx.core.impl.transports.EpollTransport;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.transport.Transport;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/// Vert.x's epoll transport, whose event loops ask the kernel for events by [EpollInterest] and let
/// bulk data gather by [ReadCoalescing].
public final class LoopTransport extends EpollTransport {
  /// Bytes that the kernel takes before it has sent those it has (tcp(7), TCP_NOTSENT_LOWAT): less
  /// memory for a slow reader, and its progress is noticed in small steps.
  static final int NOT_SENT_BYTES = 128 << 10;

  private final Map<ThreadAwareExecutor, ReadCoalescing> coalescing = new ConcurrentHashMap<>();

  private LoopTransport() {}

  /// How `loop`, which has this transport, waits for bulk data.
  ReadCoalescing coalescing(EventLoop loop) {
    return Objects.requireNonNull(coalescing.get(loop), "a loop of another transport");
  }

  /// Whether this machine has epoll.
  public static boolean isUsable() {
    return Epoll.isAvailable();
  }

  /// The transport, for `VertxBuilder#withTransport`.
  public static Transport transport() {
    LoopTransport epoll = new LoopTransport();
    return new Transport() {
      @Override
      public String name() {
        return "epoll";
      }

      @Override
      public boolean available() {
        return Epoll.isAvailable();
      }

      @Override
      public Throwable unavailabilityCause() {
        return epoll.unavailabilityCause();
      }

      @Override
      public io.vertx.core.spi.transport.Transport implementation() {
        return epoll;
      }
    };
  }

  @Override
  public IoHandlerFactory ioHandlerFactory() {
    return executor -> {
      ReadCoalescing reads = new ReadCoalescing();
      coalescing.put(executor, reads);
      return new EpollInterest(EpollIoHandler.newFactory(0, () -> reads).newHandler(executor));
    };
  }

  @Override
  public void configure(TcpConfig config, boolean domainSocket, ServerBootstrap bootstrap) {
    super.configure(config, domainSocket, bootstrap);
    if (!domainSocket) {
      bootstrap.childOption(EpollChannelOption.TCP_NOTSENT_LOWAT, (long) NOT_SENT_BYTES);
    }
  }

  @Override
  public void configure(TcpConfig config, boolean domainSocket, Bootstrap bootstrap) {
    super.configure(config, domainSocket, bootstrap);
    if (!domainSocket) {
      bootstrap.option(EpollChannelOption.TCP_NOTSENT_LOWAT, (long) NOT_SENT_BYTES);
    }
  }
}
