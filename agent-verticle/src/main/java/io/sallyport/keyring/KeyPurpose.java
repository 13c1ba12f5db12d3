package io.sallyport.keyring;

/// What a private key is used for, as whoever holds it must know it: for the audit, and to decide.
///
/// @param consumer who needs the session: the name of a listener or backend
/// @param serverName the host name that the handshake is about; empty when there is none
public record KeyPurpose(String consumer, String serverName) {}
