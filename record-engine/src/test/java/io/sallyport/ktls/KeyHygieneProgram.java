package io.sallyport.ktls;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.sallyport.ktls.TrafficSecret.Hash;
import io.sallyport.testing.MemoryTransport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Uses sockets with secrets that [KeyHygieneTest] knows, and dumps its heap twice: while all are
/// open, and when all are closed; then all its memory.
///
/// Secrets are written to direct memory byte by byte, so that this program itself has none on the
/// heap.
final class KeyHygieneProgram {
  static final String LEFT_BEHIND = "left behind";
  static final String LEFT_OUTSIDE = "left outside the heap";
  private static final CipherType CIPHER = CipherType.AES_GCM_128;
  private static final int REKEYS = 2;
  private static final int PAGE_LENGTH = 4096;

  /// What was left behind, on purpose.
  private static byte[] leftBehind = {};

  private KeyHygieneProgram() {}

  /// One byte of the secret of this name: bits of a hash, never two bytes at once.
  private static byte at(String name, int index) {
    int mixed = name.hashCode() * 0x9E3779B9 + (index + 1) * 0x85EBCA6B;
    mixed = (mixed ^ mixed >>> 15) * 0x2C1B3C6D;
    mixed = (mixed ^ mixed >>> 12) * 0x297A2D39;
    return (byte) (mixed >>> 16);
  }

  static byte[] bytes(String name, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = at(name, i);
    }
    return bytes;
  }

  private static SecretBytes secret(String name, int length) {
    SecretBytes secret = SecretBytes.zeros(length);
    for (int i = 0; i < length; i++) {
      secret.reveal().setByte(i, at(name, i));
    }
    return secret;
  }

  /// All that the program uses, with what is derived from it, by name. For the searcher alone.
  static Map<String, byte[]> secrets() {
    Map<String, byte[]> secrets = new TreeMap<>();
    secrets.put(LEFT_BEHIND, bytes(LEFT_BEHIND, 32));
    secrets.put(LEFT_OUTSIDE, bytes(LEFT_OUTSIDE, 32));
    for (TlsVersion version : TlsVersion.values()) {
      for (String use : new String[] {"tx", "rx", "option", "rekey"}) {
        secrets.put("key " + use + version, bytes("key " + use + version, 16));
        // The last eight bytes are on the wire in TLS 1.2 (RFC 5288 §3): no secret by themselves.
        int ivLength = version == TlsVersion.TLS_1_2 ? 11 : 12;
        secrets.put("iv " + use + version, bytes("iv " + use + version, ivLength));
      }
    }
    for (String side : new String[] {"client", "server"}) {
      byte[] secret = bytes(side, 32);
      for (int update = 0; update <= REKEYS; update++) {
        String name = side + " " + update;
        secrets.put("secret " + name, secret);
        secrets.put("key " + name, expand(secret, "key", 16));
        secrets.put("iv " + name, expand(secret, "iv", 12));
        secret = expand(secret, "traffic upd", 32);
      }
    }
    return secrets;
  }

  private static byte[] expand(byte[] secret, String label, int length) {
    try {
      return TrafficSecretTest.expand(Hash.SHA256, secret, label, length);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static CryptoInfo info(TlsVersion version, String use) {
    return new CryptoInfo(
        version, CIPHER, secret("key " + use + version, 16), secret("iv " + use + version, 12), 0);
  }

  private static TrafficSecret traffic(String side) {
    return new TrafficSecret(Hash.SHA256, secret(side, 32));
  }

  public static void main(String[] files) throws IOException {
    HotSpotDiagnosticMXBean machine =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    RecordEngine engine =
        new RecordEngine(
            PooledByteBufAllocator.DEFAULT,
            AeadBackend.LIBCRYPTO,
            new RekeyPolicy(3, Long.MAX_VALUE, 1000, 1000, 32),
            System::nanoTime);
    leftBehind = bytes(LEFT_BEHIND, 32);
    Pair[] pairs = {
      Pair.keyed(engine, TlsVersion.TLS_1_2),
      Pair.keyed(engine, TlsVersion.TLS_1_3),
      Pair.ofOptions(engine),
      Pair.updatable(engine)
    };
    for (Pair pair : pairs) {
      pair.talk(4);
    }
    System.out.println("records both ways");
    pairs[1].rekey();
    pairs[1].talk(2);
    if (engine.keyUpdateStat().value(KeyUpdateStat.Counter.SENT) < 2) {
      throw new AssertionError("the engine did not rekey by itself");
    }
    System.out.println("rekeyed");
    provoke(pairs);
    machine.dumpHeap(files[0], false);
    for (Pair pair : pairs) {
      pair.close();
    }
    machine.dumpHeap(files[1], false);
    ByteBuf leftOutside = PooledByteBufAllocator.DEFAULT.directBuffer(32);
    for (int i = 0; i < leftOutside.capacity(); i++) {
      leftOutside.setByte(i, at(LEFT_OUTSIDE, i));
    }
    dumpMemory(Path.of(files[2]));
    leftOutside.release();
    if (leftBehind.length == 0) {
      throw new AssertionError();
    }
  }

  /// All that this process can write, as the operating system sees it: heap, direct memory, what
  /// libcrypto allocated, stacks.
  private static void dumpMemory(Path file) throws IOException {
    ByteBuffer piece = ByteBuffer.allocateDirect(1 << 16);
    try (FileChannel memory = FileChannel.open(Path.of("/proc/self/mem"));
        FileChannel out =
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
        String[] words = line.split(" ", 3);
        if (words[1].startsWith("rw")) {
          String[] ends = words[0].split("-", 2);
          copy(memory, Long.parseLong(ends[0], 16), Long.parseLong(ends[1], 16), piece, out);
        }
      }
    }
  }

  /// Passes over a page that the process has given back since its map was read: a thread of the
  /// virtual machine that ends, say, takes its stack with it.
  private static void copy(
      FileChannel memory, long start, long end, ByteBuffer piece, FileChannel out)
      throws IOException {
    long at = start;
    while (at < end) {
      piece.clear().limit((int) Math.min(piece.capacity(), end - at));
      try {
        memory.read(piece, at);
      } catch (IOException _) {
        at += PAGE_LENGTH;
        continue;
      }
      if (piece.position() == 0) {
        return;
      }
      at += piece.position();
      out.write(piece.flip());
    }
  }

  /// Exceptions are objects that live on.
  private static void provoke(Pair[] pairs) {
    StringBuilder said = new StringBuilder();
    for (Pair pair : pairs) {
      try (CryptoInfo other = info(TlsVersion.TLS_1_2, "rekey")) {
        pair.left.setTx(other);
      } catch (KtlsException e) {
        said.append(e);
      }
      ByteBuf struct = PooledByteBufAllocator.DEFAULT.directBuffer(64);
      try (CryptoInfo info = info(TlsVersion.TLS_1_2, "option")) {
        info.write(struct);
        SocketOptions.setsockopt(
            pair.left, SocketOptions.SOL_TLS, SocketOptions.TLS_TX, struct.writeByte(0));
      } catch (KtlsException e) {
        said.append(e);
      }
      wipe(struct);
    }
    System.out.println(said);
  }

  private static void wipe(ByteBuf struct) {
    struct.setZero(0, struct.capacity()).release();
  }

  /// Two sockets that send to each other.
  private static final class Pair {
    final MemoryTransport leftTransport = new MemoryTransport();
    final MemoryTransport rightTransport = new MemoryTransport();
    final KtlsSocket left;
    final KtlsSocket right;

    private Pair(RecordEngine engine) {
      left = engine.socket(leftTransport);
      right = engine.socket(rightTransport);
      left.setUlp(KtlsSocket.TLS_ULP);
      right.setUlp(KtlsSocket.TLS_ULP);
    }

    static Pair keyed(RecordEngine engine, TlsVersion version) {
      Pair pair = new Pair(engine);
      new SessionKeys.Fixed(info(version, "tx"), info(version, "rx")).installOn(pair.left);
      new SessionKeys.Fixed(info(version, "rx"), info(version, "tx")).installOn(pair.right);
      return pair;
    }

    static Pair ofOptions(RecordEngine engine) {
      Pair pair = new Pair(engine);
      for (int option : new int[] {SocketOptions.TLS_TX, SocketOptions.TLS_RX}) {
        for (KtlsSocket socket : new KtlsSocket[] {pair.left, pair.right}) {
          ByteBuf struct = PooledByteBufAllocator.DEFAULT.directBuffer(64);
          try (CryptoInfo info = info(TlsVersion.TLS_1_2, "option")) {
            info.write(struct);
          }
          SocketOptions.setsockopt(socket, SocketOptions.SOL_TLS, option, struct);
          wipe(struct);
          ByteBuf got = SocketOptions.getsockopt(socket, SocketOptions.SOL_TLS, option, 40);
          wipe(got);
        }
      }
      return pair;
    }

    static Pair updatable(RecordEngine engine) {
      Pair pair = new Pair(engine);
      new SessionKeys.Updatable(CIPHER, traffic("client"), traffic("server")).installOn(pair.left);
      new SessionKeys.Updatable(CIPHER, traffic("server"), traffic("client")).installOn(pair.right);
      return pair;
    }

    void talk(int times) {
      for (int i = 0; i < times; i++) {
        say(left, leftTransport, right);
        say(right, rightTransport, left);
      }
    }

    private static void say(KtlsSocket from, MemoryTransport transport, KtlsSocket to) {
      ByteBuf data = PooledByteBufAllocator.DEFAULT.directBuffer(10).writeZero(10);
      from.send(data);
      transport.runLater(0);
      byte[] sent = transport.takeSent();
      to.received(PooledByteBufAllocator.DEFAULT.directBuffer(sent.length).writeBytes(sent));
      Received received = to.recv();
      if (!(received instanceof Received.ApplicationData got)) {
        throw new AssertionError("not received: " + received);
      }
      got.content().release();
    }

    /// The next key by `setTx` and `setRx`, behind a KeyUpdate.
    void rekey() {
      byte[] update = {24, 0, 0, 1, 0};
      ByteBuf message = PooledByteBufAllocator.DEFAULT.directBuffer(5).writeBytes(update);
      left.sendmsg(ContentType.HANDSHAKE, message, Set.of());
      message.release();
      byte[] sent = leftTransport.takeSent();
      right.received(PooledByteBufAllocator.DEFAULT.directBuffer(sent.length).writeBytes(sent));
      if (!(right.recv() instanceof Received.Control(int _, ByteBuf content))) {
        throw new AssertionError("no key update");
      }
      content.release();
      try (CryptoInfo tx = info(TlsVersion.TLS_1_3, "rekey");
          CryptoInfo rx = info(TlsVersion.TLS_1_3, "rekey")) {
        left.setTx(tx);
        right.setRx(rx);
      }
    }

    void close() {
      left.close();
      right.close();
      leftTransport.release();
      rightTransport.release();
    }
  }
}
