package io.sallyport.agent;

import io.sallyport.handshake.FailureReason;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.ExtensionType;
import org.jspecify.annotations.Nullable;

/// What a TLS 1.3 client must not change in its second ClientHello (RFC 9846 §4.2.2, 8446 §4.1.2).
/// Bouncy Castle does not look, and goes on with what it took from the first.
final class RetriedHello {
  /// The extensions from which a server here has drawn conclusions. Others are not compared: a
  /// client that encrypts its real ClientHello has to change the extension that carries it.
  private static final List<Integer> UNCHANGED =
      List.of(
          ExtensionType.server_name,
          ExtensionType.max_fragment_length,
          ExtensionType.status_request,
          ExtensionType.supported_groups,
          ExtensionType.signature_algorithms,
          ExtensionType.application_layer_protocol_negotiation,
          ExtensionType.record_size_limit,
          ExtensionType.supported_versions,
          ExtensionType.psk_key_exchange_modes,
          ExtensionType.signature_algorithms_cert);

  private RetriedHello() {}

  /// @throws Refusal illegal_parameter when the second says something else than the first
  static void requireSame(
      org.bouncycastle.tls.ClientHello first, org.bouncycastle.tls.ClientHello second)
      throws Refusal {
    require(first.getVersion().equals(second.getVersion()), "its version");
    require(Arrays.equals(first.getRandom(), second.getRandom()), "its random");
    require(Arrays.equals(first.getSessionID(), second.getSessionID()), "its session id");
    require(Arrays.equals(first.getCipherSuites(), second.getCipherSuites()), "its cipher suites");
    for (int type : UNCHANGED) {
      require(
          Arrays.equals(extension(first, type), extension(second, type)),
          "its " + ExtensionType.getName(type));
    }
    require(extension(second, ExtensionType.early_data) == null, "nothing about its early data");
  }

  /// A client of TLS 1.3 must not offer compression (RFC 9846 §4.2.2, 8446 §4.1.2).
  ///
  /// @param hello its first ClientHello; null when that could not be read
  /// @throws Refusal illegal_parameter when it does
  static void requireNoCompression(@Nullable ClientHello hello) throws Refusal {
    if (hello != null && !hello.compressionMethods().equals(List.of(0))) {
      throw refusal("client offers compression with TLS 1.3");
    }
  }

  private static byte @Nullable [] extension(org.bouncycastle.tls.ClientHello hello, int type) {
    Hashtable<?, ?> extensions = hello.getExtensions();
    return extensions == null ? null : (byte[]) extensions.get(type);
  }

  private static void require(boolean condition, String what) throws Refusal {
    if (!condition) {
      throw refusal("client changed " + what + " after a HelloRetryRequest");
    }
  }

  private static Refusal refusal(String detail) {
    return new Refusal(AlertDescription.illegal_parameter, FailureReason.ILLEGAL_PARAMETER, detail);
  }
}
