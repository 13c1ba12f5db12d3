package io.sallyport.bench;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/// One side of one handshake by OpenSSL: an `SSL` between two memory BIOs. For one thread.
@SuppressWarnings("restricted") // Calling native code is what is measured.
final class LibsslPeer implements BenchClient {
  private static final SymbolLookup LIBCRYPTO =
      SymbolLookup.libraryLookup(
          System.getProperty("io.sallyport.libcrypto", "libcrypto.so.3"), Arena.global());
  private static final FunctionDescriptor TRANSFER =
      FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);

  private static final MethodHandle MEMORY = call("BIO_s_mem", FunctionDescriptor.of(JAVA_LONG));
  private static final MethodHandle BIO_NEW =
      call("BIO_new", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle BIO_WRITE = call("BIO_write", TRANSFER);
  private static final MethodHandle BIO_READ = call("BIO_read", TRANSFER);
  private static final MethodHandle CLEAR_ERRORS =
      call("ERR_clear_error", FunctionDescriptor.ofVoid());

  /// `SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN`.
  private static final int BOTH_CLOSED = 3;

  private static final int FLIGHT_MAX = 1 << 16;

  /// Where bytes pass in and out, shared by all: only one thread runs handshakes at a time.
  private static final MemorySegment FLIGHT = Arena.global().allocate(FLIGHT_MAX);

  private static final byte[] NOTHING = new byte[0];

  private final long ssl;
  private final long in;
  private final long out;
  private boolean complete;
  private boolean resuming;

  LibsslPeer(long context, boolean server) {
    try {
      ssl = (long) Libssl.NEW.invokeExact(context);
      long memory = (long) MEMORY.invokeExact();
      in = (long) BIO_NEW.invokeExact(memory);
      out = (long) BIO_NEW.invokeExact(memory);
      Libssl.SET_BIOS.invokeExact(ssl, in, out);
      if (server) {
        Libssl.SET_ACCEPTING.invokeExact(ssl);
      } else {
        Libssl.SET_CONNECTING.invokeExact(ssl);
      }
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Resumes `session`; before the first flight. A full handshake is an error then.
  void resume(long session) {
    resuming = true;
    try {
      Libssl.check((int) Libssl.SET_SESSION.invokeExact(ssl, session));
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public byte[] flight(byte[] received) {
    MemorySegment.copy(received, 0, FLIGHT, JAVA_BYTE, 0, received.length);
    try {
      if (received.length > 0) {
        int taken = (int) BIO_WRITE.invokeExact(in, FLIGHT.address(), received.length);
        Libssl.check(taken == received.length ? 1 : 0);
      }
      if (!complete) {
        complete = (int) Libssl.SHAKE_HANDS.invokeExact(ssl) == 1;
        if (complete && resuming && (int) Libssl.IS_RESUMED.invokeExact(ssl) != 1) {
          throw new IllegalStateException("the server does not resume the session");
        }
        if (!complete) {
          // It wants more, or failed: then the handshake does not complete, which is noticed.
          CLEAR_ERRORS.invokeExact();
        }
      }
      int made = (int) BIO_READ.invokeExact(out, FLIGHT.address(), FLIGHT_MAX);
      if (made <= 0) {
        return NOTHING;
      }
      return FLIGHT.asSlice(0, made).toArray(JAVA_BYTE);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public boolean isComplete() {
    return complete;
  }

  /// The session, when the peer gave a ticket for it; else 0. What the peer sent behind its
  /// handshake is read for that.
  long session() {
    try {
      int ignored = (int) Libssl.READ.invokeExact(ssl, FLIGHT.address(), FLIGHT_MAX);
      CLEAR_ERRORS.invokeExact();
      long session = (long) Libssl.SESSION.invokeExact(ssl);
      return session != 0 && (int) Libssl.IS_RESUMABLE.invokeExact(session) == 1 ? session : 0;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      // Else libssl would forget the session with it.
      Libssl.SET_SHUTDOWN.invokeExact(ssl, BOTH_CLOSED);
      Libssl.FREE.invokeExact(ssl);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle call(String name, FunctionDescriptor function) {
    return Linker.nativeLinker().downcallHandle(LIBCRYPTO.find(name).orElseThrow(), function);
  }
}
