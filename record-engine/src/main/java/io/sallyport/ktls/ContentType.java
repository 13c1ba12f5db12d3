package io.sallyport.ktls;

/// The record types of RFC 9846 §5.1 (8446 §5.1), as the byte on the wire.
///
/// Not an enum: a record of any type can be received, and the kernel hands over all 256.
public final class ContentType {
  /// No type: of plain bytes, and of the end. No record can have it in TLS 1.3.
  public static final int NONE = 0;

  /// change_cipher_spec.
  public static final int CHANGE_CIPHER_SPEC = 20;

  /// alert.
  public static final int ALERT = 21;

  /// handshake.
  public static final int HANDSHAKE = 22;

  /// application_data.
  public static final int APPLICATION_DATA = 23;

  private ContentType() {}
}
