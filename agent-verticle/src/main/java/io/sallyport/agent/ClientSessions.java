package io.sallyport.agent;

import io.sallyport.handshake.HandshakeKind;
import io.sallyport.handshake.HandshakeRequest;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.KeySerial;
import io.sallyport.keyring.Keyring;
import io.sallyport.ktls.TlsVersion;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The sessions that the clients of this agent may take up again.
///
/// A session is good only for a request like the one it came of: same server, same keyring with the
/// same trust anchors, same certificate to show, same policy. Bounded: [#SERVERS_MAX] of those, the
/// one used longest ago is forgotten first, and [#SESSIONS_MAX] sessions each. Any thread.
/// [#close()] wipes them all, and also what comes later of a handshake from before it: tickets
/// follow as long as there is a connection, and nobody would wipe them.
final class ClientSessions implements AutoCloseable {
  /// Different requests that are remembered.
  static final int SERVERS_MAX = 1024;

  /// Sessions of one kind of request.
  static final int SESSIONS_MAX = 4;

  /// What a session is good for.
  ///
  /// @param run which run of the agent it belongs to
  /// @param trust digest of the trust anchors that the server was verified with
  /// @param identities serials of the certificates that there are to show
  record Scope(
      int run,
      HandshakeKind kind,
      String keyring,
      String trust,
      String identities,
      @Nullable String peername,
      KeySerial myCert,
      TlsPolicy policy) {
    private static Scope of(int run, HandshakeRequest request, Keyring keyring) {
      return new Scope(
          run,
          request.kind(),
          keyring.name(),
          keyring.serverTrust().map(set -> HexFormat.of().formatHex(set.digest())).orElse(""),
          serials(keyring),
          request.peername(),
          request.myCert(),
          request.policy());
    }

    /// Serials do not come twice, so they name the certificates.
    private static String serials(Keyring keyring) {
      return keyring.certificates().stream()
          .map(key -> key.certificate().toString())
          .collect(Collectors.joining());
    }
  }

  private final InstantSource clock;
  private final LinkedHashMap<Scope, Deque<ClientSession>> sessions =
      new LinkedHashMap<>(16, 0.75f, true);

  /// Counts the calls of [#close()].
  private int run;

  ClientSessions(InstantSource clock) {
    this.clock = clock;
  }

  /// What the sessions of a handshake that begins now are good for.
  Scope scope(HandshakeRequest request, Keyring keyring) {
    int current;
    synchronized (this) {
      current = run;
    }
    return Scope.of(current, request, keyring);
  }

  /// A session to offer, the newest first; the caller closes it. Null when there is none.
  ///
  /// One of TLS 1.3 is forgotten with that, so that nobody can link two connections by it (RFC 9846
  /// §C.4); a ticket of TLS 1.2 serves again.
  synchronized @Nullable ClientSession take(Scope scope) {
    Deque<ClientSession> held = sessions.get(scope);
    if (held == null) {
      return null;
    }
    long now = clock.millis();
    while (!held.isEmpty()) {
      ClientSession newest = held.removeLast();
      if (newest.expiresMs() <= now) {
        newest.close();
      } else if (newest.suite().version() == TlsVersion.TLS_1_3) {
        return newest;
      } else {
        held.addLast(newest);
        return newest.copy();
      }
    }
    sessions.remove(scope);
    return null;
  }

  /// A handshake with this session failed: it is not offered again (RFC 5246 §7.2.2).
  synchronized void forget(Scope scope, ClientSession session) {
    Deque<ClientSession> held = sessions.get(scope);
    if (held != null) {
      held.removeIf(candidate -> {
        boolean isSame = candidate.isOf(session);
        if (isSame) {
          candidate.close();
        }
        return isSame;
      });
    }
  }

  /// Takes ownership.
  synchronized void put(Scope scope, ClientSession session) {
    if (scope.run() != run) {
      session.close();
      return;
    }
    Deque<ClientSession> held = sessions.computeIfAbsent(scope, _ -> new ArrayDeque<>());
    held.addLast(session);
    if (held.size() > SESSIONS_MAX) {
      held.removeFirst().close();
    }
    if (sessions.size() > SERVERS_MAX) {
      sessions.pollFirstEntry().getValue().forEach(ClientSession::close);
    }
  }

  /// Time in milliseconds of the epoch, by which sessions expire.
  long nowMs() {
    return clock.millis();
  }

  @Override
  public synchronized void close() {
    sessions.values().forEach(held -> held.forEach(ClientSession::close));
    sessions.clear();
    run++;
  }
}
