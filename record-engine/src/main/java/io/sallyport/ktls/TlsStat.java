package io.sallyport.ktls;

import java.util.function.ToLongFunction;

/// The counters of `/proc/net/tls_stat`, with the kernel's names, order and format.
///
/// Names starting with `TlsCurr` are gauges, the others only grow. Counters of hardware offload are
/// always 0 here. Owned by one event loop: others read a [#snapshot()] taken there.
@SuppressWarnings("EnumOrdinal") // The order is the contract: it is the kernel's.
public final class TlsStat {
  /// One counter, named as in the kernel's `net/tls/tls_proc.c`.
  public enum Counter {
    TlsCurrTxSw,
    TlsCurrRxSw,
    TlsCurrTxDevice,
    TlsCurrRxDevice,
    TlsTxSw,
    TlsRxSw,
    TlsTxDevice,
    TlsRxDevice,
    TlsDecryptError,
    TlsRxDeviceResync,
    TlsDecryptRetry,
    TlsRxNoPadViolation,
    TlsRxRekeyOk,
    TlsRxRekeyError,
    TlsTxRekeyOk,
    TlsTxRekeyError,
    TlsRxRekeyReceived,
    TlsTxRekeyFallback,
    TlsRxRekeyFallback,
    TlsCurrTxRekey,
    TlsCurrRxRekey,
    TlsTxRekeyAborted,
    TlsRxRekeyAborted
  }

  private static final Counter[] COUNTERS = Counter.values();

  private final long[] values = new long[COUNTERS.length];

  void increment(Counter counter) {
    values[counter.ordinal()]++;
  }

  void decrement(Counter counter) {
    values[counter.ordinal()]--;
  }

  /// The value of one counter now.
  public long value(Counter counter) {
    return values[counter.ordinal()];
  }

  /// A copy that no longer changes.
  public TlsStat snapshot() {
    TlsStat copy = new TlsStat();
    copy.add(this);
    return copy;
  }

  /// Adds the values of `other` to these, to sum over event loops.
  public void add(TlsStat other) {
    for (int i = 0; i < values.length; i++) {
      values[i] += other.values[i];
    }
  }

  /// The lines of `/proc/net/tls_stat`: the name padded to 32 columns, a tab, the value.
  public String format() {
    return format(this::value);
  }

  /// The same of values that were counted elsewhere.
  public static String format(ToLongFunction<Counter> value) {
    StringBuilder lines = new StringBuilder(COUNTERS.length * 44);
    for (Counter counter : COUNTERS) {
      lines.append(
          String.format("%-32s\t%s\n", counter, Long.toUnsignedString(value.applyAsLong(counter))));
    }
    return lines.toString();
  }
}
