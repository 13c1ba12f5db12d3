package io.sallyport.proxy.transport;

import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/// Stands between the channels of an event loop and its epoll, and has the kernel told no more
/// often than it must know which events a channel awaits: each time is a system call.
///
/// Netty says at once whatever changes. Here it is said before the loop waits again, so what a turn
/// takes back is not said. And that reading has stopped is not said before there is something to
/// read: mostly reading goes on first.
///
/// A channel that awaits nothing stays in epoll, edge-triggered and with no event asked for. Netty
/// 4.2.13 to 4.2.18 would take it out and not put it back. See
/// `docs/decisions/0001-half-closed-epoll.md` and `docs/decisions/0006-epoll-is-told-late.md`.
///
/// Confined to its event loop.
final class EpollInterest implements IoHandler {
  private static final Logger LOG = System.getLogger("sallyport");

  private static final int IN = EpollIoOps.EPOLLIN.value();
  private static final int ERR = EpollIoOps.EPOLLERR.value();
  private static final int NOTHING = EpollIoOps.NONE.value();

  /// The kernel reports an error or a hang-up once, and no other event.
  private static final int ERRORS_ONLY = EpollIoOps.EPOLLET.value();

  private final IoHandler epoll;
  private final List<Channel> changed = new ArrayList<>();

  /// @param epoll Netty's handler of epoll; owned
  EpollInterest(IoHandler epoll) {
    this.epoll = epoll;
  }

  @Override
  public void initialize() {
    epoll.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    for (int i = 0; i < changed.size(); i++) {
      changed.get(i).endTurn();
    }
    changed.clear();
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
    Channel channel = new Channel((EpollIoHandle) handle);
    channel.registration = epoll.register(channel);
    return channel;
  }

  @Override
  public void wakeup() {
    epoll.wakeup();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> handleType) {
    return epoll.isCompatible(handleType);
  }

  /// A channel to epoll, and epoll to the channel.
  private final class Channel implements EpollIoHandle, IoRegistration {
    private final EpollIoHandle handle;

    // Set when it is registered, before anything is submitted or happens.
    @SuppressWarnings("NullAway.Init")
    private IoRegistration registration;

    /// The events that the channel awaits.
    private int awaited = NOTHING;

    /// The events that the kernel has been told.
    private int told = NOTHING;

    /// Whether it is among the changed ones.
    private boolean isChanged;

    /// Whether there was something to read in this turn that the channel does not await.
    private boolean isOverheard;

    Channel(EpollIoHandle handle) {
      this.handle = handle;
    }

    /// Netty's sockets that are bound ask for errors as well. They are told at once the first time,
    /// for a bind to fail when epoll does not take them.
    @Override
    public long submit(IoOps ops) {
      awaited = ((EpollIoOps) ops).value();
      if (told == NOTHING && (awaited & ERR) != 0) {
        tell();
      } else {
        change();
      }
      return awaited;
    }

    private void change() {
      if (!isChanged) {
        isChanged = true;
        changed.add(this);
      }
    }

    void endTurn() {
      boolean mayGoOn = !isOverheard && told == (toTell() | IN);
      isChanged = false;
      isOverheard = false;
      if (told == toTell() || mayGoOn) {
        return;
      }
      try {
        tell();
      } catch (UncheckedIOException e) {
        LOG.log(Level.ERROR, "connection closed: epoll does not take it: " + e.getMessage());
        close();
      }
    }

    private int toTell() {
      return awaited == NOTHING ? ERRORS_ONLY : awaited;
    }

    private void tell() {
      if (registration.isValid()) {
        registration.submit(EpollIoOps.valueOf(toTell()));
        told = toTell();
      }
    }

    @Override
    public void handle(IoRegistration same, IoEvent event) {
      EpollIoOps happened = ((EpollIoEvent) event).ops();
      if (!happened.contains(EpollIoOps.EPOLLIN) || (awaited & IN) != 0) {
        handle.handle(this, event);
        return;
      }
      isOverheard = true;
      change();
      EpollIoOps others = happened.without(EpollIoOps.EPOLLIN);
      if (others.value() != NOTHING) {
        handle.handle(this, (EpollIoEvent) () -> others);
      }
    }

    @Override
    public FileDescriptor fd() {
      return handle.fd();
    }

    @Override
    public void registered() {
      handle.registered();
    }

    @Override
    public void unregistered() {
      handle.unregistered();
    }

    @Override
    public void close() {
      try {
        handle.close();
      } catch (Exception e) {
        LOG.log(Level.WARNING, "a connection cannot be closed", e);
      }
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature.
    public <T> T attachment() {
      return registration.attachment();
    }

    @Override
    public boolean isValid() {
      return registration.isValid();
    }

    @Override
    public boolean cancel() {
      return registration.cancel();
    }
  }
}
