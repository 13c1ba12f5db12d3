package io.sallyport.ktls;

/// When an engine changes keys, and how many changes it takes from a peer.
///
/// Key updates are limited by rate and by run length, never by a total: a connection may live as
/// long as it likes, and some peers update with every record (JDK-8329548).
///
/// @param rekeyAfterRecords a key makes at most so many records before the engine replaces it by
///   itself; the cipher's own share of its limit when that is less
/// @param maxRecords a key that cannot be replaced makes as much as so many full-size records and
///   then no more; the cipher's limit when that is less
/// @param updatesPerSecond KeyUpdates taken from a peer in the long run; one that sends more is
///   read slower
/// @param updateBurst KeyUpdates taken from a peer at once before the rate counts
/// @param updatesWithoutData KeyUpdates taken in a row without application data in either
///   direction, beyond one for each record of data that went before; one more ends the connection
public record RekeyPolicy(
    long rekeyAfterRecords,
    long maxRecords,
    int updatesPerSecond,
    int updateBurst,
    int updatesWithoutData) {

  /// The limits of the ciphers, and room for peers that update with every record.
  public static final RekeyPolicy DEFAULT =
      new RekeyPolicy(Long.MAX_VALUE, Long.MAX_VALUE, 1000, 1000, 32);

  /// 2^24.5 full-size records (RFC 9846 §5.5).
  private static final long GCM_LIMIT = 23_726_566;

  private static final long GCM_REKEY = 1L << 23;

  /// RFC 9147 §4.5.3; TLS itself gives none.
  private static final long CCM_LIMIT = 1L << 23;

  private static final long CCM_REKEY = 1L << 22;

  private static final long BLOCKS_PER_RECORD = TxState.blocks(RecordHeader.MAX_PLAINTEXT, 1);

  /// More than any sequence number in blocks cannot be counted, and need not be.
  private static final long MAX_COUNTED = Long.MAX_VALUE / BLOCKS_PER_RECORD;

  /// Checks that each is positive.
  ///
  /// @throws KtlsException EINVAL naming the one that is not
  public RekeyPolicy {
    requirePositive("rekeyAfterRecords", rekeyAfterRecords);
    requirePositive("maxRecords", maxRecords);
    requirePositive("updatesPerSecond", updatesPerSecond);
    requirePositive("updateBurst", updateBurst);
    requirePositive("updatesWithoutData", updatesWithoutData);
  }

  private static void requirePositive(String name, long value) {
    if (value <= 0) {
      throw new KtlsException(
          KtlsErrno.EINVAL, "found " + name + " " + value + ", expected 1 or more");
    }
  }

  /// Records of one key after which the engine replaces it.
  long rekeyAfterRecords(CipherType cipher) {
    long own =
        switch (cipher) {
          case AES_GCM_128, AES_GCM_256, SM4_GCM, ARIA_GCM_128, ARIA_GCM_256 -> GCM_REKEY;
          case AES_CCM_128, SM4_CCM -> CCM_REKEY;
          case CHACHA20_POLY1305 -> Long.MAX_VALUE;
        };
    return Math.min(own, rekeyAfterRecords);
  }

  /// Blocks of 16 bytes after which a key must not be used: those of so many full-size records (RFC
  /// 9846 §5.5), so that a connection of small records lives as long as it has the right to.
  /// ChaCha20-Poly1305 would run out of sequence numbers first.
  long maxBlocks(CipherType cipher) {
    long records =
        switch (cipher) {
          case AES_GCM_128, AES_GCM_256, SM4_GCM, ARIA_GCM_128, ARIA_GCM_256 -> GCM_LIMIT;
          case AES_CCM_128, SM4_CCM -> CCM_LIMIT;
          case CHACHA20_POLY1305 -> Long.MAX_VALUE;
        };
    return Math.min(records, Math.min(maxRecords, MAX_COUNTED)) * BLOCKS_PER_RECORD;
  }
}
