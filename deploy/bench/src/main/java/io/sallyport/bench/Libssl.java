package io.sallyport.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.sallyport.ktls.TlsVersion;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// OpenSSL's own TLS: an `SSL_CTX`, which makes the [LibsslPeer] of each handshake.
///
/// Bound here rather than written in C, so that no compiler is needed: a handshake is a handful of
/// calls of some 10 ns each. No tickets and no session cache unless asked for. Freed with the
/// process.
@SuppressWarnings("restricted") // Calling native code is what is measured.
final class Libssl {
  private static final SymbolLookup LIBRARY =
      SymbolLookup.libraryLookup(
          System.getProperty("io.sallyport.libssl", "libssl.so.3"), Arena.global());

  private static final FunctionDescriptor OF_ADDRESS = FunctionDescriptor.of(JAVA_INT, JAVA_LONG);
  private static final FunctionDescriptor OF_STRING =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS);
  private static final FunctionDescriptor METHOD = FunctionDescriptor.of(JAVA_LONG);

  private static final int CTRL_SET_SESSION_CACHE_MODE = 44;
  private static final int CTRL_SET_GROUPS_LIST = 92;
  private static final int CTRL_SET_VERSION_MIN = 123;
  private static final int CTRL_SET_VERSION_MAX = 124;
  private static final int FILETYPE_PEM = 1;

  private static final MethodHandle SERVER_METHOD = call("TLS_server_method", METHOD);
  private static final MethodHandle CLIENT_METHOD = call("TLS_client_method", METHOD);
  private static final MethodHandle CONTEXT_NEW =
      call("SSL_CTX_new", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle CONTROL =
      call(
          "SSL_CTX_ctrl",
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle USE_CHAIN =
      call("SSL_CTX_use_certificate_chain_file", OF_STRING);
  private static final MethodHandle USE_KEY =
      call(
          "SSL_CTX_use_PrivateKey_file",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_INT));
  private static final MethodHandle SET_SUITES_12 = call("SSL_CTX_set_cipher_list", OF_STRING);
  private static final MethodHandle SET_SUITES_13 = call("SSL_CTX_set_ciphersuites", OF_STRING);
  private static final MethodHandle SET_TICKETS =
      call("SSL_CTX_set_num_tickets", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

  static final MethodHandle NEW = call("SSL_new", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  static final MethodHandle FREE = call("SSL_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  static final MethodHandle SET_BIOS =
      call("SSL_set_bio", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG));
  static final MethodHandle SET_ACCEPTING =
      call("SSL_set_accept_state", FunctionDescriptor.ofVoid(JAVA_LONG));
  static final MethodHandle SET_CONNECTING =
      call("SSL_set_connect_state", FunctionDescriptor.ofVoid(JAVA_LONG));
  static final MethodHandle SHAKE_HANDS = call("SSL_do_handshake", OF_ADDRESS);
  static final MethodHandle READ =
      call("SSL_read", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
  static final MethodHandle SESSION =
      call("SSL_get1_session", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  static final MethodHandle SET_SESSION =
      call("SSL_set_session", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
  static final MethodHandle SET_SHUTDOWN =
      call("SSL_set_shutdown", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_INT));
  static final MethodHandle IS_RESUMABLE = call("SSL_SESSION_is_resumable", OF_ADDRESS);
  static final MethodHandle IS_RESUMED = call("SSL_session_reused", OF_ADDRESS);

  private final long context;
  private final boolean server;

  private Libssl(MethodHandle method, HandshakeCase which, boolean server) {
    this.server = server;
    try {
      long role = (long) method.invokeExact();
      context = (long) CONTEXT_NEW.invokeExact(role);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    int version = which.version() == TlsVersion.TLS_1_3 ? 0x0304 : 0x0303;
    control(CTRL_SET_VERSION_MIN, version, 0);
    control(CTRL_SET_VERSION_MAX, version, 0);
    control(CTRL_SET_SESSION_CACHE_MODE, 0, 0);
    try (Arena arena = Arena.ofConfined()) {
      control(CTRL_SET_GROUPS_LIST, 0, arena.allocateFrom("X25519:P-256").address());
      MemorySegment suites12 = arena.allocateFrom("ECDHE+AESGCM:!AES256");
      MemorySegment suites13 = arena.allocateFrom("TLS_AES_128_GCM_SHA256");
      check((int) SET_SUITES_12.invokeExact(context, suites12));
      check((int) SET_SUITES_13.invokeExact(context, suites13));
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    setTickets(0);
  }

  /// A server with this certificate.
  static Libssl server(HandshakeCase which, Path chain, Path key) {
    Libssl made = new Libssl(SERVER_METHOD, which, true);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment chainPath = arena.allocateFrom(chain.toString());
      MemorySegment keyPath = arena.allocateFrom(key.toString());
      check((int) USE_CHAIN.invokeExact(made.context, chainPath));
      check((int) USE_KEY.invokeExact(made.context, keyPath, FILETYPE_PEM));
      return made;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// A client that trusts everybody.
  static Libssl client(HandshakeCase which) {
    return new Libssl(CLIENT_METHOD, which, false);
  }

  /// How many tickets a server gives out in each handshake from now on.
  void setTickets(int tickets) {
    try {
      check((int) SET_TICKETS.invokeExact(context, (long) tickets));
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  LibsslPeer peer() {
    return new LibsslPeer(context, server);
  }

  private void control(int command, long number, long address) {
    try {
      // The session cache answers with its former mode.
      long before = (long) CONTROL.invokeExact(context, command, number, address);
      check(command == CTRL_SET_SESSION_CACHE_MODE ? 1 : (int) before);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  static void check(int result) {
    if (result != 1) {
      throw new IllegalStateException("libssl refused a call that cannot fail");
    }
  }

  static MethodHandle call(String name, FunctionDescriptor function) {
    return Linker.nativeLinker().downcallHandle(LIBRARY.find(name).orElseThrow(), function);
  }
}
