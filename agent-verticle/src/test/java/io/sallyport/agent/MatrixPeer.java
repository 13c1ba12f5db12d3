package io.sallyport.agent;

import io.sallyport.handshake.ClientAuth;
import io.sallyport.ktls.TlsVersion;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The TLS stacks that the agent is tried against, and how each is told what to do.
enum MatrixPeer {
  OPENSSL,
  CURL,
  GNUTLS,
  PYTHON,
  NODE,
  /// Knows the hybrid group. A machine may lack it, also one of continuous integration: no package
  /// of its distribution has it.
  HYBRID,
  /// In this process.
  JDK,
  /// In this process as well, for what no peer of another family can do.
  BOUNCY_CASTLE,
  /// The agent itself, for what no other peer here can do.
  SALLYPORT;

  private static final Pattern VERSION = Pattern.compile("\\d+\\.\\d+[.\\d]*");

  /// Whether it must be there where the project is built.
  boolean isDemanded() {
    return this != HYBRID;
  }

  /// Prints its version; empty for a peer in this process.
  private List<String> versionCommand() {
    return switch (this) {
      case OPENSSL -> List.of("openssl", "version");
      case CURL -> List.of("curl", "--version");
      case GNUTLS -> List.of("gnutls-cli", "--version");
      case PYTHON ->
          List.of("python3", "-c", "import platform, ssl; print(platform.python_version())");
      case NODE -> List.of("node", "--version");
      case HYBRID -> List.of("python3", resource("matrix_hybrid.py"));
      case JDK, BOUNCY_CASTLE, SALLYPORT -> List.of();
    };
  }

  /// Its name and version; null when it is not on this machine.
  @Nullable String find() {
    String name = name().toLowerCase(Locale.ROOT).replace('_', ' ');
    if (this == JDK) {
      return name + " " + Runtime.version().feature();
    }
    if (versionCommand().isEmpty()) {
      return name;
    }
    try {
      Process process = new ProcessBuilder(versionCommand()).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      Matcher version = VERSION.matcher(output);
      return process.waitFor() == 0 && version.find() ? name + " " + version.group() : null;
    } catch (IOException _) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  /// The command of a client.
  List<String> clientCommand(MatrixCase one, MatrixKeys keys, int port) {
    List<String> command = new ArrayList<>();
    switch (this) {
      case OPENSSL -> opensslClient(command, one, keys, port);
      case CURL -> curl(command, one, keys, port);
      case GNUTLS -> gnutlsClient(command, one, keys, port);
      case PYTHON -> script(command, "python3", "matrix_peer.py", "client", one, keys);
      case NODE -> script(command, "node", "matrix_peer.js", "client", one, keys);
      case HYBRID -> script(command, "python3", "matrix_hybrid.py", "client", one, keys);
      case JDK, BOUNCY_CASTLE, SALLYPORT -> throw new IllegalArgumentException(toString());
    }
    if (this == PYTHON || this == NODE || this == HYBRID) {
      command.add("port=" + port);
    }
    command.addAll(one.arguments);
    return command;
  }

  /// The command of a server on a port of its own choice, which it prints, unless it cannot choose.
  List<String> serverCommand(MatrixCase one, MatrixKeys keys, int port) {
    List<String> command = new ArrayList<>();
    switch (this) {
      case OPENSSL -> opensslServer(command, one, keys);
      case GNUTLS -> gnutlsServer(command, one, keys, port);
      case PYTHON -> script(command, "python3", "matrix_peer.py", "server", one, keys);
      case NODE -> script(command, "node", "matrix_peer.js", "server", one, keys);
      case HYBRID -> script(command, "python3", "matrix_hybrid.py", "server", one, keys);
      case CURL, JDK, BOUNCY_CASTLE, SALLYPORT -> throw new IllegalArgumentException(toString());
    }
    command.addAll(one.arguments);
    return command;
  }

  /// A port that was free a moment ago, for a server that cannot choose; else 0.
  int choosePort() throws IOException {
    if (this != GNUTLS) {
      return 0;
    }
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /// Whether it sends a close_notify in answer to one. These two only hear ours.
  boolean saysGoodbye(MatrixCase.Role ours) {
    return ours == MatrixCase.Role.CLIENT || (this != CURL && this != GNUTLS);
  }

  /// What a server prints once it listens; the group is its port.
  String listening() {
    return switch (this) {
      case OPENSSL -> "ACCEPT 127\\.0\\.0\\.1:(\\d+)";
      case GNUTLS -> "listening on IPv4 0\\.0\\.0\\.0 port (\\d+)\\.\\.\\.done";
      default -> "PORT (\\d+)";
    };
  }

  // ---- OpenSSL.

  private static void opensslClient(
      List<String> command, MatrixCase one, MatrixKeys keys, int port) {
    command.addAll(List.of("openssl", "s_client", "-connect", "127.0.0.1:" + port));
    if (one.commands.isEmpty()) {
      command.add("-ign_eof");
    }
    if (one.messages) {
      command.addAll(List.of("-msg", "-msgfile", keys.messages(port)));
    }
    openssl(command, one);
    if (one.name == null) {
      command.add("-noservername");
    } else {
      command.addAll(List.of("-servername", one.name));
    }
    if (!one.clientAlpn.isEmpty()) {
      command.addAll(List.of("-alpn", String.join(",", one.clientAlpn)));
    }
    if (one.clientCertificate != null) {
      opensslCertificate(command, one.clientCertificate, keys);
    }
    if (one.clientIdentity == null) {
      command.addAll(List.of("-CAfile", keys.file("ca.pem"), "-verify_return_error"));
    } else {
      command.addAll(List.of("-psk_identity", one.clientIdentity));
      command.addAll(List.of("-psk", MatrixKeys.secret(one.clientIdentity)));
    }
  }

  private static void opensslServer(List<String> command, MatrixCase one, MatrixKeys keys) {
    command.addAll(List.of("openssl", "s_server", "-accept", "127.0.0.1:0", "-rev"));
    openssl(command, one);
    if (!one.serverAlpn.isEmpty()) {
      command.addAll(List.of("-alpn", String.join(",", one.serverAlpn)));
    }
    if (one.serverIdentity == null) {
      List<String> certificates = keys.certificates(one.certificate);
      command.addAll(List.of("-cert", certificates.get(0) + ".pem"));
      command.addAll(List.of("-key", certificates.get(0) + ".key"));
      if (certificates.size() > 1) {
        command.addAll(List.of("-dcert", certificates.get(1) + ".pem"));
        command.addAll(List.of("-dkey", certificates.get(1) + ".key"));
      }
    } else {
      command.addAll(List.of("-nocert", "-psk_identity", one.serverIdentity));
      command.addAll(List.of("-psk", MatrixKeys.secret(one.serverIdentity)));
    }
    if (one.clientAuth != ClientAuth.Mode.NONE) {
      command.addAll(List.of(one.clientAuth == ClientAuth.Mode.REQUIRED ? "-Verify" : "-verify"));
      command.addAll(List.of("3", "-CAfile", keys.file("ca.pem"), "-verify_return_error"));
    }
  }

  private static void opensslCertificate(List<String> command, String name, MatrixKeys keys) {
    command.addAll(List.of("-cert", keys.file(name + ".pem"), "-key", keys.file(name + ".key")));
  }

  private static void openssl(List<String> command, MatrixCase one) {
    if (one.version != null) {
      command.add(one.version == TlsVersion.TLS_1_3 ? "-tls1_3" : "-tls1_2");
    }
    if (one.suite != null) {
      command.add(one.version == TlsVersion.TLS_1_3 ? "-ciphersuites" : "-cipher");
      command.add(opensslSuite(one.suite));
    }
    if (!one.groups.isEmpty()) {
      command.addAll(List.of("-groups", opensslGroups(one)));
    }
  }

  private static String opensslGroups(MatrixCase one) {
    return one.groups.stream().map(MatrixPeer::opensslGroup).collect(Collectors.joining(":"));
  }

  private static String opensslGroup(String group) {
    return switch (group) {
      case "x25519" -> "X25519";
      case "x448" -> "X448";
      case "secp256r1" -> "P-256";
      case "secp384r1" -> "P-384";
      case "secp521r1" -> "P-521";
      default -> group;
    };
  }

  /// OpenSSL's own names, which also curl, Node and Python have.
  private static String opensslSuite(String iana) {
    return iana.contains("_WITH_")
        ? iana.replace("TLS_", "")
            .replace("_WITH", "")
            .replace("AES_", "AES")
            .replaceAll("(CHACHA20_POLY1305)_SHA256", "$1")
            .replace('_', '-')
        : iana;
  }

  private static void curl(List<String> command, MatrixCase one, MatrixKeys keys, int port) {
    String host = one.name == null ? "127.0.0.1" : one.name;
    command.addAll(List.of("curl", "-sS", "--http1.1", "--noproxy", "*", "--max-time", "15"));
    command.addAll(List.of("--cacert", keys.file("ca.pem")));
    command.addAll(List.of("--resolve", host + ":" + port + ":127.0.0.1"));
    command.addAll(List.of("--data-binary", "@" + keys.file("body")));
    if (one.version != null) {
      String version = one.version == TlsVersion.TLS_1_3 ? "1.3" : "1.2";
      command.addAll(List.of("--tlsv" + version, "--tls-max", version));
    }
    if (one.suite != null) {
      command.add(one.version == TlsVersion.TLS_1_3 ? "--tls13-ciphers" : "--ciphers");
      command.add(opensslSuite(one.suite));
    }
    if (!one.groups.isEmpty()) {
      command.addAll(List.of("--curves", opensslGroups(one)));
    }
    if (one.clientCertificate != null) {
      command.addAll(List.of("--cert", keys.file(one.clientCertificate + ".pem")));
      command.addAll(List.of("--key", keys.file(one.clientCertificate + ".key")));
    }
    if (one.clientAlpn.isEmpty()) {
      command.add("--no-alpn");
    }
    command.addAll(
        Collections.nCopies(one.connections, "https://" + host + ":" + port + "/matrix"));
  }

  // ---- GnuTLS.

  private static void gnutlsClient(
      List<String> command, MatrixCase one, MatrixKeys keys, int port) {
    command.addAll(List.of("gnutls-cli", "--port", String.valueOf(port)));
    command.addAll(List.of("--priority", gnutlsPriority(one)));
    for (String protocol : one.clientAlpn) {
      command.add("--alpn=" + protocol);
    }
    if (one.name == null) {
      command.add("--disable-sni");
    } else {
      command.addAll(List.of("--sni-hostname", one.name, "--verify-hostname", one.name));
    }
    if (one.clientCertificate != null) {
      command.addAll(List.of("--x509certfile", keys.file(one.clientCertificate + ".pem")));
      command.addAll(List.of("--x509keyfile", keys.file(one.clientCertificate + ".key")));
    }
    if (one.clientIdentity == null) {
      command.addAll(List.of("--x509cafile", keys.file("ca.pem")));
    } else {
      command.addAll(List.of("--pskusername", one.clientIdentity));
      command.addAll(List.of("--pskkey", MatrixKeys.secret(one.clientIdentity)));
    }
    if (one.connections > 1) {
      command.add("--resume");
      if (one.version == TlsVersion.TLS_1_3) {
        command.add("--waitresumption");
      }
    }
    command.add("127.0.0.1");
  }

  private static void gnutlsServer(
      List<String> command, MatrixCase one, MatrixKeys keys, int port) {
    command.addAll(List.of("gnutls-serv", "--echo", "--port", String.valueOf(port)));
    command.addAll(List.of("--priority", gnutlsPriority(one)));
    for (String protocol : one.serverAlpn) {
      command.addAll(List.of("--alpn=" + protocol, "--alpn-fatal"));
    }
    if (one.serverIdentity == null) {
      for (String certificate : keys.certificates(one.certificate)) {
        command.addAll(List.of("--x509certfile", certificate + ".pem"));
        command.addAll(List.of("--x509keyfile", certificate + ".key"));
      }
    } else {
      command.addAll(List.of("--pskpasswd", keys.file("psk.passwd")));
    }
    switch (one.clientAuth) {
      case NONE -> command.add("--disable-client-cert");
      case OPTIONAL ->
          command.addAll(List.of("--verify-client-cert", "--x509cafile", keys.file("ca.pem")));
      case REQUIRED ->
          command.addAll(
              List.of(
                  "--require-client-cert",
                  "--verify-client-cert",
                  "--x509cafile",
                  keys.file("ca.pem")));
    }
  }

  private static String gnutlsPriority(MatrixCase one) {
    StringBuilder priority = new StringBuilder("NORMAL");
    if (one.version != null) {
      priority.append(":-VERS-ALL:+VERS-TLS").append(versionNumber(one.version));
    }
    if (one.suite != null) {
      Matcher cipher =
          Pattern.compile("AES_128_GCM|AES_256_GCM|CHACHA20_POLY1305").matcher(one.suite);
      if (cipher.find()) {
        priority.append(":-CIPHER-ALL:+").append(cipher.group().replace('_', '-'));
      }
      Matcher exchange = Pattern.compile("ECDHE_(ECDSA|RSA)").matcher(one.suite);
      if (exchange.find()) {
        priority.append(":-KX-ALL:+").append(exchange.group().replace('_', '-'));
      }
    }
    if (one.isPsk()) {
      priority.append(":-KX-ALL:+ECDHE-PSK");
    }
    if (!one.groups.isEmpty()) {
      priority.append(":-GROUP-ALL");
      one.groups.forEach(
          group -> priority.append(":+GROUP-").append(group.toUpperCase(Locale.ROOT)));
    }
    return priority.append(one.gnutlsPriority).toString();
  }

  private static String versionNumber(TlsVersion version) {
    return version == TlsVersion.TLS_1_3 ? "1.3" : "1.2";
  }

  // ---- The scripts beside this.

  private static void script(
      List<String> command,
      String interpreter,
      String file,
      String role,
      MatrixCase one,
      MatrixKeys keys) {
    boolean isServer = role.equals("server");
    command.addAll(List.of(interpreter, resource(file), role));
    command.add("ca=" + keys.file("ca.pem"));
    command.add("request=" + keys.file("request"));
    command.add("demand=" + one.clientAuth);
    command.add("connections=" + one.connections);
    if (one.name != null) {
      command.add("name=" + one.name);
    }
    if (one.version != null) {
      command.add("version=" + versionNumber(one.version));
    }
    if (one.suite != null) {
      command.add("cipher=" + opensslSuite(one.suite));
    }
    if (!one.groups.isEmpty()) {
      command.add(
          "group=" + (file.equals("matrix_peer.py") ? one.groups.getFirst() : opensslGroups(one)));
    }
    List<String> alpn = isServer ? one.serverAlpn : one.clientAlpn;
    if (!alpn.isEmpty()) {
      command.add("alpn=" + String.join(",", alpn));
    }
    String identity = isServer ? one.serverIdentity : one.clientIdentity;
    String certificate = isServer ? one.certificate : one.clientCertificate;
    if (identity != null) {
      command.addAll(List.of("identity=" + identity, "secret=" + MatrixKeys.secret(identity)));
    } else if (certificate != null) {
      command.add("certificates=" + String.join(",", keys.certificates(certificate)));
    }
  }

  private static String resource(String name) {
    try {
      return Path.of(Objects.requireNonNull(MatrixPeer.class.getResource("/" + name)).toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
