package io.tenure.internal.session;

import io.tenure.scope.Bounds;
import io.tenure.scope.Printable;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.zookeeper.KeeperException;
import org.jspecify.annotations.Nullable;

/**
 * What ZooKeeper is told of an exception, in audit entries and registrations that many can read:
 * its class, and a short text without secrets. The exception itself goes to the log.
 *
 * <p>The text comes from the user's function, or else from the message by {@link Redaction}. The
 * function is user code: it is called on a thread of its own and waited for a second. Where it
 * throws, returns null or does not return, the class stands alone, and one line says why; one that
 * does not return is not called again until it does.
 *
 * <p>Thread-safe.
 */
public final class FailureText {

  private static final Log log = Log.of(FailureText.class);

  /** How long the tenure of a task that failed waits for the function. */
  private static final long LIMIT_MILLIS = 1_000;

  private final @Nullable Function<? super Throwable, String> hook;
  private final AtomicBoolean called = new AtomicBoolean();
  private final AtomicBoolean warned = new AtomicBoolean();

  private FailureText(@Nullable Function<? super Throwable, String> hook) {
    this.hook = hook;
  }

  /** By the message, without what may be secret. */
  public static FailureText redacted() {
    return new FailureText(null);
  }

  /** By a function of the user's. */
  public static FailureText by(Function<? super Throwable, String> hook) {
    return new FailureText(hook);
  }

  /** The class and the text. Waits a second at most; throws nothing. */
  public String of(Throwable thrown) {
    String text = hook == null ? Redaction.masked(message(thrown)) : asked(hook, thrown);
    String shown = Printable.of(text.strip().replaceAll("\\s+", " "), Bounds.ERROR_CHARS);
    String name = thrown.getClass().getName();
    return shown.isEmpty() ? name : name + ": " + shown;
  }

  /** The end of a tenure whose task threw, in the call of that name. */
  public static Transition.End failed(String call, String text) {
    return new Transition.Failed(call + " threw " + text);
  }

  /**
   * The message of an exception of ours, for a znode: what it quotes of an exception that is not
   * ours is redacted.
   */
  public static String of(TenureException ours) {
    String text = String.valueOf(ours.getMessage());
    Throwable cause = ours.getCause();
    for (int depth = 0; cause != null && depth < 10; depth++, cause = cause.getCause()) {
      if (!(cause instanceof TenureException || cause instanceof KeeperException)) {
        String quoted = Printable.of(message(cause), Printable.MAX_CHARS);
        // A quotation that was cut, or is another text than the message, is not found as a whole.
        text =
            !quoted.isEmpty() && text.contains(quoted)
                ? text.replace(quoted, Redaction.masked(quoted))
                : Redaction.masked(text);
      }
    }
    return text;
  }

  private static String message(Throwable thrown) {
    try {
      @Nullable String message = thrown.getMessage();
      return message == null ? "" : message;
    } catch (Throwable again) {
      return "";
    }
  }

  private String asked(Function<? super Throwable, String> asks, Throwable thrown) {
    if (!called.compareAndSet(false, true)) {
      return warn("is still busy with an exception before", null);
    }
    CompletableFuture<@Nullable String> answer = new CompletableFuture<>();
    try {
      Thread thread = new Thread(() -> call(asks, thrown, answer), "tenure-failure-text");
      thread.setDaemon(true);
      thread.start();
    } catch (Throwable e) {
      called.set(false); // No memory or no thread left.
      return warn("cannot be called", e);
    }
    return awaited(answer);
  }

  private void call(
      Function<? super Throwable, String> asks,
      Throwable thrown,
      CompletableFuture<@Nullable String> answer) {
    try {
      @Nullable String text = asks.apply(thrown);
      called.set(false);
      answer.complete(text);
    } catch (Throwable e) {
      called.set(false);
      answer.completeExceptionally(e);
    }
  }

  private String awaited(CompletableFuture<@Nullable String> answer) {
    // A task that was interrupted has failed all the same; the interrupt is kept for the caller.
    boolean interrupted = Thread.interrupted();
    try {
      @Nullable String text = answer.get(LIMIT_MILLIS, TimeUnit.MILLISECONDS);
      return text == null ? warn("returned null", null) : text;
    } catch (TimeoutException e) {
      return warn("has not returned within " + LIMIT_MILLIS + " ms", null);
    } catch (InterruptedException e) {
      interrupted = true;
      return "";
    } catch (ExecutionException e) {
      return warn("threw", e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private String warn(String what, @Nullable Throwable cause) {
    if (warned.compareAndSet(false, true)) {
      log.warn(
          "the function given as failureText {}: of exceptions the class alone is recorded where it"
              + " does. This is said once",
          what,
          cause);
    }
    return "";
  }
}
