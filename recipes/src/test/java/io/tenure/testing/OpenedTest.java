package io.tenure.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OpenedTest {

  private static final int THREADS = 4;
  private static final int EACH = 20_000;

  @Test
  void whatManyThreadsOpenAtOnceIsClosedOnceEach() throws Exception {
    Opened opened = new Opened();
    AtomicInteger closed = new AtomicInteger();
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> openers = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        openers.add(
            pool.submit(
                () -> {
                  start.await();
                  for (int n = 0; n < EACH; n++) {
                    opened.closeLater(closed::incrementAndGet);
                  }
                  return null;
                }));
      }
      start.countDown();
      for (Future<?> opener : openers) {
        opener.get();
      }
    } finally {
      pool.shutdownNow();
    }
    opened.closeAll();
    assertThat(closed).hasValue(THREADS * EACH);
  }
}
