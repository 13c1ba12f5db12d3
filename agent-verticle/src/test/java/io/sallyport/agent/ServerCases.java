package io.sallyport.agent;

import io.sallyport.handshake.ClientAuth.Mode;
import io.sallyport.handshake.FailureReason;
import io.sallyport.handshake.Group;
import io.sallyport.ktls.TlsVersion;
import java.util.ArrayList;
import java.util.List;

/// The rows of the matrix in which the agent is the server.
final class ServerCases {
  static final List<MatrixPeer> PEERS =
      List.of(
          MatrixPeer.OPENSSL,
          MatrixPeer.CURL,
          MatrixPeer.GNUTLS,
          MatrixPeer.PYTHON,
          MatrixPeer.NODE,
          MatrixPeer.JDK);

  static final List<String> SUITES_13 =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");
  static final List<String> SUITES_12 =
      List.of(
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  /// RFC 8442.
  static final List<String> PSK_GCM =
      List.of("TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384");

  static final List<String> GROUPS = List.of("x25519", "secp256r1", "secp384r1", "secp521r1");
  static final List<String> CERTIFICATES = List.of("p256", "p384", "rsa", "both");

  /// The first of each two is a HelloRetryRequest.
  static final String TWO_SERVER_HELLOS_THREE_TIMES = "(?:[\\s\\S]*?, ServerHello){6}";

  private static final int GCM_12 = 24;
  private static final int ANY_13 = 17;

  private final MatrixKeys keys;
  private final List<MatrixCase> cases = new ArrayList<>();

  ServerCases(MatrixKeys keys) {
    this.keys = keys;
  }

  List<MatrixCase> all() {
    for (MatrixPeer peer : PEERS) {
      versions(peer);
      suites(peer);
      groups(peer);
      certificates(peer);
      clientAuth(peer);
      alpn(peer);
      names(peer);
    }
    retries();
    psks();
    recordSizes();
    stapling();
    versionTricks();
    earlyData();
    afterwards();
    hybrid();
    gcmWithPsk();
    resumptions();
    return cases;
  }

  private MatrixCase add(MatrixPeer peer) {
    MatrixCase one = new MatrixCase(MatrixCase.Role.SERVER, peer);
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
        .refused(FailureReason.NO_SHARED_VERSION, 70);
  }

  private void suites(MatrixPeer peer) {
    // Python cannot choose those of TLS 1.3.
    if (peer != MatrixPeer.PYTHON) {
      SUITES_13.forEach(suite -> add(peer).suite(suite));
    }
    SUITES_12.forEach(suite -> add(peer).suite(suite));
  }

  private void groups(MatrixPeer peer) {
    for (TlsVersion version : TlsVersion.values()) {
      // In TLS 1.2 the curve of an ECDSA certificate would have to be among them (RFC 8422 §5.1).
      String certificate = version == TlsVersion.TLS_1_2 ? "rsa" : "p256";
      GROUPS.forEach(
          group -> add(peer).version(version).certificate(certificate).groups(group, group));
    }
  }

  private void certificates(MatrixPeer peer) {
    for (TlsVersion version : TlsVersion.values()) {
      for (String certificate : CERTIFICATES) {
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
      add(peer)
          .version(version)
          .clientAuth(Mode.REQUIRED, null)
          .refused(FailureReason.CERTIFICATE_MISSING, is13 ? 116 : 40);
      // The JDK shows no certificate of an issuer that was not named.
      boolean shows = peer != MatrixPeer.JDK;
      MatrixCase stranger = add(peer).version(version).clientAuth(Mode.REQUIRED, "stranger");
      if (shows) {
        stranger.refused(FailureReason.CERTIFICATE_UNKNOWN_CA, 48);
      } else {
        stranger.refused(FailureReason.CERTIFICATE_MISSING, is13 ? 116 : 40);
      }
      add(peer)
          .version(version)
          .clientAuth(Mode.REQUIRED, "expired")
          .refused(FailureReason.CERTIFICATE_EXPIRED, 45)
          .saysNothingOfIt(peer == MatrixPeer.CURL);
    }
  }

  private void alpn(MatrixPeer peer) {
    for (TlsVersion version : TlsVersion.values()) {
      add(peer)
          .version(version)
          .alpn(List.of("h2", "http/1.1"), List.of("http/1.1"), "http/1.1")
          .extra("ALPN matches");
      add(peer)
          .version(version)
          .alpn(List.of("other"), List.of("http/1.1"), null)
          .extra("ALPN without overlap")
          .refused(FailureReason.NO_SHARED_APPLICATION_PROTOCOL, 120);
    }
  }

  private void names(MatrixPeer peer) {
    add(peer).name("any.wild.example").extra("SNI of a wildcard").strictSni();
    add(peer).extra("strict SNI, exact").strictSni();
    add(peer)
        .name("unknown.example")
        .extra("strict SNI, unknown")
        .strictSni()
        .refused(FailureReason.UNKNOWN_SERVER_NAME, 112);
  }

  /// The client's share is for another group than the server's only one.
  private void retries() {
    for (MatrixPeer peer : PEERS) {
      if (peer != MatrixPeer.PYTHON) { // It can be told of one group only.
        add(peer)
            .version(TlsVersion.TLS_1_3)
            .groups("secp384r1", "secp256r1", "secp384r1")
            .policyGroups(Group.P384)
            .extra("HelloRetryRequest");
      }
    }
    for (String group : GROUPS) {
      add(MatrixPeer.OPENSSL)
          .version(TlsVersion.TLS_1_3)
          .groups(group, "x448", group)
          .messages()
          .says("ServerHello[\\s\\S]*ClientHello")
          .extra("HelloRetryRequest");
    }
    add(MatrixPeer.OPENSSL)
        .groups("secp521r1", "secp521r1")
        .policyGroups(Group.P384)
        .extra("no shared group")
        .refused(FailureReason.NO_SHARED_GROUP, 40);
  }

  private void psks() {
    for (MatrixPeer peer : List.of(MatrixPeer.OPENSSL, MatrixPeer.GNUTLS, MatrixPeer.NODE)) {
      for (String suite :
          List.of("TLS_AES_128_GCM_SHA256", "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256")) {
        // gnutls-cli crashes when it prints what was agreed, whoever the server is.
        if (peer != MatrixPeer.GNUTLS || !suite.contains("_WITH_")) {
          add(peer).suite(suite).psk(MatrixKeys.KNOWN, MatrixKeys.KNOWN).extra("known identity");
        }
        add(peer)
            .suite(suite)
            .psk(MatrixKeys.KNOWN, MatrixKeys.UNKNOWN)
            .extra("unknown identity")
            .refused(FailureReason.UNKNOWN_PSK_IDENTITY, 115);
        boolean is13 = !suite.contains("_WITH_");
        add(peer)
            .suite(suite)
            .psk(MatrixKeys.KNOWN, MatrixKeys.DIFFERENT)
            .extra("wrong secret")
            .refused(
                is13 ? FailureReason.BAD_PSK_BINDER : FailureReason.BAD_RECORD, is13 ? 51 : 20);
      }
    }
    add(MatrixPeer.OPENSSL)
        .suite("TLS_CHACHA20_POLY1305_SHA256")
        .psk(MatrixKeys.KNOWN, MatrixKeys.KNOWN)
        .with("-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256")
        .extra("known identity");
  }

  private void recordSizes() {
    for (TlsVersion version : TlsVersion.values()) {
      int overhead = version == TlsVersion.TLS_1_3 ? ANY_13 : GCM_12;
      for (int size : List.of(512, 1024, 2048, 4096)) {
        add(MatrixPeer.OPENSSL)
            .version(version)
            .with("-maxfraglen", String.valueOf(size))
            .recordMax(size + overhead)
            .payloadMax(size)
            .extra("max_fragment_length " + size);
        add(MatrixPeer.GNUTLS)
            .version(version)
            .with("--recordsize=" + size)
            .smallRequest()
            .payloadMax(size)
            .extra("record_size_limit " + size);
      }
    }
  }

  private void stapling() {
    for (TlsVersion version : TlsVersion.values()) {
      add(MatrixPeer.OPENSSL)
          .version(version)
          .keyring("stapled")
          .with("-status")
          .says("OCSP Response Status: successful")
          .extra("OCSP stapled");
      add(MatrixPeer.OPENSSL)
          .version(version)
          .with("-status")
          .says("OCSP response: no response sent")
          .extra("OCSP, nothing to staple");
      add(MatrixPeer.GNUTLS)
          .version(version)
          .keyring("stapled")
          .says("OCSP status request")
          .extra("OCSP stapled");
      add(MatrixPeer.CURL)
          .version(version)
          .keyring("stapled")
          .with("--cert-status")
          .extra("OCSP stapled");
      add(MatrixPeer.NODE)
          .version(version)
          .keyring("stapled")
          .with("ocsp=yes")
          .says("OCSP [1-9]")
          .extra("OCSP stapled");
    }
  }

  private void versionTricks() {
    add(MatrixPeer.OPENSSL)
        .version(TlsVersion.TLS_1_2)
        .says("Extended master secret: yes")
        .extra("extended master secret");
    add(MatrixPeer.GNUTLS)
        .version(TlsVersion.TLS_1_2)
        .says("extended master secret")
        .extra("extended master secret");
    add(MatrixPeer.GNUTLS)
        .version(TlsVersion.TLS_1_2)
        .priority(":%NO_SESSION_HASH")
        .extra("no extended master secret");
    add(MatrixPeer.GNUTLS)
        .version(TlsVersion.TLS_1_2)
        .priority(":%DISABLE_SAFE_RENEGOTIATION")
        .extra("no renegotiation_info")
        .refused(FailureReason.NO_SECURE_RENEGOTIATION, 40);
    add(MatrixPeer.OPENSSL)
        .version(TlsVersion.TLS_1_2)
        .with("-fallback_scsv")
        .extra("TLS_FALLBACK_SCSV")
        .refused(FailureReason.INAPPROPRIATE_FALLBACK, 86);
    add(MatrixPeer.OPENSSL)
        .with("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        .extra("TLS 1.1 only")
        .refused(FailureReason.NO_SHARED_VERSION, 70);
    add(MatrixPeer.OPENSSL)
        .version(TlsVersion.TLS_1_3)
        .messages()
        .says("<<< [^\\n]*RecordHeader[^\\n]*\\n +14 03 03 00 01")
        .extra("middlebox compatibility");
    add(MatrixPeer.OPENSSL)
        .version(TlsVersion.TLS_1_3)
        .with("-no_middlebox")
        .extra("without middlebox compatibility");
  }

  private void earlyData() {
    for (String[] groups : new String[][] {{"x25519"}, {"x448", "x25519"}}) {
      add(MatrixPeer.OPENSSL)
          .version(TlsVersion.TLS_1_3)
          .groups("x25519", groups)
          .with("-sess_in", keys.file("early.session"), "-early_data", keys.file("early"))
          .says("Early data was rejected")
          .extra("0-RTT refused" + (groups.length > 1 ? " after HelloRetryRequest" : ""));
    }
  }

  private void afterwards() {
    add(MatrixPeer.OPENSSL)
        .version(TlsVersion.TLS_1_3)
        .command("k", "KEYUPDATE")
        .extra("KeyUpdate");
    add(MatrixPeer.OPENSSL)
        .version(TlsVersion.TLS_1_3)
        .command("K", "KEYUPDATE")
        .extra("KeyUpdate, ours requested");
    add(MatrixPeer.OPENSSL)
        .version(TlsVersion.TLS_1_2)
        .command("R", "RENEGOTIATING")
        .renegotiates()
        .says("no renegotiation")
        .extra("renegotiation refused");
  }

  /// At once; in front of the client's own first choice; and after a HelloRetryRequest.
  private void hybrid() {
    String hybrid = Group.X25519MLKEM768.toString();
    add(MatrixPeer.HYBRID).name(null).groups(hybrid, hybrid);
    add(MatrixPeer.HYBRID)
        .name(null)
        .groups(hybrid, "*X25519", "*X25519MLKEM768")
        .extra("not preferred");
    add(MatrixPeer.HYBRID).name(null).groups(hybrid, "x448", hybrid).extra("HelloRetryRequest");
    add(MatrixPeer.SALLYPORT).groups(hybrid);
  }

  private void resumptions() {
    for (MatrixPeer peer : PEERS) {
      for (TlsVersion version : TlsVersion.values()) {
        resumed(peer, version, "");
        resumed(peer, version, "")
            .clientAuth(Mode.REQUIRED, "client")
            .alpn(List.of("http/1.1"), List.of("http/1.1"), "http/1.1");
      }
      if (peer != MatrixPeer.PYTHON) { // It can be told of one group only.
        resumed(peer, TlsVersion.TLS_1_3, " after HelloRetryRequest")
            .groups("secp384r1", "secp256r1", "secp384r1")
            .policyGroups(Group.P384);
      }
    }
    for (TlsVersion version : TlsVersion.values()) {
      resumed(MatrixPeer.OPENSSL, version, "")
          .with("-maxfraglen", "512")
          .recordMax(512 + (version == TlsVersion.TLS_1_3 ? ANY_13 : GCM_12))
          .payloadMax(512)
          .extra("max_fragment_length 512");
      resumed(MatrixPeer.GNUTLS, version, "")
          .with("--recordsize=512")
          .smallRequest()
          .payloadMax(512)
          .extra("record_size_limit 512");
      resumed(MatrixPeer.OPENSSL, version, "").name("any.wild.example").strictSni();
    }
    for (String suite : SUITES_13) {
      resumed(MatrixPeer.OPENSSL, TlsVersion.TLS_1_3, " after HelloRetryRequest")
          .suite(suite)
          .groups("x25519", "x448", "x25519")
          .messages()
          .says(TWO_SERVER_HELLOS_THREE_TIMES);
    }
  }

  private MatrixCase resumed(MatrixPeer peer, TlsVersion version, String after) {
    MatrixCase one = add(peer).version(version);
    if (peer == MatrixPeer.CURL && version == TlsVersion.TLS_1_2) {
      // It asks for tickets in TLS 1.3 only, and this side holds no sessions by their id.
      return one.returns(2).extra("returns twice without a ticket");
    }
    // `gnutls-cli` makes two connections, no more.
    return peer == MatrixPeer.GNUTLS
        ? one.resumes(1).extra("resumed" + after)
        : one.resumes(2).extra("resumed twice" + after);
  }

  private void gcmWithPsk() {
    for (String suite : PSK_GCM) {
      add(MatrixPeer.BOUNCY_CASTLE)
          .suite(suite)
          .psk(MatrixKeys.KNOWN, MatrixKeys.KNOWN)
          .extra("known identity");
    }
  }
}
