package io.sallyport.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.MemoryTransport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Frames out of a stream that comes in pieces, on a socket without a network.
@ExtendWith(LeakCheck.class)
class FrameSocketTest {
  private static final RecordEngine ENGINE =
      new RecordEngine(PooledByteBufAllocator.DEFAULT, AeadBackend.probe());

  /// One end, and what came out of it.
  private static final class End implements FrameSocket.Handler, AutoCloseable {
    final MemoryTransport transport = new MemoryTransport();
    final KtlsSocket socket = ENGINE.socket(transport);
    final FrameSocket frames = new FrameSocket(socket, this);
    final List<LinkFrame> received = new ArrayList<>();
    final List<String> ends = new ArrayList<>();
    Consumer<LinkFrame> whenReceived = _ -> {};

    End() {
      frames.start();
    }

    /// The network delivers some bytes.
    void deliver(byte[] bytes, int from, int to) {
      if (to > from) {
        ByteBuf direct = PooledByteBufAllocator.DEFAULT.directBuffer(to - from);
        socket.received(direct.writeBytes(bytes, from, to - from));
      }
    }

    @Override
    public void received(LinkFrame frame) {
      received.add(frame);
      whenReceived.accept(frame);
    }

    @Override
    public void ended(String why) {
      ends.add(why);
    }

    @Override
    public void close() {
      frames.end("the test is over");
      transport.release();
    }
  }

  private static final List<LinkFrame> FRAMES =
      List.of(
          new LinkFrame.Hello(LinkFrame.PROTOCOL, "edge-1"),
          new LinkFrame.Ping(),
          new LinkFrame.Signature(4, Unpooled.wrappedBuffer(new byte[70])),
          new LinkFrame.Cancel(10));

  private static byte[] stream(List<LinkFrame> frames) {
    ByteBuf all = Unpooled.buffer();
    for (LinkFrame frame : frames) {
      ByteBuf bytes = FrameCodec.write(frame);
      all.writeBytes(bytes);
      bytes.release();
    }
    return ByteBufUtil.getBytes(all);
  }

  @Test
  void everySplitOfAStreamGivesTheSameFrames() {
    byte[] stream = stream(FRAMES);
    for (int first = 0; first <= stream.length; first++) {
      for (int second = first; second <= stream.length; second++) {
        try (End end = new End()) {
          end.deliver(stream, 0, first);
          end.deliver(stream, first, second);
          end.deliver(stream, second, stream.length);
          assertThat(end.received).as(first + ", " + second).isEqualTo(FRAMES);
          assertThat(end.ends).isEmpty();
        }
      }
    }
  }

  @Test
  void aStreamOfSingleBytesGivesTheSameFrames() {
    byte[] stream = stream(FRAMES);
    try (End end = new End()) {
      for (int i = 0; i < stream.length; i++) {
        end.deliver(stream, i, i + 1);
      }
      assertThat(end.received).isEqualTo(FRAMES);
    }
  }

  @Test
  void aLengthThatNoFrameHasEndsTheSession() {
    for (int length : new int[] {0, -1, FrameCodec.LENGTH_MAX + 1, Integer.MIN_VALUE}) {
      byte[] bytes = ByteBufUtil.getBytes(Unpooled.buffer().writeInt(length));
      try (End end = new End()) {
        end.deliver(bytes, 0, bytes.length);
        assertThat(end.received).isEmpty();
        assertThat(end.ends)
            .containsExactly("it sent a frame of " + Integer.toUnsignedString(length) + " bytes");
      }
    }
  }

  @Test
  void framesAreHandedOnOnlyAsFastAsAnswersAreTaken() {
    LinkFrame answer = new LinkFrame.View(1, Unpooled.wrappedBuffer(new byte[600 << 10]));
    LinkFrame[] asked = new LinkFrame[100];
    Arrays.fill(asked, new LinkFrame.WantView(1, "web"));
    byte[] stream = stream(List.of(asked));
    try (End end = new End()) {
      end.transport.setWritable(false);
      end.whenReceived = _ -> end.frames.send(answer);
      end.deliver(stream, 0, stream.length);
      assertThat(end.received).hasSize(2);
      assertThat(end.transport.isReading()).isFalse();

      // The other side takes what there is, and gets as much again.
      for (int i = 2; i <= 50; i++) {
        end.transport.takeSent();
        end.frames.writeSpace();
        assertThat(end.received).hasSize(2 * i);
      }
      end.transport.takeSent();
      end.frames.writeSpace();
      assertThat(end.transport.isReading()).isTrue();
      assertThat(end.ends).isEmpty();
    }
  }

  @Test
  void whatIsNotTakenIsBounded() {
    LinkFrame frame = new LinkFrame.View(1, Unpooled.wrappedBuffer(new byte[1 << 20]));
    try (End end = new End()) {
      end.transport.setWritable(false);
      int sent = 0;
      while (!end.frames.isOverfull()) {
        end.frames.send(frame);
        sent++;
        assertThat(sent).isLessThan(100);
      }
      end.frames.send(frame);
      assertThat(end.transport.takeSent()).hasSizeLessThan(FrameSocket.UNSENT_MAX + (2 << 20));
    }
  }
}
