package io.sallyport.ktls.differential;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// The system calls of a kernel TLS socket. Each answers what the kernel answers: a count or 0, or
/// the error number negated.
///
/// For 64-bit little-endian Linux, and for one thread: the memory for arguments is shared.
@SuppressWarnings("restricted") // System calls are what this class is for.
final class KernelSockets {

  /// What `recvmsg` answered.
  ///
  /// @param result length, or the error number negated
  /// @param data the bytes
  /// @param contentType that of the control message TLS_GET_RECORD_TYPE, 0 without one
  /// @param flags `msg_flags`
  @SuppressWarnings("ArrayRecordComponent") // Compared by its parts only.
  record Message(long result, byte[] data, int contentType, int flags) {}

  /// What `getsockopt` answered.
  ///
  /// @param result 0, or the error number negated
  /// @param value the option, as many bytes as the kernel said
  @SuppressWarnings("ArrayRecordComponent") // Compared by its parts only.
  record Option(long result, byte[] value) {}

  private static final int AF_INET = 2;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOCK_NONBLOCK = 0x800;
  private static final int SPLICE_F_NONBLOCK = 2;

  /// The longest data of one call.
  private static final int BUFFER = 1 << 20;

  private static final int CMSG_HEADER = 16;
  private static final int CMSG_BUFFER = 64;
  private static final byte[] LOOPBACK = {127, 0, 0, 1};

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Errno ERRNO = new Errno();

  private static final Call SOCKET = call("socket", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final Call BIND = call("bind", JAVA_INT, ADDRESS, JAVA_INT);
  private static final Call LISTEN = call("listen", JAVA_INT, JAVA_INT);
  private static final Call CONNECT = call("connect", JAVA_INT, ADDRESS, JAVA_INT);
  private static final Call ACCEPT4 = call("accept4", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
  private static final Call GETSOCKNAME = call("getsockname", JAVA_INT, ADDRESS, ADDRESS);
  private static final Call SETSOCKOPT =
      call("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final Call GETSOCKOPT =
      call("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private static final Call SENDMSG = longCall("sendmsg", JAVA_INT, ADDRESS, JAVA_INT);
  private static final Call RECVMSG = longCall("recvmsg", JAVA_INT, ADDRESS, JAVA_INT);
  private static final Call POLL = call("poll", ADDRESS, JAVA_LONG, JAVA_INT);
  private static final Call PIPE2 = call("pipe2", ADDRESS, JAVA_INT);
  private static final Call SPLICE =
      longCall("splice", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final Call MEMFD_CREATE = call("memfd_create", ADDRESS, JAVA_INT);
  private static final Call SENDFILE = longCall("sendfile", JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final Call READ = longCall("read", JAVA_INT, ADDRESS, JAVA_LONG);
  private static final Call WRITE = longCall("write", JAVA_INT, ADDRESS, JAVA_LONG);
  private static final Call SHUTDOWN = call("shutdown", JAVA_INT, JAVA_INT);
  private static final Call CLOSE = call("close", JAVA_INT);

  private static final Arena MEMORY = Arena.global();
  private static final MemorySegment DATA = MEMORY.allocate(BUFFER);
  private static final MemorySegment SOCKADDR = MEMORY.allocate(16, 8);
  private static final MemorySegment LENGTH = MEMORY.allocate(JAVA_INT);
  private static final MemorySegment MSGHDR = MEMORY.allocate(56, 8);
  private static final MemorySegment IOVEC = MEMORY.allocate(16, 8);
  private static final MemorySegment CMSG = MEMORY.allocate(CMSG_BUFFER, 8);
  private static final MemorySegment POLLFD = MEMORY.allocate(8, 4);
  private static final MemorySegment OFFSET = MEMORY.allocate(JAVA_LONG);
  private static final MemorySegment PIPE = MEMORY.allocate(8, 4);
  private static final MemorySegment FILE_NAME = MEMORY.allocateFrom("conformance");

  private KernelSockets() {}

  /// A TCP socket that is not connected.
  static int socket() {
    return (int) required(SOCKET.of(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }

  /// A listener on a free port of the loopback address.
  static int listener() {
    int listener = socket();
    setsockoptInt(listener, Linux.SOL_SOCKET, Linux.SO_RCVBUFFORCE, BUFFER * 4);
    SOCKADDR.fill((byte) 0);
    SOCKADDR.set(JAVA_SHORT, 0, (short) AF_INET);
    MemorySegment.copy(LOOPBACK, 0, SOCKADDR, JAVA_BYTE, 4, LOOPBACK.length);
    required(BIND.of(listener, SOCKADDR, 16));
    required(LISTEN.of(listener, 8));
    return listener;
  }

  /// Connects to a listener; blocks until that is done, which on loopback is at once.
  static void connect(int socket, int listener) {
    setsockoptInt(socket, Linux.SOL_SOCKET, Linux.SO_RCVBUFFORCE, BUFFER * 4);
    LENGTH.set(JAVA_INT, 0, 16);
    required(GETSOCKNAME.of(listener, SOCKADDR, LENGTH));
    required(CONNECT.of(socket, SOCKADDR, 16));
  }

  /// The other end of what was connected to a listener; it never blocks.
  static int accept(int listener) {
    return (int)
        required(
            ACCEPT4.of(
                listener, MemorySegment.NULL, MemorySegment.NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
  }

  static long setsockopt(int socket, int level, int name, byte[] value) {
    return SETSOCKOPT.of(socket, level, name, fill(value), value.length);
  }

  static void setsockoptInt(int socket, int level, int name, int value) {
    DATA.set(JAVA_INT, 0, value);
    required(SETSOCKOPT.of(socket, level, name, DATA, 4));
  }

  static Option getsockopt(int socket, int level, int name, int length) {
    DATA.asSlice(0, length).fill((byte) 0);
    LENGTH.set(JAVA_INT, 0, length);
    long result = GETSOCKOPT.of(socket, level, name, DATA, LENGTH);
    return new Option(result, result < 0 ? new byte[0] : take(LENGTH.get(JAVA_INT, 0)));
  }

  static long send(int socket, byte[] data, int flags) {
    return SENDMSG.of(
        socket,
        header(fill(data), data.length, 0),
        flags | Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL);
  }

  /// Sends with one control message of level SOL_TLS.
  static long send(int socket, int cmsgType, int contentType, byte[] data, int flags) {
    CMSG.fill((byte) 0);
    CMSG.set(JAVA_LONG, 0, CMSG_HEADER + 1);
    CMSG.set(JAVA_INT, 8, Linux.SOL_TLS);
    CMSG.set(JAVA_INT, 12, cmsgType);
    CMSG.set(JAVA_BYTE, CMSG_HEADER, (byte) contentType);
    MemorySegment header = header(fill(data), data.length, CMSG_HEADER + 8);
    return SENDMSG.of(socket, header, flags | Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL);
  }

  /// Receives at most `length` bytes, with room for `control` bytes of control messages.
  static Message recv(int socket, int length, int control, int flags) {
    CMSG.fill((byte) 0);
    MemorySegment header = header(DATA, length, control);
    long result = RECVMSG.of(socket, header, flags | Linux.MSG_DONTWAIT);
    if (result < 0) {
      return new Message(result, new byte[0], 0, 0);
    }
    boolean typed =
        MSGHDR.get(JAVA_LONG, 40) >= CMSG_HEADER + 1
            && CMSG.get(JAVA_INT, 8) == Linux.SOL_TLS
            && CMSG.get(JAVA_INT, 12) == Linux.TLS_GET_RECORD_TYPE;
    int contentType = typed ? CMSG.get(JAVA_BYTE, CMSG_HEADER) & 0xff : 0;
    return new Message(result, take((int) result), contentType, MSGHDR.get(JAVA_INT, 48));
  }

  /// Moves at most `length` bytes to a pipe and reads them there.
  static Message splice(int socket, int length) {
    required(PIPE2.of(PIPE, SOCK_CLOEXEC | SOCK_NONBLOCK));
    int output = PIPE.get(JAVA_INT, 0);
    int input = PIPE.get(JAVA_INT, 4);
    try {
      long result =
          SPLICE.of(
              socket,
              MemorySegment.NULL,
              input,
              MemorySegment.NULL,
              (long) length,
              SPLICE_F_NONBLOCK);
      if (result <= 0) {
        return new Message(result, new byte[0], 0, 0);
      }
      required(READ.of(output, DATA, result));
      return new Message(result, take((int) result), 0, 0);
    } finally {
      close(output);
      close(input);
    }
  }

  /// Sends `count` bytes from `offset` on of a file that holds `content`.
  static long sendFile(int socket, byte[] content, long offset, long count) {
    int file = (int) required(MEMFD_CREATE.of(FILE_NAME, 0));
    try {
      required(WRITE.of(file, fill(content), (long) content.length));
      OFFSET.set(JAVA_LONG, 0, offset);
      return SENDFILE.of(socket, file, OFFSET, count);
    } finally {
      close(file);
    }
  }

  /// Waits for `events`, at most `timeoutMs`; the events that are there.
  static int poll(int socket, int events, int timeoutMs) {
    POLLFD.set(JAVA_INT, 0, socket);
    POLLFD.set(JAVA_SHORT, 4, (short) events);
    POLLFD.set(JAVA_SHORT, 6, (short) 0);
    required(POLL.of(POLLFD, 1L, timeoutMs));
    return POLLFD.get(JAVA_SHORT, 6) & 0xffff;
  }

  static long shutdown(int socket, int how) {
    return SHUTDOWN.of(socket, how);
  }

  static void close(int file) {
    required(CLOSE.of(file));
  }

  /// Closes with RST instead of FIN (socket(7), SO_LINGER).
  static void closeWithReset(int socket) {
    setsockopt(socket, Linux.SOL_SOCKET, Linux.SO_LINGER, new byte[] {1, 0, 0, 0, 0, 0, 0, 0});
    close(socket);
  }

  /// The result of a call that the program cannot go on without.
  static long required(long result) {
    if (result < 0) {
      throw new IllegalStateException("a system call failed: " + Linux.errnoName((int) -result));
    }
    return result;
  }

  private static MemorySegment fill(byte[] data) {
    MemorySegment.copy(data, 0, DATA, JAVA_BYTE, 0, data.length);
    return DATA;
  }

  private static byte[] take(int length) {
    return DATA.asSlice(0, length).toArray(JAVA_BYTE);
  }

  /// A `struct msghdr` without a name, with one `struct iovec`.
  private static MemorySegment header(MemorySegment data, int length, int control) {
    IOVEC.set(ADDRESS, 0, data);
    IOVEC.set(JAVA_LONG, 8, length);
    MSGHDR.fill((byte) 0);
    MSGHDR.set(ADDRESS, 16, IOVEC);
    MSGHDR.set(JAVA_LONG, 24, 1);
    MSGHDR.set(ADDRESS, 32, control == 0 ? MemorySegment.NULL : CMSG);
    MSGHDR.set(JAVA_LONG, 40, control);
    return MSGHDR;
  }

  private static Call call(String name, ValueLayout... arguments) {
    return new Call(name, FunctionDescriptor.of(JAVA_INT, arguments));
  }

  private static Call longCall(String name, ValueLayout... arguments) {
    return new Call(name, FunctionDescriptor.of(JAVA_LONG, arguments));
  }

  /// Where a call leaves `errno`: read before the virtual machine can change it.
  private static final class Errno {
    private final VarHandle handle =
        Linker.Option.captureStateLayout()
            .varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private final MemorySegment state = Arena.global().allocate(Linker.Option.captureStateLayout());

    int value() {
      return (int) handle.get(state, 0L);
    }
  }

  /// One function of the C library.
  private static final class Call {
    private final String name;
    private final MethodHandle handle;

    Call(String name, FunctionDescriptor function) {
      this.name = name;
      MethodHandle bound =
          LINKER
              .downcallHandle(
                  LINKER.defaultLookup().findOrThrow(name),
                  function,
                  Linker.Option.captureCallState("errno"))
              .bindTo(ERRNO.state);
      handle =
          bound
              .asType(bound.type().generic())
              .asSpreader(Object[].class, bound.type().parameterCount());
    }

    long of(Object... arguments) {
      try {
        Object result = (Object) handle.invokeExact(arguments);
        long value = ((Number) result).longValue();
        return value < 0 ? -ERRNO.value() : value;
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("a call to " + name + " failed", e);
      }
    }
  }
}
