package io.sallyport.link;

import io.sallyport.keyring.KeyElsewhereException.Cause;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.ticket.TicketRing;
import io.sallyport.ticket.TicketRings;
import io.sallyport.ticket.TicketTimes;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The ticket keys that a member uses: of keyrings that it can open from the cluster, of others
/// from a member that can, unless they are sealed: then those members work with them.
///
/// @param own keyrings that this member opens
/// @param rings their ticket keys
/// @param links the way to the others
record MemberTickets(KeyringStore own, TicketRings rings, Links links) implements TicketRings {
  private static final int TIMEOUT_MS = 1_000;

  @Override
  public Found ring(String keyring, TicketTimes times) {
    if (own.contains(keyring)) {
      return rings.ring(keyring, times);
    }
    if (links.areTicketsSealed(keyring)) {
      return new Found.Elsewhere(new TicketHolders(own, links, keyring, times));
    }
    Optional<MemberLink> holder = links.leastLoaded(keyring, Set.of());
    if (holder.isEmpty()) {
      return new Found.Unknown();
    }
    return await(holder.get().request(id -> new LinkFrame.WantTickets(id, keyring, times)));
  }

  private static Found await(CompletableFuture<Optional<LinkFrame>> asked) {
    try {
      return switch (asked.get(TIMEOUT_MS, TimeUnit.MILLISECONDS).orElse(null)) {
        case LinkFrame.Tickets(_, TicketRing ring) -> new Found.Ring(ring);
        case LinkFrame.Refused(_, Cause cause, _) when cause == Cause.REFUSED -> new Found.Denied();
        case LinkFrame.Refused _ -> new Found.Unknown();
        case null -> new Found.Unknown();
        case LinkFrame other -> {
          FrameCodec.discard(other);
          yield new Found.Unknown();
        }
      };
    } catch (TimeoutException _) {
      // Whatever comes now is nobody's.
      if (!asked.cancel(false)) {
        asked.join().ifPresent(FrameCodec::discard);
      }
      return new Found.Unknown();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new Found.Unknown();
    } catch (ExecutionException e) {
      throw new IllegalStateException("an answer that failed", e);
    }
  }
}
