package io.sallyport.link;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.HandshakeService;
import io.sallyport.handshake.HandshakeSubmit;

/// Has each handshake of a member done where it can be: here, where this member can open the
/// keyring or others sign for it; at another member, where handshakes are relayed, where they need
/// a pre-shared key, or where the agent here has too much to do and another one may be asked.
///
/// A keyring that is in the cluster and was not granted to this member is an accepted request that
/// is denied ([FailureReason#KEYRING_NOT_GRANTED]), so that the operator hears of it.
final class MemberHandshakes implements HandshakeService {
  private final HandshakeService here;
  private final MemberKeyrings keyrings;
  private final Links links;
  private final LinkDialer dialer;

  MemberHandshakes(HandshakeService here, MemberKeyrings keyrings, Links links, LinkDialer dialer) {
    this.here = here;
    this.keyrings = keyrings;
    this.links = links;
    this.dialer = dialer;
  }

  @Override
  public Submission submit(HandshakeRequest request, Answers answers) {
    String keyring = request.keyring();
    if (keyrings.opens(keyring)) {
      return spilling(request, answers);
    }
    return switch (links.access(keyring)) {
      case RELAY -> relay(request, answers);
      case SIGN ->
          request.kind().isPsk()
              ? relay(request, answers)
              : here(ServiceStat.Mode.SIGN, request, answers);
      case DENIED -> deny(keyring, answers);
      // A view may be here all the same; its holders are asked again.
      case NONE -> here(ServiceStat.Mode.SIGN, request, answers);
    };
  }

  private Submission spilling(HandshakeRequest request, Answers answers) {
    Submission submission = here(ServiceStat.Mode.LOCAL, request, answers);
    boolean isFull =
        submission instanceof Submission.Refused(HandshakeSubmit why)
            && why == HandshakeSubmit.EAGAIN;
    Links.Access others = isFull ? links.access(request.keyring()) : Links.Access.NONE;
    return switch (others) {
      case SIGN, RELAY -> relay(request, answers);
      case NONE, DENIED -> submission;
    };
  }

  private Submission here(ServiceStat.Mode mode, HandshakeRequest request, Answers answers) {
    ServiceStat stat = links.stat();
    Submission submission =
        here.submit(
            request,
            answer -> {
              stat.answered(mode, answer);
              answers.answer(answer);
            });
    if (submission instanceof Submission.Accepted) {
      stat.begun(mode);
    }
    return submission;
  }

  private Submission relay(HandshakeRequest request, Answers answers) {
    if (!RequestForm.fits(request)) {
      String detail =
          "a handshake cannot be relayed with more than " + FrameReader.LIST_MAX + " client names";
      return refuse(FailureReason.KEYRING_UNUSABLE, detail, answers);
    }
    RelayedExchange exchange = new RelayedExchange(dialer, links, keyrings, request, answers);
    return exchange.start()
        ? new Submission.Accepted(exchange)
        : new Submission.Refused(HandshakeSubmit.ESRCH);
  }

  private Submission deny(String keyring, Answers answers) {
    String detail =
        "member "
            + dialer.ownName()
            + " is not granted keyring "
            + keyring
            + "; grant it with"
            + " \"sallyport keys grant "
            + keyring
            + " "
            + dialer.ownName()
            + "\"";
    return refuse(FailureReason.KEYRING_NOT_GRANTED, detail, answers);
  }

  private static Submission refuse(FailureReason reason, String detail, Answers answers) {
    answers.answer(
        new HandshakeAnswer.Refused(
            Unpooled.EMPTY_BUFFER, new HandshakeOutcome.Failed(reason, detail)));
    return new Submission.Accepted(new Denied());
  }

  /// Was answered before it was accepted.
  private static final class Denied implements Exchange {
    @Override
    public void received(ByteBuf bytes) {
      bytes.release();
    }

    @Override
    public void cancel() {}
  }
}
