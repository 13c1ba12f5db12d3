package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.HandshakeAnswer;
import io.sallyport.handshake.HandshakeOutcome;
import io.sallyport.handshake.PeerFacts;
import org.junit.jupiter.api.Test;

final class ServiceStatTest {
  private final ServiceStat stat = new ServiceStat();

  @Test
  void countsByWayMemberAndResult() {
    stat.begun(ServiceStat.Mode.SIGN);
    stat.signature("member-1", ServiceStat.Result.LOST);
    stat.signature("member-2", ServiceStat.Result.SIGNED);
    stat.answered(
        ServiceStat.Mode.SIGN,
        new HandshakeAnswer.Refused(
            Unpooled.EMPTY_BUFFER,
            new HandshakeOutcome.Failed(FailureReason.AGENT_LOST, "no member")));
    stat.relayed("edge.example.com", ServiceStat.Result.BEGUN);
    stat.relayed("edge.example.com", ServiceStat.Result.ESTABLISHED);

    assertThat(stat.values())
        .containsOnlyKeys(
            "sign.begun",
            "sign.failed",
            "signatures.member-1.lost",
            "signatures.member-2.signed",
            "relay.edge/example/com.begun",
            "relay.edge/example/com.established")
        .allSatisfy((_, count) -> assertThat(count).isEqualTo(1));
  }

  @Test
  void aDemandForMoreIsNoEnd() {
    stat.answered(
        ServiceStat.Mode.LOCAL,
        new HandshakeAnswer.NeedInput(Unpooled.EMPTY_BUFFER, () -> PeerFacts.NONE));

    assertThat(stat.values()).isEmpty();
  }

  @Test
  void membersBeyondTheBoundCountAsOne() {
    for (int i = 0; i < 100; i++) {
      stat.relayed("member-" + i, ServiceStat.Result.BEGUN);
    }

    assertThat(stat.values()).hasSize(65).containsEntry("relay.(others).begun", 36L);
  }
}
