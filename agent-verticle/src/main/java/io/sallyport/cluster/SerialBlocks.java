package io.sallyport.cluster;

import io.sallyport.keyring.KeySerial;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/// Serials that no other member has, taken from the cluster by the block, so that a handshake does
/// not wait for the network. When half of a block is used the next one is taken in the background:
/// a member that is cut off from the quorum has at least 2048 left, for the peers it comes to know.
///
/// Any thread.
final class SerialBlocks {
  static final int BLOCK_LENGTH = 4096;

  private static final Logger LOG = System.getLogger(SerialBlocks.class.getName());

  /// How often a block that could not be taken is tried again, in serials.
  private static final int RETRY = 256;

  private final KeyringMaps maps;
  private final Executor background;

  // All guarded by this object. 0 is no serial: there is none.
  private long next;
  private long end;
  private long reserve;

  /// All serials below were given away, as far as is known here.
  private long floor = 1;

  SerialBlocks(KeyringMaps maps, Executor background) {
    this.maps = maps;
    this.background = background;
  }

  /// Takes a block in reserve, unless there is one or the cluster gives none. Waits for it.
  void prepare() {
    if (hasReserve()) {
      return;
    }
    try {
      keep(take());
    } catch (KeyringException e) {
      LOG.log(Level.DEBUG, "no serials in reserve: {0}", e.getMessage());
    }
  }

  /// A serial. Waits for the cluster when there is none left here.
  ///
  /// @throws KeyringException when the cluster gives none
  synchronized KeySerial next() {
    if (next == end) {
      next = reserve != 0 ? reserve : take();
      end = next + BLOCK_LENGTH;
      reserve = 0;
    }
    KeySerial serial = new KeySerial((int) next++);
    long left = end - next;
    if (reserve == 0 && left <= BLOCK_LENGTH / 2 && left % RETRY == 0) {
      takeInBackground();
    }
    return serial;
  }

  /// Makes sure that no serial up to this one comes, whatever became of the counter.
  synchronized void skip(KeySerial seen) {
    floor = Math.max(floor, Integer.toUnsignedLong(seen.number()) + 1);
  }

  private long take() {
    long first = maps.takeSerials(BLOCK_LENGTH, floor());
    raise(first + BLOCK_LENGTH);
    return first;
  }

  private synchronized long floor() {
    return floor;
  }

  private synchronized void raise(long to) {
    floor = Math.max(floor, to);
  }

  private void takeInBackground() {
    try {
      background.execute(this::prepare);
    } catch (RejectedExecutionException _) {
      // The member stops.
    }
  }

  private synchronized boolean hasReserve() {
    return reserve != 0;
  }

  private synchronized void keep(long first) {
    if (reserve == 0) {
      reserve = first;
    }
  }
}
