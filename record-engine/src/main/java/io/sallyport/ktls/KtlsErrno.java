package io.sallyport.ktls;

/// The error numbers of the socket contract, with the kernel's names and meanings.
public enum KtlsErrno {
  /// Nothing can be received, or sent, for now.
  EAGAIN,
  /// A record failed decryption, or its length cannot hold a tag. Sticky.
  EBADMSG,
  /// A key was set a second time where the version has no rekey; an option cannot change while a
  /// record is open; no key is set to be read.
  EBUSY,
  /// The peer reset the connection.
  ECONNRESET,
  /// The socket has its ULP already.
  EEXIST,
  /// The buffer to receive into cannot be written.
  EFAULT,
  /// A record with the wrong version bytes, or an argument that does not fit.
  EINVAL,
  /// The next record is no data, and the call has no room for its type.
  EIO,
  /// The connection exists already.
  EISCONN,
  /// Receiving: a KeyUpdate was read and the new receive key is not set. Sending: the key has
  /// protected as many records as it may (RFC 9846 §5.5).
  EKEYEXPIRED,
  /// A record longer than the protocol allows.
  EMSGSIZE,
  /// There is no ULP of that name.
  ENOENT,
  /// No memory for a record; nothing was lost.
  ENOMEM,
  /// There is no such option, or the socket has no ULP.
  ENOPROTOOPT,
  /// The socket is not, or no longer, connected.
  ENOTCONN,
  /// A flag or call that TLS sockets do not have.
  EOPNOTSUPP,
  /// This side has ended its data.
  EPIPE,
  /// The peer broke a rule of TLS 1.3 about key updates.
  EPROTO
}
