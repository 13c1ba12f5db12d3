package io.sallyport.proxy.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the kernel is told, with a recorder in the place of Netty's epoll.
class EpollInterestTest {
  private static final String NOTHING_ASKED = "ET";

  private final Recorder kernel = new Recorder();
  private final ClosableChannel channel = new ClosableChannel();
  private final EpollInterest interest = new EpollInterest(kernel);
  private IoRegistration registration;

  @BeforeAll
  static void needsEpoll() {
    assumeTrue(Epoll.isAvailable());
  }

  @BeforeEach
  void register() throws Exception {
    registration = interest.register(channel);
  }

  @Test
  void theChangesOfATurnAreToldAtItsEndAndAtOnce() {
    await("RDHUP");
    await("IN RDHUP");
    assertThat(kernel.told).isEmpty();
    endTurn();
    assertThat(kernel.told).containsExactly("IN RDHUP");
  }

  @Test
  void aTurnThatChangedNothingInTheEndTellsNothing() {
    toldBefore("IN RDHUP");
    await("IN OUT RDHUP");
    await("IN RDHUP");
    endTurn();
    endTurn();
    assertThat(kernel.told).isEmpty();
  }

  @Test
  void thatReadingStoppedIsToldWhenThereIsSomethingToRead() {
    toldBefore("IN RDHUP");
    await("RDHUP");
    endTurn();
    assertThat(kernel.told).isEmpty();
    happens("IN");
    endTurn();
    endTurn();
    assertThat(kernel.told).containsExactly("RDHUP");
    assertThat(channel.events).isEmpty();
  }

  @Test
  void readingThatGoesOnInTheTurnInWhichSomethingCameTellsNothing() {
    toldBefore("IN RDHUP");
    await("RDHUP");
    endTurn();
    happens("IN");
    await("IN RDHUP");
    endTurn();
    assertThat(kernel.told).isEmpty();
    await("RDHUP");
    endTurn();
    assertThat(kernel.told).isEmpty();
  }

  @Test
  void readingThatGoesOnBeforeAnythingCameTellsNothing() {
    toldBefore("IN RDHUP");
    await("RDHUP");
    endTurn();
    await("IN RDHUP");
    endTurn();
    happens("IN");
    assertThat(kernel.told).isEmpty();
    assertThat(channel.events).containsExactly("IN");
  }

  @Test
  void readingThatGoesOnAfterTheKernelKnewIsTold() {
    toldBefore("IN RDHUP");
    await("RDHUP");
    happens("IN");
    endTurn();
    await("IN RDHUP");
    endTurn();
    assertThat(kernel.told).containsExactly("RDHUP", "IN RDHUP");
  }

  @Test
  void anEndIsHeardWhileReadingHasStopped() {
    toldBefore("IN RDHUP");
    await("RDHUP");
    endTurn();
    happens("IN RDHUP");
    happens("ERR");
    endTurn();
    assertThat(channel.events).containsExactly("RDHUP", "ERR");
    assertThat(kernel.told).containsExactly("RDHUP");
  }

  @Test
  void thatWritingNeedNotBeAwaitedIsToldAtTheEndOfTheTurn() {
    toldBefore("IN OUT RDHUP");
    await("IN RDHUP");
    endTurn();
    assertThat(kernel.told).containsExactly("IN RDHUP");
  }

  @Test
  void anEndThatWasHeardIsNotAwaitedAgain() {
    toldBefore("IN RDHUP");
    await("IN");
    endTurn();
    assertThat(kernel.told).containsExactly("IN");
  }

  @Test
  void aChannelThatAwaitsNothingStaysInEpoll() {
    toldBefore("IN");
    await("");
    endTurn();
    await("OUT");
    endTurn();
    assertThat(kernel.told).containsExactly(NOTHING_ASKED, "OUT");
  }

  @Test
  void aChannelThatEndedInItsTurnTellsNothing() {
    await("IN RDHUP");
    registration.cancel();
    endTurn();
    assertThat(registration.isValid()).isFalse();
    assertThat(kernel.told).isEmpty();
  }

  @Test
  void aBoundSocketIsToldAtOnceTheFirstTime() {
    await("IN ERR");
    assertThat(kernel.told).containsExactly("IN ERR");
    await("ERR");
    endTurn();
    assertThat(kernel.told).containsExactly("IN ERR");
  }

  @Test
  void aBoundSocketThatEpollCannotTakeSaysSoToItsCaller() {
    kernel.refused = "ERR";
    assertThatThrownBy(() -> await("ERR")).hasMessageContaining("ENOSPC");
    endTurn();
    assertThat(channel.isClosed).isFalse();
  }

  @Test
  void aChannelThatEpollCannotTakeIsClosedAndTheOthersAreTold() throws Exception {
    ClosableChannel other = new ClosableChannel();
    IoRegistration others = interest.register(other);
    kernel.refused = "OUT";
    await("OUT");
    others.submit(ops("IN"));
    endTurn();
    assertThat(channel.isClosed).isTrue();
    assertThat(other.isClosed).isFalse();
    assertThat(kernel.told).containsExactly("IN");
  }

  private void toldBefore(String events) {
    await(events);
    endTurn();
    kernel.told.clear();
  }

  private void await(String events) {
    registration.submit(ops(events));
  }

  private void happens(String events) {
    EpollIoOps happened = ops(events);
    kernel.handles.getFirst().handle(registration, (EpollIoEvent) () -> happened);
  }

  private void endTurn() {
    interest.run(Recorder.NO_CONTEXT);
  }

  private static EpollIoOps ops(String events) {
    EpollIoOps ops = EpollIoOps.NONE;
    for (String event : events.split(" ", -1)) {
      ops =
          switch (event) {
            case "IN" -> ops.with(EpollIoOps.EPOLLIN);
            case "OUT" -> ops.with(EpollIoOps.EPOLLOUT);
            case "RDHUP" -> ops.with(EpollIoOps.EPOLLRDHUP);
            case "ERR" -> ops.with(EpollIoOps.EPOLLERR);
            default -> ops;
          };
    }
    return ops;
  }

  private static String text(EpollIoOps ops) {
    List<String> events = new ArrayList<>();
    if (ops.contains(EpollIoOps.EPOLLIN)) {
      events.add("IN");
    }
    if (ops.contains(EpollIoOps.EPOLLOUT)) {
      events.add("OUT");
    }
    if (ops.contains(EpollIoOps.EPOLLRDHUP)) {
      events.add("RDHUP");
    }
    if (ops.contains(EpollIoOps.EPOLLERR)) {
      events.add("ERR");
    }
    if (ops.contains(EpollIoOps.EPOLLET)) {
      events.add(NOTHING_ASKED);
    }
    return String.join(" ", events);
  }

  private static final class ClosableChannel implements EpollIoHandle {
    final List<String> events = new ArrayList<>();
    boolean isClosed;

    @Override
    public FileDescriptor fd() {
      throw new AssertionError("nobody asks here");
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
      events.add(text(((EpollIoEvent) event).ops()));
    }

    @Override
    public void close() {
      isClosed = true;
    }
  }

  private static final class Recorder implements IoHandler {
    static final IoHandlerContext NO_CONTEXT =
        new IoHandlerContext() {
          @Override
          public boolean canBlock() {
            return false;
          }

          @Override
          public long delayNanos(long currentTimeNanos) {
            return 0;
          }

          @Override
          public long deadlineNanos() {
            return -1;
          }
        };

    final List<String> told = new ArrayList<>();
    final List<IoHandle> handles = new ArrayList<>();
    @Nullable String refused;

    @Override
    public int run(IoHandlerContext context) {
      return 0;
    }

    @Override
    public IoRegistration register(IoHandle handle) {
      handles.add(handle);
      return new IoRegistration() {
        private boolean isCancelled;

        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature.
        public <T> T attachment() {
          throw new AssertionError("nobody asks here");
        }

        @Override
        public long submit(IoOps ops) {
          String events = text((EpollIoOps) ops);
          if (events.equals(refused)) {
            throw new UncheckedIOException(new IOException("ENOSPC"));
          }
          told.add(events);
          return ((EpollIoOps) ops).value();
        }

        @Override
        public boolean isValid() {
          return !isCancelled;
        }

        @Override
        public boolean cancel() {
          isCancelled = true;
          return true;
        }
      };
    }

    @Override
    public void wakeup() {}

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
      return true;
    }
  }
}
