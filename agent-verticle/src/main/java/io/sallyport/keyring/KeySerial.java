package io.sallyport.keyring;

/// The number of a key: 32 bits, unique in the store that issued it, as the kernel's
/// `key_serial_t`.
public record KeySerial(int number) {
  /// No key.
  public static final KeySerial NONE = new KeySerial(0);

  /// Whether this names no key.
  public boolean isNone() {
    return number == 0;
  }

  /// Eight hexadecimal digits.
  @Override
  public String toString() {
    return String.format("%08x", number);
  }
}
