package io.sallyport.ktls;

import org.jspecify.annotations.Nullable;

/// What `ss -i` shows of a TLS socket (kernel: `TLS_INFO_*` of `inet_diag`).
///
/// @param version null while no key is set
/// @param cipherType null while no key is set
/// @param txConf who encrypts what is sent
/// @param rxConf who decrypts what is received
/// @param zeroCopyTx `TLS_TX_ZEROCOPY_RO`
/// @param rxNoPad `TLS_RX_EXPECT_NO_PAD`
public record SocketInfo(
    @Nullable TlsVersion version,
    @Nullable CipherType cipherType,
    Conf txConf,
    Conf rxConf,
    boolean zeroCopyTx,
    boolean rxNoPad) {

  /// Who does the records of one direction (kernel: `TLS_CONF_*`).
  public enum Conf {
    /// Nobody: bytes pass untouched.
    BASE("none"),
    /// This engine.
    SW("sw");

    private final String displayName;

    Conf(String displayName) {
      this.displayName = displayName;
    }
  }

  /// The words of `ss`.
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder("tcp-ulp-tls");
    if (version != null && cipherType != null) {
      line.append(version == TlsVersion.TLS_1_3 ? " version: 1.3" : " version: 1.2")
          .append(" cipher: ")
          .append(cipherType.displayName());
    }
    line.append(" rxconf: ")
        .append(rxConf.displayName)
        .append(" txconf: ")
        .append(txConf.displayName);
    if (zeroCopyTx) {
      line.append(" zc_ro_tx");
    }
    if (rxNoPad) {
      line.append(" no_pad_rx");
    }
    return line.toString();
  }
}
