package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.KeyringStore;
import io.sallyport.keyring.KeyringView;
import io.sallyport.keyring.PeerIdentity;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/// The keyrings that this member does handshakes with: those it can open, and behind them the
/// public views of those that others sign with, bounded by [#VIEWS_MAX] and [#VIEWS_LENGTH_MAX].
/// Any thread.
final class MemberKeyrings implements KeyringStore {
  private static final Logger LOG = System.getLogger("sallyport.link");

  static final int VIEWS_MAX = 1024;

  /// Bytes of all views as they came.
  static final int VIEWS_LENGTH_MAX = 64 << 20;

  private record View(Keyring keyring, long version, String from, int length) {}

  private final KeyringStore own;
  private final Links links;
  private final ConcurrentMap<String, View> views = new ConcurrentHashMap<>();

  /// Views that were asked for. Confined to the event loop of the links.
  private final Set<String> wanted = new HashSet<>();

  /// @param own stays its creator's
  MemberKeyrings(KeyringStore own, Links links) {
    this.own = own;
    this.links = links;
  }

  /// Whether this member can open the keyring.
  boolean opens(String name) {
    return own.contains(name);
  }

  // ---- Views, on the event loop of the links.

  /// A member said what it offers: asks for the views that are new.
  void heard(MemberLink link, LinkFrame.Status status) {
    for (LinkFrame.Offer offer : status.offers()) {
      if (isWanted(link, offer)) {
        want(link, offer);
      } else if (isWithdrawn(link, offer)) {
        drop(offer.keyring());
      }
    }
  }

  private boolean isWanted(MemberLink link, LinkFrame.Offer offer) {
    if (!offer.granted()
        || offer.relay()
        || own.contains(offer.keyring())
        || wanted.contains(offer.keyring())) {
      return false;
    }
    View known = views.get(offer.keyring());
    return known == null
        || offer.version() > known.version()
        || (known.from().equals(link.member()) && offer.version() != known.version());
  }

  private boolean isWithdrawn(MemberLink link, LinkFrame.Offer offer) {
    View known = views.get(offer.keyring());
    return known != null
        && known.from().equals(link.member())
        && (!offer.granted() || offer.relay() || own.contains(offer.keyring()));
  }

  private void want(MemberLink link, LinkFrame.Offer offer) {
    wanted.add(offer.keyring());
    MemberLink.Asked waiting =
        new MemberLink.Asked() {
          @Override
          public void answered(LinkFrame answer) {
            wanted.remove(offer.keyring());
            take(link, offer, answer);
          }

          @Override
          public void lost(String why) {
            wanted.remove(offer.keyring());
          }
        };
    if (link.ask(id -> new LinkFrame.WantView(id, offer.keyring()), waiting) == 0) {
      wanted.remove(offer.keyring());
    }
  }

  private void take(MemberLink link, LinkFrame.Offer offer, LinkFrame answer) {
    switch (answer) {
      case LinkFrame.View(_, ByteBuf form) -> take(link, offer, form);
      case LinkFrame.Refused(_, _, String detail) ->
          LOG.log(
              Level.WARNING,
              "keyring "
                  + offer.keyring()
                  + " cannot be used: member "
                  + link.member()
                  + " answers: "
                  + detail);
      default -> FrameCodec.discard(answer);
    }
  }

  private void take(MemberLink link, LinkFrame.Offer offer, ByteBuf form) {
    int length = form.readableBytes();
    try {
      KeyringView view = ViewForm.read(form);
      if (!view.name().equals(offer.keyring())) {
        throw new MalformedFrameException("the view of keyring " + view.name());
      }
      requireRoom(view.name(), length);
      Keyring keyring =
          view.keyring(key -> new KeyHolders(links, view.name(), key.privateKey(), key.sha256()));
      release(views.put(view.name(), new View(keyring, offer.version(), link.member(), length)));
      LOG.log(
          Level.INFO,
          "keyring "
              + view.name()
              + " of version "
              + offer.version()
              + ": members sign, such as "
              + link.member());
    } catch (MalformedFrameException | IllegalArgumentException e) {
      LOG.log(
          Level.WARNING,
          "keyring "
              + offer.keyring()
              + " cannot be used: member "
              + link.member()
              + " sent "
              + e.getMessage());
    }
  }

  private void requireRoom(String name, int length) throws MalformedFrameException {
    long lengths =
        views.entrySet().stream()
            .filter(entry -> !entry.getKey().equals(name))
            .mapToLong(entry -> entry.getValue().length())
            .sum();
    if (lengths + length > VIEWS_LENGTH_MAX
        || (views.size() >= VIEWS_MAX && !views.containsKey(name))) {
      throw new MalformedFrameException(
          "one more view than there is room for ("
              + views.size()
              + " views of "
              + lengths
              + " bytes, expected at most "
              + VIEWS_MAX
              + " of "
              + VIEWS_LENGTH_MAX
              + ")");
    }
  }

  private void drop(String name) {
    release(views.remove(name));
  }

  private static void release(@Nullable View before) {
    if (before != null) {
      before.keyring().release();
    }
  }

  // ---- The store.

  @Override
  public boolean contains(String name) {
    return own.contains(name) || views.containsKey(name);
  }

  @Override
  public Optional<Keyring> acquire(String name) {
    Optional<Keyring> opened = own.acquire(name);
    return opened.isPresent() ? opened : acquireView(name);
  }

  private Optional<Keyring> acquireView(String name) {
    while (true) {
      View view = views.get(name);
      if (view == null) {
        return Optional.empty();
      }
      // It may have been replaced just now.
      if (view.keyring().retain()) {
        return Optional.of(view.keyring());
      }
    }
  }

  @Override
  public void put(Keyring keyring) {
    own.put(keyring);
  }

  @Override
  public void remove(String name) {
    own.remove(name);
  }

  @Override
  public KeySerial nextSerial() {
    return own.nextSerial();
  }

  @Override
  public KeySerial addPeer(PeerIdentity peer) {
    return own.addPeer(peer);
  }

  @Override
  public Optional<PeerIdentity> peer(KeySerial serial) {
    return own.peer(serial);
  }

  /// Forgets the views.
  @Override
  public void close() {
    views.keySet().forEach(this::drop);
  }
}
