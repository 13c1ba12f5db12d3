package io.sallyport.proxy;

import io.sallyport.config.HostPort;
import io.sallyport.testing.Command;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `openssl s_client` in front of a [ProcessCluster].
final class OpenSslClient {
  private static final Pattern TICKET =
      Pattern.compile("TLS session ticket:\\s+0000 - ([0-9a-f -]{47})");

  private final Path ca;

  /// @param ca whom it trusts
  OpenSslClient(Path ca) {
    this.ca = ca;
  }

  /// The command for one connection.
  List<String> command(HostPort address, String... more) {
    List<String> words = new ArrayList<>(List.of("openssl", "s_client", "-connect"));
    words.addAll(List.of(address.toString(), "-servername", "localhost", "-ign_eof"));
    words.addAll(List.of("-CAfile", ca.toString()));
    words.addAll(List.of(more));
    return words;
  }

  /// What it says about a connection on which it sends one byte.
  String connect(HostPort address, String... more) {
    return Command.run("x".getBytes(StandardCharsets.US_ASCII), command(address, more)).out();
  }

  /// The name of the key of the ticket that it speaks of last, in hexadecimal: its first 16 bytes.
  static String ticketKey(String said) {
    Matcher ticket = TICKET.matcher(said);
    String name = "";
    while (ticket.find()) {
      name = ticket.group(1).replaceAll("[ -]", "");
    }
    if (name.isEmpty()) {
      throw new AssertionError("no ticket: " + said);
    }
    return name;
  }
}
