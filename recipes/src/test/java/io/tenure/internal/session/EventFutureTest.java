package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.tenure.scope.CoordinationException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What a callback throws is never swallowed by the future that it hangs on. */
class EventFutureTest {

  private static final Logger LOG = (Logger) LoggerFactory.getLogger(EventFuture.class);

  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @BeforeEach
  void listen() {
    lines.start();
    LOG.addAppender(lines);
  }

  @AfterEach
  void hush() {
    LOG.detachAppender(lines);
  }

  private static <T> T fail(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) thrown;
  }

  private static List<Function<CompletableFuture<String>, CompletableFuture<?>>> chains(
      Throwable thrown) {
    return List.of(
        future -> future.thenAccept(value -> fail(thrown)),
        future -> future.thenApply(value -> fail(thrown)),
        future -> future.thenCompose(value -> fail(thrown)),
        future -> future.whenComplete((value, error) -> fail(thrown)),
        future -> future.handle((value, error) -> fail(thrown)),
        future ->
            future
                .thenCompose(CompletableFuture::completedFuture)
                .thenApply(String::length)
                .thenAccept(value -> fail(thrown)));
  }

  @Test
  void whatACallbackThrowsIsLoggedOnceWhereverItHangs() {
    NoSuchMethodError missing = new NoSuchMethodError("com.example.Missing.method()");
    for (Function<CompletableFuture<String>, CompletableFuture<?>> chain : chains(missing)) {
      lines.list.clear();
      EventFuture<String> answer = new EventFuture<>();
      CompletableFuture<?> last = chain.apply(answer);
      answer.complete("answer");
      assertThat(last).isCompletedExceptionally();
      assertThat(lines.list).hasSize(1);
      assertThat(lines.list.get(0).getThrowableProxy().getClassName())
          .isEqualTo(NoSuchMethodError.class.getName());
    }
  }

  @Test
  void whatIsMeantToBeToldIsLeftToTheCallbackThatTakesIt() {
    for (Throwable told :
        List.of(new CoordinationException("refused"), new CompletionException(null))) {
      for (Function<CompletableFuture<String>, CompletableFuture<?>> chain : chains(told)) {
        assertThat(chain.apply(EventFuture.of("answer"))).isCompletedExceptionally();
      }
    }
    assertThat(lines.list).isEmpty();
  }
}
