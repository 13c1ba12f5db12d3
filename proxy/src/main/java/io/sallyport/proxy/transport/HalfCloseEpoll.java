package io.sallyport.proxy.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.concurrent.ThreadAwareExecutor;
import io.vertx.core.impl.transports.EpollTransport;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.transport.Transport;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Vert.x's epoll transport, with half-closed connections that keep working, and loops that let
/// bulk data gather: [ReadCoalescing].
///
/// Netty 4.2.13 to 4.2.18 takes a descriptor out of epoll when nothing is awaited on it, and does
/// not put it back: epoll_ctl fails with ENOENT when something is awaited again. Nothing is awaited
/// once a peer has sent FIN and reading is paused, or the last write has gone out; the next write
/// that blocks would break the connection. Here such a descriptor stays, edge-triggered and with no
/// event asked for: the kernel reports an error on it once, and the rest of Netty never learns of
/// the difference. See `docs/decisions/0001-half-closed-epoll.md`.
public final class HalfCloseEpoll extends EpollTransport {
  /// Bytes that the kernel takes before it has sent those it has (tcp(7), TCP_NOTSENT_LOWAT): less
  /// memory for a slow reader, and its progress is noticed in small steps.
  static final int NOT_SENT_BYTES = 128 << 10;

  private final Map<ThreadAwareExecutor, ReadCoalescing> coalescing = new ConcurrentHashMap<>();

  private HalfCloseEpoll() {}

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
    HalfCloseEpoll epoll = new HalfCloseEpoll();
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
      return new Handler(EpollIoHandler.newFactory(0, () -> reads).newHandler(executor));
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

  private record Handler(IoHandler epoll) implements IoHandler {
    @Override
    public void initialize() {
      epoll.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
      return epoll.run(context);
    }

    @Override
    public void prepareToDestroy() {
      epoll.prepareToDestroy();
    }

    @Override
    public void destroy() {
      epoll.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
      return new Registration(epoll.register(handle));
    }

    @Override
    public void wakeup() {
      epoll.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
      return epoll.isCompatible(handleType);
    }
  }

  private static final class Registration implements IoRegistration {
    private final IoRegistration epoll;
    private @Nullable IoOps submitted;

    Registration(IoRegistration epoll) {
      this.epoll = epoll;
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature.
    public <T> T attachment() {
      return epoll.attachment();
    }

    /// What was submitted last holds until something else is: saying it again would be a system
    /// call for nothing. Netty does, once for each connection to a server.
    @Override
    public long submit(IoOps ops) {
      if (ops.equals(submitted)) {
        return ((EpollIoOps) ops).value();
      }
      long now = epoll.submit(ops.equals(EpollIoOps.NONE) ? EpollIoOps.EPOLLET : ops);
      submitted = ops;
      return now;
    }

    @Override
    public boolean isValid() {
      return epoll.isValid();
    }

    @Override
    public boolean cancel() {
      return epoll.cancel();
    }
  }
}
