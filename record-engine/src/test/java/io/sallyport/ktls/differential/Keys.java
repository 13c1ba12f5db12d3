package io.sallyport.ktls.differential;

import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.TlsVersion;
import io.sallyport.testing.ReferenceRecords;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/// The keys of one direction, drawn from a seed.
///
/// @param version of the records
/// @param cipherType of the records
/// @param seed the key and the nonce come from it
/// @param recSeq sequence number of the next record
record Keys(TlsVersion version, CipherType cipherType, long seed, long recSeq) {

  /// Their `struct tls12_crypto_info_*`, as `setsockopt` takes it.
  byte[] struct() {
    return struct(version.wire(), cipherType.number());
  }

  /// The same with another version and cipher in front.
  byte[] struct(int versionNumber, int cipherNumber) {
    // In the order in which ReferenceRecords draws them from the same seed.
    Random random = new Random(seed);
    byte[] key = new byte[cipherType.keyLength()];
    byte[] saltAndIv = new byte[12];
    random.nextBytes(key);
    random.nextBytes(saltAndIv);
    int saltLength = cipherType.saltLength();
    return ByteBuffer.allocate(structLength())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort((short) versionNumber)
        .putShort((short) cipherNumber)
        .put(saltAndIv, saltLength, saltAndIv.length - saltLength)
        .put(key)
        .put(saltAndIv, 0, saltLength)
        .order(ByteOrder.BIG_ENDIAN)
        .putLong(recSeq)
        .array();
  }

  int structLength() {
    return 4 + cipherType.keyLength() + 12 + 8;
  }

  /// Records under these keys, from their sequence number on.
  ReferenceRecords records() {
    return new ReferenceRecords(version, cipherType, recSeq, new Random(seed));
  }

  /// Keys that follow these in a rekey.
  Keys next() {
    return new Keys(version, cipherType, seed + 1, 0);
  }

  Keys at(long sequence) {
    return new Keys(version, cipherType, seed, sequence);
  }

  Keys as(TlsVersion otherVersion) {
    return new Keys(otherVersion, cipherType, seed, recSeq);
  }

  Keys as(CipherType otherCipher) {
    return new Keys(version, otherCipher, seed, recSeq);
  }
}
