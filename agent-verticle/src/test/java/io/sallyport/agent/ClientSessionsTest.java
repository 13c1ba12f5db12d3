package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.SecretBytes;
import io.sallyport.testing.LeakCheck;
import io.sallyport.ticket.TestClock;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The leak check finds sessions that nobody wiped.
@ExtendWith(LeakCheck.class)
class ClientSessionsTest {
  private static final long NEVER = Long.MAX_VALUE;

  @TempDir private Path folder;

  private final LocalKeyringStore store = new LocalKeyringStore();
  private final ClientSessions sessions = new ClientSessions(new TestClock());

  @SuppressWarnings("NullAway.Init")
  private Keyring keyring;

  @BeforeEach
  void makeKeyring() {
    TestFiles files = new TestFiles(folder);
    files.certificate("site", "ec:P-256", "");
    store.put(files.keyring(store, "web", "site"));
    keyring = store.acquire("web").orElseThrow();
  }

  @AfterEach
  void wipe() {
    sessions.close();
    keyring.release();
    store.close();
  }

  private ClientSessions.Scope scope(String host) {
    HandshakeRequest request =
        new HandshakeRequest(
            HandshakeKind.CLIENT_HELLO_X509,
            host,
            "web",
            KeySerial.NONE,
            KeySerial.NONE,
            List.of(),
            TlsPolicy.DEFAULT,
            "test",
            "");
    return sessions.scope(request, keyring);
  }

  private static ClientSession session(SecretBytes secret, byte ticket) {
    return new ClientSession(
        Suite.TLS_AES_128_GCM_SHA256, secret, new byte[] {ticket}, 0, 0, NEVER, null);
  }

  private static void assertIsWiped(SecretBytes secret) {
    assertThatThrownBy(secret::reveal).isInstanceOf(KtlsException.class);
  }

  @Test
  void theNewestIsTakenFirstAndTheOldestMakesRoom() {
    SecretBytes oldest = SecretBytes.wiping(new byte[32]);
    sessions.put(scope("a.example"), session(oldest, (byte) 0));
    for (byte i = 1; i <= ClientSessions.SESSIONS_MAX; i++) {
      sessions.put(scope("a.example"), session(SecretBytes.wiping(new byte[32]), i));
    }
    assertIsWiped(oldest);
    for (byte i = ClientSessions.SESSIONS_MAX; i > 0; i--) {
      try (ClientSession taken = sessions.take(scope("a.example"))) {
        assertThat(taken).isNotNull();
        assertThat(taken.ticket()).containsExactly(i);
      }
    }
    assertThat(sessions.take(scope("a.example"))).isNull();
  }

  @Test
  void theServerUsedLongestAgoMakesRoom() {
    SecretBytes first = SecretBytes.wiping(new byte[32]);
    sessions.put(scope("0.example"), session(first, (byte) 0));
    for (int i = 1; i <= ClientSessions.SERVERS_MAX; i++) {
      sessions.put(scope(i + ".example"), session(SecretBytes.wiping(new byte[32]), (byte) 1));
    }
    assertIsWiped(first);
    assertThat(sessions.take(scope("0.example"))).isNull();
  }

  @Test
  void aStopWipesWhatThereIs() {
    SecretBytes secret = SecretBytes.wiping(new byte[32]);
    sessions.put(scope("a.example"), session(secret, (byte) 0));
    sessions.close();
    assertIsWiped(secret);
  }

  /// The connection goes on when the agent has stopped, and its tickets may come at any time.
  @Test
  void aTicketThatComesAfterTheStopIsWipedAtOnce() {
    ClientSessions.Scope before = scope("a.example");
    sessions.close();
    SecretBytes late = SecretBytes.wiping(new byte[32]);
    sessions.put(before, session(late, (byte) 0));
    assertIsWiped(late);
    assertThat(sessions.take(scope("a.example"))).isNull();
  }

  @Test
  void theNextStartKeepsSessionsAgain() {
    sessions.close();
    sessions.put(scope("a.example"), session(SecretBytes.wiping(new byte[32]), (byte) 0));
    try (ClientSession taken = sessions.take(scope("a.example"))) {
      assertThat(taken).isNotNull();
    }
  }
}
