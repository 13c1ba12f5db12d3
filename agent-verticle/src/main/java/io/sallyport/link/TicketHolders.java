package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.ticket.OpenedTicket.Reason;
import io.sallyport.ticket.TicketCipher;
import io.sallyport.ticket.TicketTimes;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The members that hold the ticket keys of one keyring which this member may use and not open. Has
/// each ticket sealed and opened by the least loaded of them, and by the next when that one is
/// lost, busy or slow.
///
/// Waits [#TIMEOUT_MS] at the most: without an answer the session gets no ticket, or begins with a
/// full handshake. Then nobody is asked for [#PAUSE_MS], so that a handshake with many tickets
/// waits once and not for each. Any thread that may wait. Ticket keys are never here; what a ticket
/// holds is outside the heap, and wiped.
final class TicketHolders implements TicketCipher {
  /// How long all attempts together may take.
  static final int TIMEOUT_MS = 500;

  private static final Logger LOG = System.getLogger("sallyport.link");

  /// How long one member may take before another one is asked.
  private static final int ATTEMPT_MS = 250;

  private static final int PAUSE_MS = 1_000;
  private static final int LINE_MS = 10_000;
  private static final long MILLI_NANOS = 1_000_000;

  private final KeyringStore own;
  private final Links links;
  private final String keyring;
  private final TicketTimes times;

  /// Guarded by this object, as all below.
  private long pausedUntilMs = nowMs();

  private long nextLineMs = nowMs();
  private long unsealed;
  private long unopened;

  /// @param own keyrings that this member opens: not those that others are asked about
  /// @param times of the tickets
  TicketHolders(KeyringStore own, Links links, String keyring, TicketTimes times) {
    this.own = own;
    this.links = links;
    this.keyring = keyring;
    this.times = times;
  }

  private static long nowMs() {
    return System.nanoTime() / MILLI_NANOS;
  }

  @Override
  public boolean waits() {
    return true;
  }

  @Override
  public TicketTimes times() {
    return times;
  }

  @Override
  public Optional<byte[]> seal(SecretBytes form) {
    if (form.length() > FORM_LENGTH_MAX) {
      return Optional.empty();
    }
    LinkFrame answer = ask(holder -> sealing(holder, form));
    if (answer instanceof LinkFrame.SealedTicket(_, ByteBuf ticket)) {
      return Optional.of(ByteBufUtil.getBytes(ticket));
    }
    discard(answer);
    missed(1, 0);
    return Optional.empty();
  }

  private CompletableFuture<Optional<LinkFrame>> sealing(MemberLink holder, SecretBytes form) {
    // The event loop may take it up when nobody waits here any more.
    SecretBytes copy = form.copy(0, form.length());
    CompletableFuture<Optional<LinkFrame>> asked =
        holder.request(id -> new LinkFrame.SealTicket(id, keyring, times, copy));
    CompletableFuture<Void> _ = asked.thenRun(copy::close);
    return asked;
  }

  @Override
  public Unsealed open(byte[] ticket) {
    ByteBuf wrapped = Unpooled.wrappedBuffer(ticket);
    LinkFrame answer =
        ask(holder -> holder.request(id -> new LinkFrame.OpenTicket(id, keyring, times, wrapped)));
    return switch (answer) {
      case LinkFrame.OpenedTicket(_, SecretBytes form) -> new Unsealed.Form(form);
      case LinkFrame.UnopenedTicket(_, Reason reason) -> new Unsealed.Refused(reason);
      case null, default -> {
        discard(answer);
        missed(0, 1);
        yield new Unsealed.Refused(Reason.UNANSWERED);
      }
    };
  }

  private static void discard(@Nullable LinkFrame answer) {
    if (answer != null) {
      FrameCodec.discard(answer);
    }
  }

  /// The answer of one of the members; null when there is none.
  private @Nullable LinkFrame ask(
      Function<MemberLink, CompletableFuture<Optional<LinkFrame>>> request) {
    // What it opens itself now, it will have the keys of soon.
    if (isPaused() || own.contains(keyring)) {
      return null;
    }
    long deadlineMs = nowMs() + TIMEOUT_MS;
    Set<MemberLink> tried = new HashSet<>();
    boolean isSlow = false;
    while (true) {
      long leftMs = deadlineMs - nowMs();
      Optional<MemberLink> holder =
          leftMs > 0 ? links.leastLoaded(keyring, tried) : Optional.empty();
      if (holder.isEmpty()) {
        if (isSlow) {
          pause();
        }
        return null;
      }
      tried.add(holder.get());
      try {
        LinkFrame answer = await(request.apply(holder.get()), Math.min(leftMs, ATTEMPT_MS));
        links.stat().ticket(holder.get().member(), result(answer));
        if (answer != null && !(answer instanceof LinkFrame.Refused)) {
          return answer;
        }
      } catch (TimeoutException _) {
        links.stat().ticket(holder.get().member(), ServiceStat.Result.LOST);
        isSlow = true;
      }
    }
  }

  private static ServiceStat.Result result(@Nullable LinkFrame answer) {
    return switch (answer) {
      case LinkFrame.SealedTicket _ -> ServiceStat.Result.SEALED;
      case LinkFrame.OpenedTicket _ -> ServiceStat.Result.OPENED;
      case LinkFrame.UnopenedTicket _ -> ServiceStat.Result.UNOPENED;
      case LinkFrame.Refused _ -> ServiceStat.Result.REFUSED;
      case null, default -> ServiceStat.Result.LOST;
    };
  }

  /// Null when the link is lost first.
  private static @Nullable LinkFrame await(
      CompletableFuture<Optional<LinkFrame>> asked, long milliseconds) throws TimeoutException {
    try {
      return asked.get(milliseconds, TimeUnit.MILLISECONDS).orElse(null);
    } catch (TimeoutException e) {
      discardLate(asked);
      throw e;
    } catch (InterruptedException _) {
      discardLate(asked);
      Thread.currentThread().interrupt();
      return null;
    } catch (ExecutionException e) {
      throw new IllegalStateException("an answer that failed", e);
    }
  }

  /// Whatever comes now is nobody's.
  private static void discardLate(CompletableFuture<Optional<LinkFrame>> asked) {
    CompletableFuture<Void> _ = asked.thenAccept(late -> late.ifPresent(FrameCodec::discard));
  }

  private synchronized boolean isPaused() {
    return pausedUntilMs - nowMs() > 0;
  }

  private synchronized void pause() {
    pausedUntilMs = nowMs() + PAUSE_MS;
  }

  /// Counts tickets that nobody saw to, and says so every ten seconds at the most.
  private synchronized void missed(int notSealed, int notOpened) {
    unsealed += notSealed;
    unopened += notOpened;
    if (nowMs() - nextLineMs < 0) {
      return;
    }
    nextLineMs = nowMs() + LINE_MS;
    LOG.log(
        Level.WARNING,
        "keyring "
            + keyring
            + ": "
            + unopened
            + " tickets of clients were not opened and "
            + unsealed
            + " for them not sealed, which makes full handshakes: no member that has the ticket keys"
            + " can be reached, or none answers within "
            + TIMEOUT_MS
            + " ms");
    unsealed = 0;
    unopened = 0;
  }
}
