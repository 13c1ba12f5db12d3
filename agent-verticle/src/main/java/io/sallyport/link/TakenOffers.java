package io.sallyport.link;

import io.sallyport.config.ConfigError;
import io.sallyport.config.HoldersConfig;
import io.sallyport.keyring.KeyringStore;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.stream.Collectors;

/// What of the offers of one other member counts on this one: all of them, if its operator wrote
/// that it takes keyrings from there, else none. A certificate of the cluster proves who a member
/// is, not that it may say whom this one trusts.
///
/// Offers that would be of use and do not count have a line in the log, when they change and at
/// most every [#LINE_MS]. Owned by the event loop of the links.
final class TakenOffers {
  /// How often one member can have a line.
  static final int LINE_MS = 60_000;

  private static final Logger LOG = System.getLogger("sallyport.link");
  private static final int NAMED_MAX = 8;

  private final HoldersConfig holders;
  private final KeyringStore own;
  private final String member;
  private String passedOver = "";
  private long lineMs = -LINE_MS;

  /// @param own keyrings that this member opens itself
  /// @param member the other one
  TakenOffers(HoldersConfig holders, KeyringStore own, String member) {
    this.holders = holders;
    this.own = own;
    this.member = member;
  }

  /// The status with the offers that count.
  LinkFrame.Status of(LinkFrame.Status said, long nowMs) {
    if (holders.includes(member)) {
      return said;
    }
    tell(said.offers(), nowMs);
    return new LinkFrame.Status(said.pending(), said.running(), List.of());
  }

  private void tell(List<LinkFrame.Offer> offers, long nowMs) {
    String useful =
        offers.stream()
            .filter(offer -> offer.granted() && !own.contains(offer.keyring()))
            .map(LinkFrame.Offer::keyring)
            .sorted()
            .limit(NAMED_MAX)
            .collect(Collectors.joining(", "));
    if (useful.equals(passedOver) || nowMs - lineMs < LINE_MS) {
      return;
    }
    passedOver = useful;
    if (!useful.isEmpty()) {
      lineMs = nowMs;
      LOG.log(
          Level.WARNING,
          "what member "
              + member
              + " offers is passed over ("
              + ConfigError.printable(useful)
              + "), because it is not in cluster.holders; add it there if this member shall use its"
              + " keyrings and trust whom they trust");
    }
  }
}
