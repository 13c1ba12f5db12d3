package io.sallyport.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A folder with the files that the configs of the tests name.
final class ConfigFiles {
  /// Every key that there is.
  static final String FULL =
      """
      # The whole format.
      node: {name: edge-1, data-dir: ./data, event-loops: 2, drain-timeout: 45s}
      admin: {listen: 127.0.0.1:9902}
      keyrings:
        web:
          certificates:
            - {chain: site.pem, key: site.key, ocsp: site.ocsp}
            - {chain: other.pem, key: other.key}
          client-ca: clients.pem
          client-crl: clients.crl
          server-ca: system
        inside:
          server-ca: servers.pem
          server-crl: servers.crl
          psks: [{identity: edge 1, secret-file: edge.psk}]
          mode: relay
          tickets: sealed
          members: [edge-2, edge-3.internal]
      listeners:
        - name: https
          bind: 0.0.0.0:8443
          tls:
            keyring: web
            min-version: "1.2"
            max-version: 1.3
            alpn: [h2, http/1.1]
            groups: [X25519, secp256r1]
            client-auth: optional
            client-names: ["*.Clients.example", "spiffe://example.com/Client"]
            strict-sni: true
            tickets: true
            ticket-lifetime: 1h
          routes:
            - {sni: ["API.example.com", "*.api.example.com"], backend: api}
          backend: app
          timeout: {client-hs: 5s, client: 2m, client-fin: 1500ms}
          maxconn: 500
        - name: routed
          bind: "[::1]:9443"
          tls: {keyring: web}
          routes: [{sni: [other.example.com], backend: api}]
      backends:
        - name: app
          balance: roundrobin
          servers:
            - {address: 127.0.0.1:8080, weight: 3}
            - {address: App.internal:8080}
          tls:
            keyring: inside
            verify: required
            server-name: App.internal
            min-version: 1.3
            max-version: 1.3
            alpn: [http/1.1]
            groups: [x25519mlkem768]
          timeout: {connect: 1s, server: 1h}
        - name: api
          servers: [{address: "[2001:db8::7]:443"}]
      cluster:
        name: inner
        bind: 10.0.0.1:5701
        members: [10.0.0.1:5701, Edge-2.internal:5701, "[2001:db8::1]:5701"]
        quorum: 3
        backups: 2
        key-encryption-keys:
          - {file: kek}
          - {environment: SALLYPORT_KEK}
          - {credential: old.kek}
        holders: [edge-2, edge-3.internal]
        link: {bind: 10.0.0.1:7000, chain: node.pem, key: node.key, ca: cluster.pem}
      """;

  /// Nothing that could be left out. The tests replace one line of it at a time.
  static final String MINIMAL =
      """
      keyrings:
        web:
          certificates:
            - chain: site.pem
              key: site.key
      listeners:
        - name: https
          bind: 0.0.0.0:8443
          tls: {keyring: web}
          backend: app
      backends:
        - name: app
          servers:
            - address: 127.0.0.1:8080
      """;

  private static final List<String> NAMED =
      List.of(
          "site.pem",
          "site.key",
          "site.ocsp",
          "other.pem",
          "other.key",
          "clients.pem",
          "clients.crl",
          "servers.pem",
          "servers.crl",
          "edge.psk",
          "kek",
          "node.pem",
          "node.key",
          "cluster.pem");

  private final Path folder;

  ConfigFiles(Path folder) throws IOException {
    this.folder = folder;
    for (String name : NAMED) {
      Files.writeString(folder.resolve(name), "");
    }
  }

  Path path(String name) {
    return folder.resolve(name);
  }

  Path write(String text) throws IOException {
    return Files.writeString(path("s.yaml"), text);
  }

  ConfigLoader.Result parse(String text) {
    return ConfigLoader.parse(text, path("s.yaml"));
  }

  ProxyConfig loaded(String text) {
    return switch (parse(text)) {
      case ConfigLoader.Loaded(ProxyConfig config) -> config;
      case ConfigLoader.Rejected rejected ->
          throw new AssertionError(String.join("\n", messages(rejected)));
    };
  }

  /// The messages about a text, without the name of the folder that all paths begin with.
  List<String> errors(String text) {
    return messages(parse(text));
  }

  /// The messages about [#MINIMAL] with one piece replaced.
  List<String> errors(String piece, String replacement) {
    assertThat(MINIMAL).containsOnlyOnce(piece);
    return errors(MINIMAL.replace(piece, replacement));
  }

  List<String> messages(ConfigLoader.Result result) {
    return switch (result) {
      case ConfigLoader.Loaded _ -> List.of();
      case ConfigLoader.Rejected(List<ConfigError> errors) ->
          errors.stream().map(error -> error.message().replace(folder + "/", "")).toList();
    };
  }
}
