package io.sallyport.handshake;

import io.sallyport.ktls.TlsVersion;
import org.jspecify.annotations.Nullable;

/// What a handshake agreed on. Holds nothing secret.
///
/// @param version protocol version
/// @param cipherSuite its IANA name, as `TLS_AES_128_GCM_SHA256`
/// @param group the group of the key exchange by its IANA name, as `x25519`
/// @param sni the host name that the client asked for (RFC 6066 §3), valid, in lower case and
///   without a trailing dot; null when it asked for none or for something that is no host name
/// @param alpn the application protocol (RFC 7301); null when none was negotiated
/// @param resumed whether it goes back to an earlier handshake instead of a full one
/// @param maxPayloadLength bytes of data that a record to the peer may carry: 16384 unless it asked
///   for less (RFC 8449, RFC 6066 §4)
public record Session(
    TlsVersion version,
    String cipherSuite,
    String group,
    @Nullable String sni,
    @Nullable String alpn,
    boolean resumed,
    int maxPayloadLength) {}
