package io.sallyport.agent;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.bouncycastle.tls.crypto.TlsSecret;

/// The PSK of a session ticket.
///
/// Its binder has the label `res binder` (RFC 9846 §7.1, 8446 §7.1). Bouncy Castle knows PSKs that
/// were agreed on elsewhere and writes `ext binder`, so that the early secret made of this one
/// corrects it.
final class TicketPsk extends JdkTlsSecret {
  private static final byte[] EXTERNAL = label("tls13 ext binder");
  private static final byte[] RESUMPTION = label("tls13 res binder");

  /// Behind the two bytes of length and the one of the label's length.
  private static final int LABEL_AT = 3;

  /// Takes ownership of `data`.
  TicketPsk(JdkTlsCrypto crypto, byte[] data) {
    super(crypto, data);
  }

  private static byte[] label(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  JdkTlsSecret extracted(JdkTlsCrypto crypto, byte[] secret) {
    return new EarlySecret(crypto, secret);
  }

  private static final class EarlySecret extends JdkTlsSecret {
    EarlySecret(JdkTlsCrypto crypto, byte[] data) {
      super(crypto, data);
    }

    @Override
    public synchronized TlsSecret hkdfExpand(int algorithm, byte[] info, int length) {
      return super.hkdfExpand(algorithm, corrected(info), length);
    }

    private static byte[] corrected(byte[] info) {
      int end = LABEL_AT + EXTERNAL.length;
      if (info.length < end || !Arrays.equals(info, LABEL_AT, end, EXTERNAL, 0, EXTERNAL.length)) {
        return info;
      }
      byte[] corrected = info.clone();
      System.arraycopy(RESUMPTION, 0, corrected, LABEL_AT, RESUMPTION.length);
      return corrected;
    }
  }
}
