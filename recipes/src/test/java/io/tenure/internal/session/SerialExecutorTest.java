package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Listeners and executors of users that do what they should not, and never hold up the library. */
@Timeout(60)
class SerialExecutorTest {

  private final CountDownLatch opens = new CountDownLatch(1);
  private final List<Integer> called = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newFixedThreadPool(4);

  @AfterEach
  void open() {
    opens.countDown();
    threads.shutdownNow();
  }

  private void block() {
    try {
      opens.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static List<Integer> upTo(int last) {
    return IntStream.rangeClosed(1, last).boxed().toList();
  }

  @Test
  void aListenerThatBlocksKeepsNoFutureWaiting() throws Exception {
    SerialExecutor callbacks = SerialExecutor.of(CallbackThread.named("own"), "test");
    callbacks.execute(this::block);
    CompletableFuture<String> own = new CompletableFuture<>();
    CompletableFuture<String> users = callbacks.forUsers(own).toCompletableFuture();
    own.complete("done");
    assertThat(users.get(20, TimeUnit.SECONDS)).isEqualTo("done");
  }

  @Test
  void aDependentThatBlocksKeepsNoOtherFutureWaiting() throws Exception {
    SerialExecutor callbacks = SerialExecutor.of(CallbackThread.named("own"), "test");
    CompletableFuture<Void> first = new CompletableFuture<>();
    CompletableFuture<Void> blocked =
        callbacks.forUsers(first).thenRun(this::block).toCompletableFuture();
    first.complete(null);
    CompletableFuture<Void> second = new CompletableFuture<>();
    CompletableFuture<Void> users = callbacks.forUsers(second).toCompletableFuture();
    second.completeExceptionally(new IllegalStateException("no"));
    assertThat(users.handle((done, error) -> error).get(20, TimeUnit.SECONDS))
        .hasMessageContaining("no");
    assertThat(blocked).isNotDone();
  }

  @Test
  void anExecutorThatBlocksOrCallsOnItsCallerKeepsNobodyWaiting() {
    for (Executor users : List.<Executor>of(task -> block(), Runnable::run)) {
      SerialExecutor callbacks = SerialExecutor.of(users, "test");
      List<Thread> on = new CopyOnWriteArrayList<>();
      callbacks.execute(
          () -> {
            on.add(Thread.currentThread());
            block();
          });
      callbacks.execute(() -> on.add(Thread.currentThread()));
      assertThat(on).doesNotContain(Thread.currentThread());
    }
  }

  @Test
  void anExecutorThatRejectsIsAskedAgainAndNoCallIsLost() {
    AtomicInteger asked = new AtomicInteger();
    SerialExecutor callbacks =
        SerialExecutor.of(
            task -> {
              if (asked.incrementAndGet() <= 5) {
                throw new RejectedExecutionException("not now");
              }
              threads.execute(task);
            },
            "test");
    upTo(20).forEach(number -> callbacks.execute(() -> called.add(number)));
    await().untilAsserted(() -> assertThat(called).isEqualTo(upTo(20)));
  }

  @Test
  void whateverACallThrowsTheNextOneRuns() {
    SerialExecutor callbacks = SerialExecutor.of(threads, "test");
    callbacks.execute(
        () -> {
          throw new NoClassDefFoundError("com/example/Snappy");
        });
    callbacks.execute(
        () -> {
          throw new IllegalStateException() {
            private static final long serialVersionUID = 1L;

            @Override
            public String getMessage() {
              throw new IllegalStateException("no message");
            }
          };
        });
    callbacks.execute(() -> called.add(1));
    await().untilAsserted(() -> assertThat(called).containsExactly(1));
  }

  @Test
  void theQueueOfAListenerThatBlocksHasABoundAndOrderStaysAfterwards() {
    SerialExecutor callbacks = SerialExecutor.of(CallbackThread.named("own"), "test");
    callbacks.execute(this::block);
    int more = SerialExecutor.MAX_WAITING + 500;
    IntStream.rangeClosed(1, more).forEach(number -> callbacks.execute(() -> called.add(number)));
    opens.countDown();
    await()
        .untilAsserted(() -> assertThat(called).hasSizeGreaterThan(SerialExecutor.MAX_WAITING - 2));
    assertThat(called).isEqualTo(upTo(called.size())).hasSizeLessThan(more);
    callbacks.execute(() -> called.add(0));
    await().untilAsserted(() -> assertThat(called).endsWith(0));
  }

  @Test
  void whatIsToldAfterTheEndIsToldAllTheSame() {
    ThreadPoolExecutor own = CallbackThread.named("own");
    SerialExecutor callbacks = SerialExecutor.of(own, "test");
    own.shutdown();
    callbacks.execute(() -> called.add(1));
    await().untilAsserted(() -> assertThat(called).containsExactly(1));
  }
}
