package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.sallyport.keyring.KeyElsewhereException;
import io.sallyport.keyring.KeyElsewhereException.Cause;
import io.sallyport.keyring.KeyPurpose;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.RemoteSigningKey;
import io.sallyport.keyring.SignatureScheme;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// The members that hold one private key. Asks the least loaded of them for a signature, and the
/// next when that one is lost, busy, or has not answered within [#ATTEMPT_MS]: a signature that was
/// never seen costs nobody anything. The last of them may take all the time that is left.
///
/// @param links the members
/// @param keyring whose key it is
/// @param privateKey its serial
/// @param certificate SHA-256 of its certificate: a serial outlives the key that is replaced
record KeyHolders(Links links, String keyring, KeySerial privateKey, String certificate)
    implements RemoteSigningKey.Holder {
  /// How long all attempts together may take.
  static final int TIMEOUT_MS = 5_000;

  /// How long one of several members may take.
  static final int ATTEMPT_MS = 1_000;

  private static final long MILLI_NANOS = 1_000_000;

  @Override
  public byte[] sign(SignatureScheme scheme, byte[] content, KeyPurpose purpose)
      throws KeyElsewhereException {
    long deadlineNanos = System.nanoTime() + TIMEOUT_MS * MILLI_NANOS;
    Set<MemberLink> tried = new HashSet<>();
    ByteBuf wrapped = Unpooled.wrappedBuffer(content);
    Cause cause = Cause.UNREACHABLE;
    while (true) {
      if (deadlineNanos - System.nanoTime() <= 0) {
        throw late();
      }
      Optional<MemberLink> holder = links.leastLoaded(keyring, tried);
      if (holder.isEmpty()) {
        throw none(cause);
      }
      tried.add(holder.get());
      CompletableFuture<Optional<LinkFrame>> asked =
          holder
              .get()
              .request(id ->
                  new LinkFrame.Sign(
                      id, keyring, privateKey, certificate, scheme, purpose, wrapped));
      Optional<LinkFrame> answer = await(asked, untilNanos(deadlineNanos, tried));
      links.stat().signature(holder.get().member(), result(answer.orElse(null)));
      switch (answer.orElse(null)) {
        case LinkFrame.Signature(_, ByteBuf signature) -> {
          return ByteBufUtil.getBytes(signature);
        }
        case LinkFrame.Refused(_, Cause why, String detail) when why == Cause.REFUSED ->
            throw new KeyElsewhereException(
                why, "member " + holder.get().member() + " does not sign: " + detail);
        case LinkFrame.Refused(_, Cause why, _) -> cause = why;
        case null -> {}
        case LinkFrame other -> FrameCodec.discard(other);
      }
    }
  }

  private static ServiceStat.Result result(@Nullable LinkFrame answer) {
    return switch (answer) {
      case LinkFrame.Signature _ -> ServiceStat.Result.SIGNED;
      case LinkFrame.Refused _ -> ServiceStat.Result.REFUSED;
      case null, default -> ServiceStat.Result.LOST;
    };
  }

  private KeyElsewhereException late() {
    return new KeyElsewhereException(
        Cause.UNREACHABLE, "no signature of keyring " + keyring + " within " + TIMEOUT_MS + " ms");
  }

  private KeyElsewhereException none(Cause cause) {
    String detail =
        switch (cause) {
          case BUSY -> "every member that holds the key of keyring " + keyring + " is busy";
          case UNREACHABLE, REFUSED ->
              "no member that holds the key of keyring " + keyring + " can be reached";
        };
    return new KeyElsewhereException(cause, detail);
  }

  private long untilNanos(long deadlineNanos, Set<MemberLink> tried) {
    long attemptNanos = System.nanoTime() + ATTEMPT_MS * MILLI_NANOS;
    boolean isLast =
        attemptNanos - deadlineNanos > 0 || links.leastLoaded(keyring, tried).isEmpty();
    return isLast ? deadlineNanos : attemptNanos;
  }

  /// The answer; empty when there will be none in time. What comes later is discarded.
  private static Optional<LinkFrame> await(
      CompletableFuture<Optional<LinkFrame>> asked, long untilNanos) throws KeyElsewhereException {
    try {
      return asked.get(Math.max(1, untilNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      // It may have come this very moment.
      return asked.cancel(false) ? Optional.empty() : asked.join();
    } catch (InterruptedException _) {
      if (!asked.cancel(false)) {
        asked.join().ifPresent(FrameCodec::discard);
      }
      Thread.currentThread().interrupt();
      throw new KeyElsewhereException(Cause.UNREACHABLE, "the agent stops");
    } catch (ExecutionException e) {
      throw new IllegalStateException("an answer that failed", e);
    }
  }
}
