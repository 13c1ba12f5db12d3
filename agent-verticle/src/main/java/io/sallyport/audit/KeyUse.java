package io.sallyport.audit;

import io.sallyport.keyring.KeySerial;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One use of a private or pre-shared key, or one that was refused.
///
/// Texts may come from a peer: whatever they hold, they fill no more than one line, and those that
/// are longer than [#TEXT_LENGTH_MAX] end there in an ellipsis.
///
/// @param time when the key was used
/// @param member who asked: the name in that member's certificate, or this member's own
/// @param consumer for what: `listener https`, `backend api`
/// @param keyring where the key is
/// @param key serial of the key; [KeySerial#NONE] when there was none
/// @param operation what the key did, or should have done
/// @param serverName the name that the client asked for; null for none
/// @param result what became of it
public record KeyUse(
    Instant time,
    String member,
    String consumer,
    String keyring,
    KeySerial key,
    Operation operation,
    @Nullable String serverName,
    Result result)
    implements AuditEntry {
  /// Characters of a text; no name that is valid is longer.
  public static final int TEXT_LENGTH_MAX = 255;

  public KeyUse {
    member = AuditEntry.bounded(member, TEXT_LENGTH_MAX);
    consumer = AuditEntry.bounded(consumer, TEXT_LENGTH_MAX);
    keyring = AuditEntry.bounded(keyring, TEXT_LENGTH_MAX);
    serverName = serverName == null ? null : AuditEntry.bounded(serverName, TEXT_LENGTH_MAX);
  }

  /// What a key can do in a handshake.
  public enum Operation {
    /// Signs the transcript, as server or as client (RFC 9846 §4.5.3, 8446 §4.4.3).
    TLS13_CERTIFICATE_VERIFY,
    /// Signs the server's ECDHE parameters (RFC 8422 §5.4).
    TLS12_SERVER_KEY_EXCHANGE,
    /// Signs the messages so far, as client (RFC 5246 §7.4.8).
    TLS12_CERTIFICATE_VERIFY,
    /// A pre-shared key binds a hello and enters the key schedule (RFC 9846 §4.3.11, 8446 §4.2.11).
    TLS13_PSK,
    /// A pre-shared key enters the premaster secret (RFC 5489 §2).
    TLS12_PSK;

    /// In lower case, as `tls13_certificate_verify`.
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// What became of a use.
  public sealed interface Result {}

  /// The key did it.
  public record Done() implements Result {}

  /// The key was not used, or failed.
  public record Refused(Reason reason) implements Result {}

  /// Why a use was refused.
  public enum Reason {
    /// The asking member has no grant for the keyring.
    NOT_GRANTED,
    /// There is no keyring of that name, or this member cannot open it.
    NO_KEYRING,
    /// The keyring has no key of that serial.
    NO_KEY,
    /// The key cannot do what it was asked for.
    WRONG_SCHEME,
    /// The key was asked and failed.
    FAILED;

    /// In lower case, as `not_granted`.
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
