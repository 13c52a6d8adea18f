package io.tenure.internal.session;

import io.tenure.scope.TenureException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An answer that the event thread waits for. What a callback throws that hangs on this future, or
 * on any future made of it, is logged: a {@code CompletableFuture} stays silent unless its result
 * is asked for, and a bug of ours, or a class that is missing at run time, would be a standstill
 * without a log line.
 *
 * <p>Errors that are part of what is told, {@link TenureException} and {@link CompletionException},
 * are not logged: a later callback takes them.
 *
 * <p>Thread-safe.
 */
final class EventFuture<T> extends CompletableFuture<T> {

  private static final Log log = Log.of(EventFuture.class);

  /** An answer that is there already. */
  static <T> EventFuture<T> of(T answer) {
    EventFuture<T> future = new EventFuture<>();
    future.complete(answer);
    return future;
  }

  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    return new EventFuture<>();
  }

  @Override
  public <U> CompletableFuture<U> thenApply(Function<? super T, ? extends U> callback) {
    return super.thenApply(value -> logged(() -> callback.apply(value)));
  }

  @Override
  public CompletableFuture<Void> thenAccept(Consumer<? super T> callback) {
    return super.thenAccept(
        value ->
            logged(
                () -> {
                  callback.accept(value);
                  return true;
                }));
  }

  @Override
  public <U> CompletableFuture<U> thenCompose(
      Function<? super T, ? extends CompletionStage<U>> callback) {
    return super.thenCompose(value -> logged(() -> callback.apply(value)));
  }

  @Override
  public <U, V> CompletableFuture<V> thenCombine(
      CompletionStage<? extends U> other, BiFunction<? super T, ? super U, ? extends V> callback) {
    return super.thenCombine(other, (mine, its) -> logged(() -> callback.apply(mine, its)));
  }

  @Override
  public <U> CompletableFuture<U> handle(BiFunction<? super T, Throwable, ? extends U> callback) {
    return super.handle((value, error) -> logged(() -> callback.apply(value, error)));
  }

  @Override
  public CompletableFuture<T> whenComplete(BiConsumer<? super T, ? super Throwable> callback) {
    return super.whenComplete(
        (value, error) ->
            logged(
                () -> {
                  callback.accept(value, error);
                  return true;
                }));
  }

  private interface Callback<R extends @Nullable Object> {
    R run();
  }

  private static <R extends @Nullable Object> R logged(Callback<R> callback) {
    try {
      return callback.run();
    } catch (TenureException | CompletionException e) {
      throw e;
    } catch (Throwable e) {
      log.error("a callback failed", e);
      throw e;
    }
  }
}
