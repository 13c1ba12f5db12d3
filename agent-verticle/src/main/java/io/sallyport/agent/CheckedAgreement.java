package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import java.io.IOException;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.crypto.TlsAgreement;
import org.bouncycastle.tls.crypto.TlsSecret;

/// Bouncy Castle's agreement on a curve, with the checks of TLS 1.3 that it leaves out (RFC 9846
/// §4.3.8 and §7.4.2, 8446 §4.2.8 and §7.4.2): a point is uncompressed, and an X25519 secret that
/// is all zero is the peer's illegal parameter.
final class CheckedAgreement implements TlsAgreement {
  /// First byte of an uncompressed point (SEC 1 §2.3.3).
  private static final int UNCOMPRESSED = 4;

  private final JdkTlsCrypto crypto;
  private final KeyExchangeGroup group;
  private final TlsAgreement agreement;

  CheckedAgreement(JdkTlsCrypto crypto, KeyExchangeGroup group, TlsAgreement agreement) {
    this.crypto = crypto;
    this.group = group;
    this.agreement = agreement;
  }

  @Override
  public byte[] generateEphemeral() throws IOException {
    return agreement.generateEphemeral();
  }

  @Override
  public void receivePeerValue(byte[] value) throws IOException {
    // On a curve both sides send the same.
    group.requireClientShare(value);
    if (group != KeyExchangeGroup.X25519 && value[0] != UNCOMPRESSED) {
      throw invalid("not an uncompressed point");
    }
    try {
      agreement.receivePeerValue(value);
    } catch (TlsFatalAlert _) {
      throw invalid("not on the curve");
    }
  }

  @Override
  public TlsSecret calculateSecret() throws IOException {
    try {
      TlsSecret foreign = agreement.calculateSecret();
      TlsSecret secret = crypto.adoptSecret(foreign);
      foreign.destroy();
      return secret;
    } catch (TlsFatalAlert _) {
      throw invalid("it leads to no secret");
    }
  }

  private static Refusal invalid(String reason) {
    return new Refusal(
        AlertDescription.illegal_parameter,
        FailureReason.BAD_KEY_SHARE,
        "peer's key share: " + reason);
  }
}
