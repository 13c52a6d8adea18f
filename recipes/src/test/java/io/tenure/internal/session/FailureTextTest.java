package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.scope.CoordinationException;
import io.tenure.testing.LogLines;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What ZooKeeper is told of an exception, for all that the exception and the user's function may
 * do.
 */
class FailureTextTest {

  private static final String NAME = "java.lang.IllegalStateException";
  private static final Exception SECRET =
      new IllegalStateException("step failed: password=hunter2 at\n db");

  private final LogLines lines = LogLines.of(FailureText.class.getName());

  @AfterEach
  void detach() {
    lines.close();
  }

  @Test
  void byDefaultItIsTheClassAndTheMessageWithoutSecretsOnOneLine() {
    FailureText text = FailureText.redacted();
    assertThat(text.of(SECRET)).isEqualTo(NAME + ": step failed: password=*** at db");
    assertThat(text.of(new IllegalStateException())).isEqualTo(NAME);
    assertThat(text.of(new IllegalStateException("x".repeat(10_000))))
        .hasSize(NAME.length() + 2 + 200)
        .endsWith("…");
  }

  @Test
  void theUsersFunctionIsTakenAtItsWordButBoundedAndOnOneLine() {
    FailureText text = FailureText.by(thrown -> "order 7\n\u001b[2J" + "x".repeat(300));
    assertThat(text.of(SECRET))
        .startsWith(NAME + ": order 7 \\u001b[2Jxxx")
        .hasSize(NAME.length() + 2 + 200);
    assertThat(FailureText.by(thrown -> "").of(SECRET)).isEqualTo(NAME);
    assertThat(lines.warnings()).isEmpty();
  }

  @Test
  void aFunctionThatThrowsOrReturnsNullLeavesTheClassAloneAndIsSaidOnce() {
    FailureText throwing =
        FailureText.by(
            thrown -> {
              throw new AssertionError("no text");
            });
    assertThat(throwing.of(SECRET)).isEqualTo(NAME);
    assertThat(throwing.of(SECRET)).isEqualTo(NAME);
    assertThat(lines.warnings()).hasSize(1);
    assertThat(lines.warnings().get(0)).contains("failureText threw");
    assertThat(nothing().of(SECRET)).isEqualTo(NAME);
    assertThat(lines.warnings()).hasSize(2);
    assertThat(lines.warnings().get(1)).contains("returned null");
  }

  @SuppressWarnings("NullAway") // As code without such checks does.
  private static FailureText nothing() {
    return FailureText.by(thrown -> null);
  }

  @Test
  void aFunctionThatDoesNotReturnIsWaitedForOnceAndCalledAgainWhenItHas() throws Exception {
    CountDownLatch ends = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    AtomicInteger calls = new AtomicInteger();
    FailureText text =
        FailureText.by(
            thrown -> {
              if (calls.incrementAndGet() == 1) {
                try {
                  ends.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                ended.countDown();
              }
              return "call " + calls;
            });
    assertThat(text.of(SECRET)).isEqualTo(NAME);
    assertThat(text.of(SECRET)).isEqualTo(NAME);
    assertThat(calls).hasValue(1);
    assertThat(lines.warnings()).hasSize(1);
    assertThat(lines.warnings().get(0)).contains("has not returned within 1000 ms");
    ends.countDown();
    ended.await();
    org.awaitility.Awaitility.await().until(() -> text.of(SECRET).equals(NAME + ": call 2"));
  }

  @Test
  void anInterruptDoesNotKeepTheTextFromBeingAskedForAndIsKept() {
    Thread.currentThread().interrupt();
    assertThat(FailureText.by(thrown -> "asked").of(SECRET)).isEqualTo(NAME + ": asked");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void whatOurOwnExceptionsQuoteOfOthersIsRedacted() {
    IOException quoted = new IOException("no ACL for password=hunter2 and a=1");
    String ours = "/orders cannot be made (shards=4): " + quoted.getMessage();
    assertThat(FailureText.of(new CoordinationException(ours, quoted)))
        .isEqualTo("/orders cannot be made (shards=4): no ACL for password=*** and a=***");
    assertThat(FailureText.of(new CoordinationException("/orders is full")))
        .isEqualTo("/orders is full");
  }
}
