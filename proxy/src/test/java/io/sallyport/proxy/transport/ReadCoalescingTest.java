package io.sallyport.proxy.transport;

import static io.sallyport.proxy.transport.ReadCoalescing.GAP_NANOS_MAX;
import static io.sallyport.proxy.transport.ReadCoalescing.TURNS_BROKEN;
import static io.sallyport.proxy.transport.ReadCoalescing.TURNS_MIN;
import static io.sallyport.proxy.transport.ReadCoalescing.TURN_BYTES_FULL;
import static io.sallyport.proxy.transport.ReadCoalescing.TURN_BYTES_MIN;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.SelectStrategy;
import org.junit.jupiter.api.Test;

class ReadCoalescingTest {
  private static final int SMALL = 128;

  private long nanos = 1;
  private int sleeps;
  private int ready;
  private int asked;
  private final ReadCoalescing coalescing = new ReadCoalescing(() -> nanos, _ -> sleeps++);

  @Test
  void aLoopThatCarriesLittleNeverSleeps() throws Exception {
    turns(1000, TURN_BYTES_MIN - 1);
    assertEquals(0, sleeps);
  }

  @Test
  void aLoopThatCarriesBulkSleepsFromTheTurnOnThatMakesItSustained() throws Exception {
    turns(TURNS_MIN - 1, TURN_BYTES_MIN);
    assertEquals(0, sleeps);
    turns(3, TURN_BYTES_MIN);
    assertEquals(3, sleeps);
  }

  @Test
  void theBytesOfATurnAreThoseOfAllItsRelays() throws Exception {
    turns(TURNS_MIN - 1, TURN_BYTES_MIN);
    coalescing.carried(TURN_BYTES_MIN - 1);
    turn(1);
    assertEquals(1, sleeps);
  }

  @Test
  void whatIsReadyIsTakenInsteadOfASleepWhenTheTurnWasFull() throws Exception {
    turns(TURNS_MIN - 1, TURN_BYTES_MIN);
    ready = 1;
    assertEquals(1, turn(TURN_BYTES_FULL));
    assertEquals(0, sleeps);
  }

  @Test
  void aSingleEventGathersMoreWhenTheTurnWasNotFullAndIsThenHandledWithoutAskingAgain()
      throws Exception {
    turns(TURNS_MIN - 1, TURN_BYTES_FULL - 1);
    ready = 1;
    asked = 0;
    assertEquals(1, turn(TURN_BYTES_FULL - 1));
    assertEquals(1, sleeps);
    assertEquals(1, asked);
  }

  @Test
  void twoReadyEventsAreTakenInsteadOfASleep() throws Exception {
    turns(TURNS_MIN - 1, TURN_BYTES_MIN);
    ready = 2;
    assertEquals(2, turn(TURN_BYTES_MIN));
    assertEquals(0, sleeps);
  }

  @Test
  void whatIsReadyIsTakenAfterATurnThatCarriedLittle() throws Exception {
    turns(10 * TURNS_MIN, TURN_BYTES_MIN);
    sleeps = 0;
    ready = 1;
    assertEquals(1, turn(SMALL));
    assertEquals(0, sleeps);
  }

  @Test
  void aFullTurnWithNothingReadySleeps() throws Exception {
    turns(TURNS_MIN, TURN_BYTES_FULL);
    assertEquals(1, sleeps);
  }

  @Test
  void tasksAreDoneBeforeASleepAndTheirTurnGoesOn() throws Exception {
    turns(TURNS_MIN - 1, TURN_BYTES_MIN);
    ready = 2;
    coalescing.carried(TURN_BYTES_MIN);
    assertEquals(2, coalescing.calculateStrategy(() -> ready, true));
    assertEquals(0, sleeps);
    ready = 0;
    turn(0);
    assertEquals(1, sleeps);
  }

  @Test
  void transfersThatWaitForAnAnswerEachNeverComeToASleep() throws Exception {
    for (int i = 0; i < 100; i++) {
      turns(TURNS_BROKEN, TURN_BYTES_MIN);
      turns(1, SMALL);
    }
    assertEquals(0, sleeps);
  }

  @Test
  void aStreamGoesOnSleepingWhenASmallMessagePassesNowAndThen() throws Exception {
    turns(10 * TURNS_MIN, TURN_BYTES_MIN);
    sleeps = 0;
    turns(1, SMALL);
    turns(1, TURN_BYTES_MIN);
    assertEquals(2, sleeps);
  }

  @Test
  void theEndOfAStreamEndsTheSleeps() throws Exception {
    turns(10 * TURNS_MIN, TURN_BYTES_MIN);
    turns(TURNS_MIN, SMALL);
    sleeps = 0;
    turns(TURNS_MIN - 1, TURN_BYTES_MIN);
    assertEquals(0, sleeps);
  }

  @Test
  void bulkThatComesSlowlyNeverComesToASleep() throws Exception {
    for (int i = 0; i < 1000; i++) {
      turns(1, TURN_BYTES_MIN);
      nanos += GAP_NANOS_MAX + 1;
    }
    assertEquals(0, sleeps);
  }

  @Test
  void aPauseOfAStreamMakesItStartAnew() throws Exception {
    turns(TURNS_MIN, TURN_BYTES_MIN);
    assertEquals(1, sleeps);
    nanos += GAP_NANOS_MAX + 1;
    turns(TURNS_MIN - 1, TURN_BYTES_MIN);
    assertEquals(1, sleeps);
    turns(1, TURN_BYTES_MIN);
    assertEquals(2, sleeps);
  }

  private void turns(int count, int bytes) throws Exception {
    for (int i = 0; i < count; i++) {
      assertEquals(SelectStrategy.SELECT, turn(bytes));
    }
  }

  private int turn(int bytes) throws Exception {
    coalescing.carried(bytes);
    return coalescing.calculateStrategy(
        () -> {
          asked++;
          return ready;
        },
        false);
  }
}
