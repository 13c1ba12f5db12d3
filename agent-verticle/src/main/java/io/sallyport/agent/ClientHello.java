package io.sallyport.agent;

import io.sallyport.agent.HelloReader.Malformed;
import io.sallyport.trust.DnsName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.tls.ExtensionType;
import org.bouncycastle.tls.NameType;

/// What a client says of itself before anybody has answered (RFC 9846 §4.2.2, 8446 §4.1.2).
///
/// It is for looking at: to tell the operator why a handshake failed, to recognise the client, and
/// to decide what must be decided before Bouncy Castle has read the message. It refuses nothing; to
/// check the message and to send the alert is Bouncy Castle's part.
///
/// Numbers are those on the wire, in the client's order, with whatever the client put among them to
/// keep servers tolerant (see [#isGrease]). Immutable.
final class ClientHello {
  /// No more than Bouncy Castle takes for a handshake message.
  private static final int LENGTH_MAX = 1 << 15;

  private static final int RANDOM_LENGTH = 32;
  private static final int SESSION_ID_LENGTH_MAX = 32;

  private final List<Integer> cipherSuites;
  private final List<Integer> compressionMethods;
  private final List<Integer> extensionTypes;
  private final List<Integer> supportedVersions;
  private final Optional<String> serverName;
  private final List<String> rawAlpn;
  private final List<Integer> groups;
  private final List<Integer> signatureSchemes;
  private final List<Integer> pskModes;
  private final Optional<byte[]> ticket;

  private interface Decoder<T> {
    T decode(HelloReader body) throws Malformed;
  }

  /// Reads a ClientHello, without the four bytes in front of every handshake message.
  ///
  /// Never throws, and takes time proportional to the length. Empty for what is no ClientHello: too
  /// long (32 KiB), a vector that does not fit what is around it, bytes left over, the same
  /// extension twice, `pre_shared_key` not at the end. That goes for the contents of the extensions
  /// this class reads as well, also those that Bouncy Castle would not look at: empty does not mean
  /// that the handshake fails. The bytes are not kept.
  static Optional<ClientHello> parse(byte[] body) {
    if (body.length > LENGTH_MAX) {
      return Optional.empty();
    }
    try {
      return Optional.of(new ClientHello(new HelloReader(body)));
    } catch (Malformed _) {
      return Optional.empty();
    }
  }

  private ClientHello(HelloReader body) throws Malformed {
    int legacyVersion = body.uint16();
    body.skip(RANDOM_LENGTH);
    HelloReader sessionId = body.vector8(0);
    HelloReader.require(sessionId.remaining() <= SESSION_ID_LENGTH_MAX);
    cipherSuites = body.vector16(2).uint16s();
    compressionMethods = body.vector8(1).uint8s();
    Map<Integer, HelloReader> extensions = extensions(body);
    extensionTypes = List.copyOf(extensions.keySet());
    supportedVersions =
        decode(
            extensions,
            ExtensionType.supported_versions,
            List.of(legacyVersion),
            versions -> versions.vector8(2).uint16s());
    serverName =
        decode(extensions, ExtensionType.server_name, Optional.empty(), ClientHello::hostName);
    rawAlpn =
        decode(
            extensions,
            ExtensionType.application_layer_protocol_negotiation,
            List.of(),
            ClientHello::protocolNames);
    groups = numbers16(extensions, ExtensionType.supported_groups);
    signatureSchemes = numbers16(extensions, ExtensionType.signature_algorithms);
    pskModes =
        decode(
            extensions,
            ExtensionType.psk_key_exchange_modes,
            List.of(),
            modes -> modes.vector8(1).uint8s());
    ticket =
        decode(
            extensions,
            ExtensionType.session_ticket,
            Optional.empty(),
            whole -> Optional.of(whole.rest()));
  }

  /// By type, in their order. A client of TLS 1.2 may have none, and leave out their length too.
  private static Map<Integer, HelloReader> extensions(HelloReader body) throws Malformed {
    Map<Integer, HelloReader> extensions = new LinkedHashMap<>();
    if (body.remaining() == 0) {
      return extensions;
    }
    HelloReader list = body.vector16(0);
    body.requireEnd();
    while (list.remaining() > 0) {
      // RFC 9846 §4.3.11, 8446 §4.2.11: its binders cover all that is before them.
      HelloReader.require(!extensions.containsKey(ExtensionType.pre_shared_key));
      int type = list.uint16();
      HelloReader.require(extensions.put(type, list.vector16(0)) == null);
    }
    return extensions;
  }

  private static <T> T decode(
      Map<Integer, HelloReader> extensions, int type, T absent, Decoder<T> decoder)
      throws Malformed {
    HelloReader body = extensions.get(type);
    if (body == null) {
      return absent;
    }
    T value = decoder.decode(body);
    body.requireEnd();
    return value;
  }

  private static List<Integer> numbers16(Map<Integer, HelloReader> extensions, int type)
      throws Malformed {
    return decode(extensions, type, List.of(), body -> body.vector16(2).uint16s());
  }

  /// RFC 6066 §3: at most one name of a type.
  private static Optional<String> hostName(HelloReader body) throws Malformed {
    HelloReader list = body.vector16(1);
    Set<Integer> types = new HashSet<>();
    Optional<String> host = Optional.empty();
    while (list.remaining() > 0) {
      int type = list.uint8();
      HelloReader.require(types.add(type));
      byte[] name = list.vector16(1).rest();
      if (type == NameType.host_name) {
        host = Optional.ofNullable(DnsName.parse(new String(name, StandardCharsets.ISO_8859_1)));
      }
    }
    return host;
  }

  /// RFC 7301 §3.1.
  private static List<String> protocolNames(HelloReader body) throws Malformed {
    HelloReader list = body.vector16(2);
    List<String> names = new ArrayList<>();
    while (list.remaining() > 0) {
      names.add(new String(list.vector8(1).rest(), StandardCharsets.ISO_8859_1));
    }
    return List.copyOf(names);
  }

  /// One byte a character. What is not visible ASCII, or could be taken for the end of the name in
  /// a list, becomes `\xNN`; no two names become the same.
  private static String printable(String name) {
    StringBuilder text = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c > ' ' && c < 0x7F && "\\\",;".indexOf(c) < 0) {
        text.append(c);
      } else {
        text.append("\\x%02x".formatted((int) c));
      }
    }
    return text.toString();
  }

  /// Whether a 16-bit number is one of those that stand for nothing (RFC 8701 §2).
  static boolean isGrease(int number) {
    return (number & 0x0F0F) == 0x0A0A && number >> Byte.SIZE == (number & 0xFF);
  }

  /// The versions the client speaks: just the one in front of the message when it does not list
  /// them.
  List<Integer> supportedVersions() {
    return supportedVersions;
  }

  /// At least one.
  List<Integer> cipherSuites() {
    return cipherSuites;
  }

  /// At least one; 0 is none.
  List<Integer> compressionMethods() {
    return compressionMethods;
  }

  /// Each at most once.
  List<Integer> extensionTypes() {
    return extensionTypes;
  }

  private boolean has(int extensionType) {
    return extensionTypes.contains(extensionType);
  }

  /// Whether the client names the server, be it with what is no host name.
  boolean hasServerName() {
    return has(ExtensionType.server_name);
  }

  /// The host name, as [DnsName] has it.
  Optional<String> serverName() {
    return serverName;
  }

  /// The names of the application protocols, safe to print: visible ASCII without `\ " , ;`, which
  /// like all other bytes are written `\xNN`. A name has 1 to 1020 characters.
  List<String> alpn() {
    return rawAlpn.stream().map(ClientHello::printable).toList();
  }

  /// The names of the application protocols, one byte a character. Not safe to print.
  List<String> rawAlpn() {
    return rawAlpn;
  }

  /// The groups the client knows; none when it does not say.
  List<Integer> groups() {
    return groups;
  }

  /// The signature schemes it verifies; none when it does not say.
  List<Integer> signatureSchemes() {
    return signatureSchemes;
  }

  /// Of those schemes, the ones that are spoken here.
  List<Integer> knownSignatureSchemes() {
    List<Integer> known = new ArrayList<>();
    for (int scheme : signatureSchemes) {
      if (SchemeChoice.isKnown(scheme) && !known.contains(scheme)) {
        known.add(scheme);
      }
    }
    return known;
  }

  /// The ways it can use a key of before; none when it has no use for one.
  List<Integer> pskModes() {
    return pskModes;
  }

  /// The ticket of TLS 1.2 (RFC 5077 §3.2), as a copy: of no bytes when the client only wants one.
  Optional<byte[]> ticket() {
    return ticket.map(byte[]::clone);
  }
}
