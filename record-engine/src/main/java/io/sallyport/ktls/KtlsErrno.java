package io.sallyport.ktls;

/// The error numbers of the socket contract, with the kernel's names and meanings.
public enum KtlsErrno {
  /// A record failed decryption, or its length cannot hold a tag. Sticky.
  EBADMSG,
  /// A key was set a second time where the version has no rekey.
  EBUSY,
  /// The peer reset the connection.
  ECONNRESET,
  /// A record with the wrong version bytes, or keys that do not fit each other.
  EINVAL,
  /// A record longer than the protocol allows.
  EMSGSIZE,
  /// A KeyUpdate was read, and the new receive key is not set yet.
  EKEYEXPIRED,
  /// A key was set on a socket that is closed.
  ENOTCONN
}
