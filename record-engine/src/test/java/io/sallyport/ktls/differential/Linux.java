package io.sallyport.ktls.differential;

/// Numbers of Linux's socket interface, the language that scripts are written in.
final class Linux {
  static final int SOL_SOCKET = 1;
  static final int SOL_TCP = 6;
  static final int SOL_TLS = 282;

  static final int SO_ERROR = 4;
  static final int SO_LINGER = 13;
  static final int SO_RCVLOWAT = 18;
  static final int SO_RCVBUFFORCE = 33;

  static final int TCP_NODELAY = 1;
  static final int TCP_INFO = 11;
  static final int TCP_ULP = 31;

  static final int TLS_TX = 1;
  static final int TLS_RX = 2;
  static final int TLS_TX_ZEROCOPY_RO = 3;
  static final int TLS_RX_EXPECT_NO_PAD = 4;
  static final int TLS_TX_MAX_PAYLOAD_LEN = 5;

  static final int TLS_SET_RECORD_TYPE = 1;
  static final int TLS_GET_RECORD_TYPE = 2;

  static final int MSG_OOB = 0x1;
  static final int MSG_PEEK = 0x2;
  static final int MSG_DONTWAIT = 0x40;
  static final int MSG_EOR = 0x80;
  static final int MSG_WAITALL = 0x100;
  static final int MSG_NOSIGNAL = 0x4000;
  static final int MSG_MORE = 0x8000;

  static final int POLLIN = 0x1;
  static final int POLLPRI = 0x2;
  static final int POLLOUT = 0x4;
  static final int POLLERR = 0x8;
  static final int POLLHUP = 0x10;
  static final int POLLRDHUP = 0x2000;

  static final int SHUT_RD = 0;
  static final int SHUT_WR = 1;

  private Linux() {}

  /// The name of an error number, `E<number>` for one that no answer should carry.
  static String errnoName(int errno) {
    return switch (errno) {
      case 2 -> "ENOENT";
      case 5 -> "EIO";
      case 11 -> "EAGAIN";
      case 12 -> "ENOMEM";
      case 14 -> "EFAULT";
      case 16 -> "EBUSY";
      case 17 -> "EEXIST";
      case 22 -> "EINVAL";
      case 32 -> "EPIPE";
      case 71 -> "EPROTO";
      case 74 -> "EBADMSG";
      case 90 -> "EMSGSIZE";
      case 92 -> "ENOPROTOOPT";
      case 95 -> "EOPNOTSUPP";
      case 104 -> "ECONNRESET";
      case 106 -> "EISCONN";
      case 107 -> "ENOTCONN";
      case 127 -> "EKEYEXPIRED";
      default -> "E" + errno;
    };
  }

  /// The flags of a send or a receive as text, each behind a blank; nothing for none.
  static String flagNames(int flags) {
    return ((flags & MSG_OOB) != 0 ? " OOB" : "")
        + ((flags & MSG_PEEK) != 0 ? " PEEK" : "")
        + ((flags & MSG_WAITALL) != 0 ? " WAITALL" : "")
        + ((flags & MSG_EOR) != 0 ? " EOR" : "")
        + ((flags & MSG_MORE) != 0 ? " MORE" : "");
  }
}
