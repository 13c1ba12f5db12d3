package io.sallyport.agent;

import io.sallyport.handshake.ClientAuth.Mode;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.Group;
import io.sallyport.ktls.TlsVersion;
import java.util.ArrayList;
import java.util.List;

/// The rows of the matrix in which the agent is the client.
final class ClientCases {
  private static final List<MatrixPeer> PEERS =
      List.of(
          MatrixPeer.OPENSSL,
          MatrixPeer.GNUTLS,
          MatrixPeer.PYTHON,
          MatrixPeer.NODE,
          MatrixPeer.JDK);

  private final List<MatrixCase> cases = new ArrayList<>();

  List<MatrixCase> all() {
    for (MatrixPeer peer : PEERS) {
      versions(peer);
      suites(peer);
      groups(peer);
      certificates(peer);
      clientAuth(peer);
      alpn(peer);
      verification(peer);
    }
    psks();
    versionTricks();
    hybrid();
    gcmWithPsk();
    twoPsks();
    resumptions();
    return cases;
  }

  private MatrixCase add(MatrixPeer peer) {
    MatrixCase one = new MatrixCase(MatrixCase.Role.CLIENT, peer);
    cases.add(one);
    return one;
  }

  private void versions(MatrixPeer peer) {
    add(peer).extra("defaults");
    add(peer).version(TlsVersion.TLS_1_2);
    add(peer).version(TlsVersion.TLS_1_3);
    add(peer)
        .policyVersions(TlsVersion.TLS_1_2, TlsVersion.TLS_1_2)
        .expects(TlsVersion.TLS_1_2)
        .extra("we speak TLS 1.2 only");
    add(peer)
        .policyVersions(TlsVersion.TLS_1_3, TlsVersion.TLS_1_3)
        .version(TlsVersion.TLS_1_2)
        .extra("we speak TLS 1.3 only")
        .fails(FailureReason.PEER_ALERT);
  }

  private void suites(MatrixPeer peer) {
    if (peer != MatrixPeer.PYTHON) {
      ServerCases.SUITES_13.forEach(suite -> add(peer).suite(suite));
    }
    ServerCases.SUITES_12.forEach(suite -> add(peer).suite(suite));
  }

  /// This side sends shares for the hybrid group and X25519: any other costs a HelloRetryRequest.
  private void groups(MatrixPeer peer) {
    for (String group : ServerCases.GROUPS) {
      add(peer).version(TlsVersion.TLS_1_2).certificate("rsa").groups(group, group);
      MatrixCase one = add(peer).version(TlsVersion.TLS_1_3).groups(group, group);
      if (!group.equals("x25519")) {
        one.extra("HelloRetryRequest");
      }
    }
  }

  private void certificates(MatrixPeer peer) {
    for (TlsVersion version : TlsVersion.values()) {
      for (String certificate : ServerCases.CERTIFICATES) {
        for (Mode mode : List.of(Mode.NONE, Mode.REQUIRED)) {
          String presented = mode == Mode.NONE ? null : "client";
          add(peer).version(version).certificate(certificate).clientAuth(mode, presented);
        }
      }
    }
  }

  private void clientAuth(MatrixPeer peer) {
    for (TlsVersion version : TlsVersion.values()) {
      boolean is13 = version == TlsVersion.TLS_1_3;
      add(peer).version(version).clientAuth(Mode.OPTIONAL, null);
      add(peer).version(version).clientAuth(Mode.OPTIONAL, "client");
      add(peer).version(version).clientAuth(Mode.REQUIRED, "client-rsa");
      refusedByPeer(add(peer).version(version).clientAuth(Mode.REQUIRED, null), is13, 116);
      for (String presented : List.of("stranger", "expired")) {
        MatrixCase one = add(peer).version(version).clientAuth(Mode.REQUIRED, presented);
        switch (peer) {
          case GNUTLS -> refusedByPeer(one, is13, 49, 42);
          case JDK -> refusedByPeer(one, is13, 46);
          // It only closes the connection.
          case NODE -> {
            if (is13) {
              one.refusedLater();
            } else {
              one.fails(FailureReason.PEER_CLOSED);
            }
          }
          default -> refusedByPeer(one, is13, presented.equals("stranger") ? 48 : 45);
        }
      }
    }
  }

  /// In TLS 1.3 this side is done before the server has seen the certificate.
  private static void refusedByPeer(MatrixCase one, boolean is13, Integer... alerts) {
    if (is13) {
      one.refusedLater(alerts);
    } else {
      one.fails(FailureReason.PEER_ALERT);
    }
  }

  private void alpn(MatrixPeer peer) {
    for (TlsVersion version : TlsVersion.values()) {
      add(peer)
          .version(version)
          .alpn(List.of("http/1.1"), List.of("h2", "http/1.1"), "http/1.1")
          .extra("ALPN matches");
      MatrixCase none =
          add(peer)
              .version(version)
              .alpn(List.of("other"), List.of("http/1.1"), null)
              .extra("ALPN without overlap");
      // Python goes on without one.
      if (peer != MatrixPeer.PYTHON) {
        none.fails(FailureReason.PEER_ALERT);
      }
    }
  }

  private void verification(MatrixPeer peer) {
    for (TlsVersion version : TlsVersion.values()) {
      add(peer).version(version).name("any.wild.example").extra("wildcard");
      add(peer).version(version).name("127.0.0.1").extra("IP address");
      add(peer)
          .version(version)
          .name("wrong.example")
          .extra("wrong host")
          .refused(FailureReason.CERTIFICATE_WRONG_HOST, 46)
          .saysNothingOfIt(peer == MatrixPeer.GNUTLS);
      add(peer)
          .version(version)
          .name("127.0.0.2")
          .extra("wrong IP address")
          .refused(FailureReason.CERTIFICATE_WRONG_HOST, 46)
          .saysNothingOfIt(peer == MatrixPeer.GNUTLS);
      add(peer)
          .version(version)
          .keyring("distrusting")
          .extra("untrusted")
          .refused(FailureReason.CERTIFICATE_UNKNOWN_CA, 48)
          .saysNothingOfIt(peer == MatrixPeer.GNUTLS);
      add(peer)
          .version(version)
          .certificate("expired")
          .extra("expired")
          .refused(FailureReason.CERTIFICATE_EXPIRED, 45)
          .saysNothingOfIt(peer == MatrixPeer.GNUTLS);
      add(peer).version(version).certificate("stranger").anonymous().extra("anonymous");
      add(peer)
          .version(version)
          .clientAuth(Mode.REQUIRED, null)
          .keyring("as-client")
          .certificate("both")
          .extra("own certificate by the server's demand");
    }
  }

  private void psks() {
    for (MatrixPeer peer : List.of(MatrixPeer.OPENSSL, MatrixPeer.GNUTLS, MatrixPeer.NODE)) {
      for (String suite :
          List.of("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256")) {
        add(peer).suite(suite).psk(MatrixKeys.KNOWN, MatrixKeys.KNOWN).extra("known identity");
        add(peer)
            .suite(suite)
            .psk(MatrixKeys.KNOWN, MatrixKeys.UNKNOWN)
            .extra("unknown identity")
            // The others hide whether the identity or the secret is wrong.
            .fails(
                peer == MatrixPeer.NODE && suite.contains("_WITH_")
                    ? FailureReason.PSK_REJECTED_BY_PEER
                    : FailureReason.PEER_ALERT);
        add(peer)
            .suite(suite)
            .psk(MatrixKeys.DIFFERENT, MatrixKeys.DIFFERENT)
            .extra("wrong secret")
            .fails(FailureReason.PEER_ALERT);
      }
    }
  }

  /// GnuTLS takes the first, known or not.
  private void twoPsks() {
    for (MatrixPeer peer : List.of(MatrixPeer.OPENSSL, MatrixPeer.NODE)) {
      add(peer)
          .version(TlsVersion.TLS_1_3)
          .psk(MatrixKeys.KNOWN, MatrixKeys.UNKNOWN)
          .alsoOffers(MatrixKeys.KNOWN)
          .extra("known identity behind an unknown one");
    }
  }

  private void resumptions() {
    for (MatrixPeer peer : PEERS) {
      for (TlsVersion version : TlsVersion.values()) {
        resumed(peer, version, "");
        resumed(peer, version, "")
            .clientAuth(Mode.REQUIRED, "client")
            .alpn(List.of("http/1.1"), List.of("http/1.1"), "http/1.1");
      }
      MatrixCase retried =
          resumed(peer, TlsVersion.TLS_1_3, " after HelloRetryRequest")
              .groups("secp384r1", "secp384r1");
      if (peer == MatrixPeer.OPENSSL) {
        retried.with("-msg").says(ServerCases.TWO_SERVER_HELLOS_THREE_TIMES);
      }
    }
  }

  /// Under a name of its own: sessions are held by the name of the server, and other cases run
  /// meanwhile.
  private MatrixCase resumed(MatrixPeer peer, TlsVersion version, String after) {
    return add(peer)
        .name("resumed-%d.wild.example".formatted(cases.size()))
        .version(version)
        .resumes(2)
        .extra("resumed twice" + after);
  }

  private void gcmWithPsk() {
    for (String suite : ServerCases.PSK_GCM) {
      add(MatrixPeer.BOUNCY_CASTLE)
          .suite(suite)
          .psk(MatrixKeys.KNOWN, MatrixKeys.KNOWN)
          .extra("known identity");
    }
  }

  private void versionTricks() {
    add(MatrixPeer.GNUTLS)
        .version(TlsVersion.TLS_1_2)
        .priority(":%NO_SESSION_HASH")
        .extra("no extended master secret");
    add(MatrixPeer.GNUTLS)
        .version(TlsVersion.TLS_1_2)
        .priority(":%DISABLE_SAFE_RENEGOTIATION")
        .extra("no renegotiation_info")
        .refused(FailureReason.NO_SECURE_RENEGOTIATION, 40)
        .saysNothingOfIt(true);
    add(MatrixPeer.OPENSSL)
        .with("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        .extra("TLS 1.1 only")
        .fails(FailureReason.PEER_ALERT);
  }

  private void hybrid() {
    String hybrid = Group.X25519MLKEM768.toString();
    add(MatrixPeer.HYBRID).groups(hybrid, hybrid);
    add(MatrixPeer.HYBRID)
        .groups(hybrid, hybrid)
        .policyGroups(Group.P256, Group.X25519, Group.X25519MLKEM768)
        .extra("HelloRetryRequest");
  }
}
