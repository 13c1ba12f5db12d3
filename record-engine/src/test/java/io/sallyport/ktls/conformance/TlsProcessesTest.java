package io.sallyport.ktls.conformance;

import static io.sallyport.ktls.KtlsErrno.EAGAIN;
import static io.sallyport.ktls.conformance.Calls.bytes;
import static io.sallyport.ktls.conformance.Calls.failed;
import static io.sallyport.ktls.conformance.Calls.recvmsg;
import static io.sallyport.ktls.conformance.Calls.trySend;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.ReceivedMessage;
import io.sallyport.ktls.Sent;
import io.sallyport.testing.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The kernel's fixture `tls`: many use one socket, and nothing is lost or torn.
///
/// The kernel's processes are tasks here, which take turns as a seed has it, with the network as
/// one more. What a writer sends at a time is a block that names it; a block fills at most one
/// record, and so must arrive in one piece. Less is sent than the kernel's 6 MB each: there chance
/// must meet the rare order of events, here the schedule makes it.
@EveryVariant
@SuppressWarnings("MemberName") // The names are the kernel's.
class TlsProcessesTest extends TlsFixture {
  private static final int DATA = 600_000;
  private static final int SNDBUF = 60_000;
  private static final int LONGEST_READ = 4096;
  private static final int BLOCK_HEADER = 5;

  /// More than the data needs, so that a case that stands still ends.
  private static final int MOST_TURNS = 50_000;

  @TempDir Path directory;

  TlsProcessesTest(Variant variant) {
    super(variant);
  }

  @Test
  void mutliproc_even() {
    mutliproc(6, 6, this::sendBlock);
  }

  @Test
  void mutliproc_readers() {
    mutliproc(4, 12, this::sendBlock);
  }

  @Test
  void mutliproc_writers() {
    mutliproc(10, 2, this::sendBlock);
  }

  @Test
  void mutliproc_sendpage_even() throws IOException {
    mutliprocSendpage(6, 6);
  }

  @Test
  void mutliproc_sendpage_readers() throws IOException {
    mutliprocSendpage(4, 12);
  }

  @Test
  void mutliproc_sendpage_writers() throws IOException {
    mutliprocSendpage(10, 2);
  }

  private interface BlockSender {
    Sent send(byte[] block);
  }

  private void mutliprocSendpage(int readers, int writers) throws IOException {
    try (FileChannel file =
        FileChannel.open(
            directory.resolve("blocks"),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      mutliproc(readers, writers, block -> sendBlockOfFile(file, block));
    }
  }

  private Sent sendBlock(byte[] block) {
    return trySend(fd, Unpooled.wrappedBuffer(block));
  }

  private Sent sendBlockOfFile(FileChannel file, byte[] block) {
    try {
      long position = file.size();
      file.write(ByteBuffer.wrap(block), position);
      Sent sent = fd.sendFile(file, position, block.length);
      fd.flush();
      return sent;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void mutliproc(int readers, int writers, BlockSender sender) {
    Seeds.forEach(1, random -> takeTurns(readers, writers, sender, random));
  }

  private void takeTurns(int readers, int writers, BlockSender sender, Random random) {
    pair.transport.bound(SNDBUF);
    List<Deque<byte[]>> toSend = new ArrayList<>();
    int total = 0;
    for (int writer = 0; writer < writers; writer++) {
      toSend.add(blocks(writer, DATA / writers, random));
      total += toSend.get(writer).stream().mapToInt(block -> block.length).sum();
    }
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    int[] readBy = new int[readers];
    // The socket is at first empty for a reader, then full for a writer; from there on chance
    // rules.
    assertThat(readSome(stream, 1)).isZero();
    int filled = 0;
    while (sendNext(toSend.get(random.nextInt(writers)), sender)) {
      assertThat(++filled).as("blocks sent and none refused").isLessThan(MOST_TURNS);
    }
    for (int turn = 0; turn < MOST_TURNS && stream.size() < total; turn++) {
      int task = random.nextInt(readers + writers + 1);
      if (task < readers) {
        readBy[task] += readSome(stream, 1 + random.nextInt(LONGEST_READ));
      } else if (task < readers + writers) {
        sendNext(toSend.get(task - readers), sender);
      } else {
        pair.transport.deliver(1 + random.nextInt(SNDBUF));
      }
    }
    assertThat(stream.size()).as("bytes received").isEqualTo(total);
    assertBlocksAreWholeAndInOrder(stream.toByteArray(), writers);
    assertThat(readBy).as("bytes of each reader").doesNotContain(0);
  }

  private static Deque<byte[]> blocks(int writer, int atLeast, Random random) {
    Deque<byte[]> blocks = new ArrayDeque<>();
    for (int size = 0, number = 0; size < atLeast; size += blocks.getLast().length, number++) {
      byte[] block = new byte[BLOCK_HEADER + random.nextInt(TLS_PAYLOAD_MAX_LEN - BLOCK_HEADER)];
      Arrays.fill(block, (byte) (writer + number));
      ByteBuffer.wrap(block)
          .put((byte) writer)
          .putShort((short) number)
          .putShort((short) block.length);
      blocks.add(block);
    }
    return blocks;
  }

  /// False on EAGAIN.
  private static boolean sendNext(Deque<byte[]> blocks, BlockSender sender) {
    byte[] block = blocks.peek();
    if (block == null) {
      return true;
    }
    Sent answer = sender.send(block);
    if (answer instanceof Sent.Failed) {
      assertThat(failed(answer)).isEqualTo(EAGAIN);
      return false;
    }
    assertThat(answer).isEqualTo(new Sent.Accepted(block.length));
    blocks.remove();
    return true;
  }

  /// Returns how many bytes it got, 0 on EAGAIN.
  private int readSome(ByteArrayOutputStream stream, int atMost) {
    ByteBuf into = Unpooled.buffer(atMost, atMost);
    ReceivedMessage answer = recvmsg(cfd, into, false);
    if (answer instanceof ReceivedMessage.Failed) {
      assertThat(failed(answer)).isEqualTo(EAGAIN);
      return 0;
    }
    byte[] some = bytes(into);
    stream.writeBytes(some);
    return some.length;
  }

  private static void assertBlocksAreWholeAndInOrder(byte[] stream, int writers) {
    int[] next = new int[writers];
    ByteBuffer left = ByteBuffer.wrap(stream);
    while (left.hasRemaining()) {
      int writer = left.get();
      int number = left.getShort();
      byte[] filler = new byte[left.getShort() - BLOCK_HEADER];
      left.get(filler);
      assertThat(number).as("block of writer %d", writer).isEqualTo(next[writer]++);
      byte[] expected = new byte[filler.length];
      Arrays.fill(expected, (byte) (writer + number));
      assertThat(filler).as("block %d of writer %d", number, writer).isEqualTo(expected);
    }
  }
}
