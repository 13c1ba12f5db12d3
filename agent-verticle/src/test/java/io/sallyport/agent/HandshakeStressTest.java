package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.sallyport.handshake.HandshakeAgent;
import io.sallyport.handshake.HandshakeArgs;
import io.sallyport.handshake.HandshakeSubmit;
import io.sallyport.handshake.TlsPolicy;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.ktls.AeadBackend;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.RecordEngine;
import io.sallyport.testing.LeakCheck;
import io.sallyport.testing.MemoryTransport;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Real event loops, a real agent that is stopped again and again, and thousands of handshakes that
/// end in every way: the counts must add up.
///
/// What each handshake meets is planned by a seed; the order of events is the machine's.
@ExtendWith(LeakCheck.class)
class HandshakeStressTest {
  private static final long SEED = Long.getLong("io.sallyport.stress.seed", 20_260_301);
  private static final int LOOPS = 2;
  private static final int HANDSHAKES_PER_LOOP = 10_000;
  private static final int AT_ONCE_PER_LOOP = 64;
  private static final int STOPS = 20;
  private static final int SECONDS_MAX = 60;
  private static final byte[] HALF_A_HEADER = {22, 3, 1};
  private static final List<Fate> FATES = List.of(Fate.values());
  private static final byte[] NOT_TLS =
      "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final LocalKeyringStore store = new LocalKeyringStore();
  private final AgentVerticle agent = new AgentVerticle(store, new AgentOptions(2, 100));
  private final Queue<String> broken = new ConcurrentLinkedQueue<>();

  /// One for each so many accepted requests of the first loop.
  private final Semaphore stops = new Semaphore(0);

  @TempDir private Path folder;

  /// What becomes of an accepted request.
  private enum Fate {
    LEFT_ALONE,
    CANCELLED,
    CLOSED,
    RESET,
    FIN,
    CONNECTION_LOST,
    HALF_A_HEADER,
    NOT_TLS,
    CLIENT_HELLO,
    CLOSED_AND_CANCELLED
  }

  /// The handshakes of one event loop, so many at a time. Its counts are the loop's own.
  private final class Driver {
    private final EventExecutor loop = new DefaultEventLoop();
    private final HandshakeAgent handshakes = new HandshakeAgent(loop, agent.service());
    private final RecordEngine engine =
        new RecordEngine(ByteBufAllocator.DEFAULT, AeadBackend.probe());
    private final SplittableRandom random;
    private final byte[] clientHello;
    private final CountDownLatch ended = new CountDownLatch(AT_ONCE_PER_LOOP);
    private int accepted;
    private int done;
    private int cancelled;

    Driver(int number, byte[] clientHello) {
      random = new SplittableRandom(SEED + number);
      this.clientHello = clientHello;
    }

    void start() {
      for (int i = 0; i < AT_ONCE_PER_LOOP; i++) {
        loop.execute(this::next);
      }
    }

    private void next() {
      if (accepted == HANDSHAKES_PER_LOOP) {
        ended.countDown();
        return;
      }
      One one = new One();
      if (one.submit()) {
        accepted++;
        if (accepted % (HANDSHAKES_PER_LOOP / STOPS) == 0) {
          stops.release();
        }
        Fate fate = FATES.get(random.nextInt(FATES.size()));
        later(random.nextInt(40), () -> one.meet(fate));
      } else {
        one.end();
      }
    }

    /// After so many other tasks of the loop.
    private void later(int turns, Runnable task) {
      loop.execute(turns == 0 ? task : () -> later(turns - 1, task));
    }

    /// One handshake on a socket of its own.
    private final class One {
      private final MemoryTransport transport = new MemoryTransport();
      private final KtlsSocket socket = engine.socket(transport);
      private boolean submitting;
      private boolean over;

      boolean submit() {
        socket.setUlp(KtlsSocket.TLS_ULP);
        submitting = true;
        HandshakeSubmit submitted =
            handshakes.serverHelloX509(
                HandshakeArgs.of(
                    socket, "web", TlsPolicy.DEFAULT, 1 + random.nextInt(20), _ -> done()));
        submitting = false;
        if (submitted != HandshakeSubmit.ACCEPTED
            && submitted != HandshakeSubmit.ESRCH
            && submitted != HandshakeSubmit.EAGAIN) {
          broken.add("submit answered " + submitted);
        }
        return submitted == HandshakeSubmit.ACCEPTED;
      }

      private void done() {
        if (over || submitting || !loop.inEventLoop()) {
          broken.add("over " + over + " submitting " + submitting + " " + Thread.currentThread());
        }
        done++;
        end();
      }

      void meet(Fate fate) {
        switch (fate) {
          case LEFT_ALONE -> {}
          case CANCELLED -> cancel();
          case CLOSED -> socket.close();
          case RESET -> socket.reset();
          case FIN -> socket.receivedFin();
          case CONNECTION_LOST -> socket.disconnected();
          case HALF_A_HEADER -> receive(HALF_A_HEADER);
          case NOT_TLS -> receive(NOT_TLS);
          case CLIENT_HELLO -> receive(random.nextInt(8) == 0 ? clientHello : NOT_TLS);
          case CLOSED_AND_CANCELLED -> {
            socket.close();
            cancel();
          }
        }
      }

      private void cancel() {
        boolean was = handshakes.cancel(socket);
        if (was == over) {
          broken.add("cancel answered " + was + " when over is " + over);
        }
        if (was) {
          cancelled++;
          end();
        }
      }

      private void receive(byte[] bytes) {
        if (!over) {
          ByteBuf direct = ByteBufAllocator.DEFAULT.directBuffer(bytes.length);
          socket.received(direct.writeBytes(bytes));
        }
      }

      void end() {
        over = true;
        loop.execute(() -> {
          socket.close();
          transport.release();
          next();
        });
      }
    }
  }

  @Test
  void whateverHappensToThemTheCountsOfHandshakesAddUp() throws Exception {
    TestFiles files = new TestFiles(folder);
    files.certificate("site", "ec:P-256", "");
    Keyring keyring = files.keyring(store, "web", "site");
    store.put(keyring);
    byte[] clientHello = new JdkClient(_ -> {}).flight();
    Vertx vertx = Vertx.vertx();
    vertx.deployVerticle(agent).await();
    List<Driver> drivers = new ArrayList<>();
    for (int i = 0; i < LOOPS; i++) {
      drivers.add(new Driver(i, clientHello));
    }

    drivers.forEach(Driver::start);
    for (int i = 0; i < STOPS; i++) {
      assertThat(stops.tryAcquire(SECONDS_MAX, TimeUnit.SECONDS)).as("seed %d", SEED).isTrue();
      vertx.undeploy(agent.deploymentID()).await();
      vertx.deployVerticle(agent).await();
    }
    AtomicInteger accepted = new AtomicInteger();
    for (Driver driver : drivers) {
      assertThat(driver.ended.await(SECONDS_MAX, TimeUnit.SECONDS))
          .as("seed %d: every accepted request ended", SEED)
          .isTrue();
      driver
          .loop
          .submit(() -> {
            accepted.addAndGet(driver.accepted);
            assertThat(driver.done + driver.cancelled).isEqualTo(driver.accepted);
            assertThat(driver.handshakes.inFlight()).isZero();
          })
          .sync();
    }
    vertx.close().await();

    assertThat(accepted).hasValue(LOOPS * HANDSHAKES_PER_LOOP);
    assertThat(broken).as("seed %d", SEED).isEmpty();
    AgentThreads threads = (AgentThreads) agent.service();
    assertThat(threads.pending()).isZero();
    assertThat(threads.live()).isZero();
    store.close();
    assertThat(keyring.retain()).as("somebody still holds the keyring").isFalse();
    for (Driver driver : drivers) {
      driver.loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }
}
