package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.KtlsErrno.EIO;
import static io.sallyport.ktls.RecvFlag.PEEK;
import static io.sallyport.ktls.RecvFlag.WAITALL;
import static io.sallyport.ktls.conformance.Calls.message;
import static io.sallyport.ktls.conformance.Calls.recv;
import static io.sallyport.ktls.conformance.Calls.recvCmsg;
import static io.sallyport.ktls.conformance.Calls.recvError;
import static io.sallyport.ktls.conformance.Calls.send;
import static io.sallyport.ktls.conformance.Calls.sendCmsg;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// The kernel's fixture `tls`: control records.
@EveryVariant
@SuppressWarnings("MemberName") // The names are the kernel's.
class TlsControlTest extends TlsFixture {
  private static final int RECORD_TYPE = 100;

  TlsControlTest(Variant variant) {
    super(variant);
  }

  @Test
  void control_msg() {
    byte[] control = message(1, 10);
    assertThat(sendCmsg(fd, RECORD_TYPE, control)).isEqualTo(10);
    assertThat(recvError(cfd, 10)).isEqualTo(EIO);
    assertThat(recvCmsg(cfd, RECORD_TYPE, 10, WAITALL, PEEK)).isEqualTo(control);
    assertThat(recvCmsg(cfd, RECORD_TYPE, 10, WAITALL)).isEqualTo(control);
  }

  @Test
  void control_msg_nomerge() {
    byte[] first = message(1, 10);
    byte[] second = message(2, 10);
    assertThat(sendCmsg(fd, RECORD_TYPE, first)).isEqualTo(10);
    assertThat(sendCmsg(fd, RECORD_TYPE, second)).isEqualTo(10);
    assertThat(recvCmsg(cfd, RECORD_TYPE, 20, PEEK)).isEqualTo(first);
    assertThat(recvCmsg(cfd, RECORD_TYPE, 20, PEEK)).isEqualTo(first);
    assertThat(recvCmsg(cfd, RECORD_TYPE, 20)).isEqualTo(first);
    assertThat(recvCmsg(cfd, RECORD_TYPE, 20)).isEqualTo(second);
  }

  @Test
  void data_control_data() {
    byte[] first = message(1, 10);
    assertThat(send(fd, first)).isEqualTo(10);
    assertThat(sendCmsg(fd, RECORD_TYPE, message(2, 10))).isEqualTo(10);
    assertThat(send(fd, message(3, 10))).isEqualTo(10);
    assertThat(recv(cfd, 30, PEEK)).isEqualTo(first);
    assertThat(recv(cfd, 30, PEEK)).isEqualTo(first);
  }
}
