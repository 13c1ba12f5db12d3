package io.sallyport.proxy.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RecordBuffersTest {
  private static final int READ_BYTES = 128 << 10;
  private static final int RECORDS_BYTES = READ_BYTES + 8 * 22;

  @Test
  void aReadMakesNoChunkOfItsOwnEachTimeWhereTheOthersAreFull() throws Exception {
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    try {
      loop.submit(RecordBuffersTest::readWhereOneChunkIsFull).get(10, TimeUnit.SECONDS);
    } finally {
      loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).get(10, TimeUnit.SECONDS);
    }
  }

  private static void readWhereOneChunkIsFull() {
    PooledByteBufAllocator pool = RecordBuffers.pool(1);
    List<ByteBuf> living = new ArrayList<>();
    do {
      living.add(pool.directBuffer(READ_BYTES));
    } while (pool.metric().usedDirectMemory() > living.size() * (long) READ_BYTES);
    long full = pool.metric().usedDirectMemory();
    ByteBuf read = pool.directBuffer(READ_BYTES);
    ByteBuf records = pool.directBuffer(RECORDS_BYTES);
    long used = pool.metric().usedDirectMemory();
    assertThat(used).as("another chunk is needed").isGreaterThan(full);
    read.release();
    records.release();
    assertThat(pool.metric().usedDirectMemory()).as("and stays").isEqualTo(used);
    living.forEach(ByteBuf::release);
  }
}
