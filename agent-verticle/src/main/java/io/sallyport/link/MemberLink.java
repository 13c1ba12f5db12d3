package io.sallyport.link;

import io.sallyport.config.HostPort;
import io.sallyport.ktls.KtlsSocket;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// The asking side of the link to one other member. Connects, and connects again for as long as the
/// member belongs to the cluster; a member that says nothing for [#SILENCE_MS] is taken for lost,
/// and whatever was asked of it ends at once, so that another can be asked.
///
/// A cluster may lose a member that this one still reaches, for example while both lose a third. So
/// a link outlives the membership: it is used while it is up, and made anew for [#FORGOTTEN_MS].
///
/// Owned by the event loop of its [LinkDialer]; what other threads may call says so.
final class MemberLink implements FrameSocket.Handler {
  /// A member that is there says something twice a second.
  static final int SILENCE_MS = 1_500;

  /// A member that the cluster has lost, and that has said nothing for so long, does not come back.
  static final int FORGOTTEN_MS = 60_000;

  /// Requests to one member that wait for an answer: more are asked of others, or refused.
  static final int ASKED_MAX = 4096;

  private static final Logger LOG = System.getLogger("sallyport.link");
  private static final int BACKOFF_MS_MIN = 100;
  private static final int BACKOFF_MS_MAX = 2_000;

  /// Hears what becomes of a request. Called on the event loop.
  interface Asked {
    /// An answer, whose buffers and secrets are handed over; more may follow.
    void answered(LinkFrame answer);

    /// There will be no more: the link is lost.
    void lost(String why);
  }

  private final LinkDialer dialer;
  private final String member;
  private final HostPort address;
  private final TakenOffers offers;
  private final Map<Long, Asked> asked = new HashMap<>();
  private final AtomicInteger askedCount = new AtomicInteger();
  private @Nullable FrameSocket socket;
  private long lastId;
  private Silence silence = new Silence(SILENCE_MS, 0);
  private int backoffMs = BACKOFF_MS_MIN;
  private boolean greeted;
  private boolean closed;
  private boolean outside;

  /// When the cluster lost the member, or the link did, whichever came later.
  private long lostMs;

  private String lastFailure = "";

  /// Null while the link is down.
  private volatile LinkFrame.@Nullable Status status;

  MemberLink(LinkDialer dialer, String member, HostPort address, TakenOffers offers) {
    this.dialer = dialer;
    this.member = member;
    this.address = address;
    this.offers = offers;
  }

  /// The member at the other end. Any thread.
  String member() {
    return member;
  }

  HostPort address() {
    return address;
  }

  /// What the member said last of itself, with the offers that count here; empty while the link is
  /// down. Any thread.
  Optional<LinkFrame.Status> status() {
    return Optional.ofNullable(status);
  }

  /// What the member offers of a keyring, as it said last; empty when that does not count here. Any
  /// thread.
  Optional<LinkFrame.Offer> offer(String keyring) {
    LinkFrame.Status current = status;
    return current == null
        ? Optional.empty()
        : current.offers().stream().filter(offer -> offer.keyring().equals(keyring)).findFirst();
  }

  /// How busy the member is, as far as is known here: what it said, and what was asked since. Any
  /// thread.
  int load() {
    LinkFrame.Status current = status;
    return current == null
        ? Integer.MAX_VALUE
        : current.pending() + current.running() + askedCount.get();
  }

  /// Whether it takes more requests. Any thread.
  boolean hasRoom() {
    return askedCount.get() < ASKED_MAX;
  }

  // ---- The connection.

  void connect() {
    if (closed) {
      return;
    }
    dialer.dial(member, address, this::connected, this::failed);
  }

  private void connected(KtlsSocket session) {
    if (closed) {
      session.reset();
      return;
    }
    FrameSocket frames = new FrameSocket(session, this);
    socket = frames;
    silence = new Silence(SILENCE_MS, dialer.nowMs());
    greeted = false;
    frames.send(new LinkFrame.Hello(LinkFrame.PROTOCOL, dialer.ownName()));
    frames.start();
  }

  private void failed(String why) {
    if (closed) {
      return;
    }
    if (!why.equals(lastFailure)) {
      // Once for each reason: it is tried again every other second.
      LOG.log(Level.WARNING, "no link to member " + member + " at " + address + ": " + why);
      lastFailure = why;
    }
    dialer.later(backoffMs, this::connect);
    backoffMs = Math.min(2 * backoffMs, BACKOFF_MS_MAX);
  }

  /// The cluster has lost the member.
  void left() {
    if (!outside) {
      outside = true;
      lostMs = dialer.nowMs();
      if (status != null) {
        LOG.log(
            Level.INFO,
            "the cluster has lost member " + member + "; the link to it is up and stays in use");
      }
    }
  }

  /// The cluster has the member, maybe again.
  void joined() {
    outside = false;
  }

  /// Whether the cluster has lost the member, and it has not been reached for [#FORGOTTEN_MS].
  boolean isForgotten() {
    return outside && status == null && dialer.nowMs() - lostMs > FORGOTTEN_MS;
  }

  /// Called twice a second.
  void tick() {
    FrameSocket current = socket;
    if (current == null) {
      return;
    }
    if (silence.isTooLong(dialer.nowMs())) {
      current.end("it has said nothing for " + SILENCE_MS + " ms");
    } else if (current.isOverfull()) {
      current.end("it does not take what is sent to it");
    } else {
      current.send(new LinkFrame.Ping());
    }
  }

  @Override
  public void received(LinkFrame frame) {
    silence.heard(dialer.nowMs());
    switch (frame) {
      case LinkFrame.Hello hello -> greet(hello);
      case LinkFrame.Status said -> take(said);
      case LinkFrame.View(long id, _) -> last(id, frame);
      case LinkFrame.Signature(long id, _) -> last(id, frame);
      case LinkFrame.Refused(long id, _, _) -> last(id, frame);
      case LinkFrame.Tickets(long id, _) -> last(id, frame);
      case LinkFrame.SealedTicket(long id, _) -> last(id, frame);
      case LinkFrame.OpenedTicket(long id, _) -> last(id, frame);
      case LinkFrame.UnopenedTicket(long id, _) -> last(id, frame);
      case LinkFrame.Answer(long id, _, _) -> answered(asked.get(id), frame);
      case LinkFrame.Ping _,
          LinkFrame.WantView _,
          LinkFrame.WantTickets _,
          LinkFrame.SealTicket _,
          LinkFrame.OpenTicket _,
          LinkFrame.Sign _,
          LinkFrame.Open _,
          LinkFrame.Input _,
          LinkFrame.Cancel _ -> {
        FrameCodec.discard(frame);
        end("it asks on a link that is there to answer");
      }
    }
  }

  private void greet(LinkFrame.Hello hello) {
    if (hello.protocol() != LinkFrame.PROTOCOL) {
      end("it speaks version " + hello.protocol() + " of the link, expected " + LinkFrame.PROTOCOL);
    } else if (!hello.member().equals(member)) {
      end("it says that it is " + hello.member());
    } else {
      greeted = true;
    }
  }

  private void take(LinkFrame.Status said) {
    if (!greeted) {
      end("it did not say who it is");
      return;
    }
    if (status == null) {
      LOG.log(Level.INFO, "link to member " + member + " is up");
      backoffMs = BACKOFF_MS_MIN;
      lastFailure = "";
    }
    LinkFrame.Status taken = offers.of(said, dialer.nowMs());
    status = taken;
    dialer.statusOf(this, taken);
  }

  private void last(long id, LinkFrame frame) {
    answered(forget(id), frame);
  }

  private static void answered(@Nullable Asked waiting, LinkFrame frame) {
    if (waiting == null) {
      FrameCodec.discard(frame);
    } else {
      waiting.answered(frame);
    }
  }

  private void end(String why) {
    if (socket != null) {
      socket.end(why);
    }
  }

  @Override
  public void ended(String why) {
    boolean wasUp = status != null;
    if (wasUp) {
      lostMs = dialer.nowMs();
    }
    status = null;
    socket = null;
    List<Asked> waiting = new ArrayList<>(asked.values());
    asked.clear();
    askedCount.set(0);
    if (wasUp && !closed) {
      LOG.log(Level.WARNING, "link to member " + member + " is lost: " + why);
      lastFailure = why;
    }
    waiting.forEach(request -> request.lost(why));
    failed(why);
  }

  /// The member is gone, or this one stops: ends what is under way and does not come back.
  void close() {
    closed = true;
    end("the link is closed");
  }

  // ---- Requests.

  /// Sends a request and answers with its number; 0 when the link is down, and then `waiting` hears
  /// nothing. On the event loop.
  long ask(LongFunction<LinkFrame> request, Asked waiting) {
    FrameSocket current = socket;
    if (current == null || status == null || !current.isWritable() || !hasRoom()) {
      return 0;
    }
    long id = ++lastId;
    asked.put(id, waiting);
    askedCount.incrementAndGet();
    current.send(request.apply(id));
    return id;
  }

  /// Sends more about a request that is under way. On the event loop.
  void send(LinkFrame frame) {
    if (socket != null) {
      socket.send(frame);
    }
  }

  /// A request has had its last answer, or nobody waits for it any more. On the event loop.
  @Nullable Asked forget(long id) {
    Asked waiting = asked.remove(id);
    if (waiting != null) {
      askedCount.decrementAndGet();
    }
    return waiting;
  }

  /// Sends a request that has one answer, which whoever takes it owns. Empty when the link is lost
  /// first. Any thread.
  ///
  /// Whoever waits no longer cancels the future: an answer that comes then is discarded, and until
  /// it comes the request goes on to count as load, so that a member that does not answer is asked
  /// last.
  CompletableFuture<Optional<LinkFrame>> request(LongFunction<LinkFrame> request) {
    CompletableFuture<Optional<LinkFrame>> answer = new CompletableFuture<>();
    Asked waiting =
        new Asked() {
          @Override
          public void answered(LinkFrame frame) {
            if (!answer.complete(Optional.of(frame))) {
              FrameCodec.discard(frame);
            }
          }

          @Override
          public void lost(String why) {
            answer.complete(Optional.empty());
          }
        };
    boolean taken =
        dialer.execute(() -> {
          if (ask(request, waiting) == 0) {
            answer.complete(Optional.empty());
          }
        });
    if (!taken) {
      answer.complete(Optional.empty());
    }
    return answer;
  }
}
