package io.tenure.internal.session;

import io.tenure.scope.AuthenticationFailedException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.jspecify.annotations.Nullable;

/**
 * Whether the servers refuse the login of a client that gets no answers. Curator goes on with new
 * handles and says that the connection was lost, for ever; each handle knows better, in one of two
 * ways: by its own state, or by the answer to the first request of a connection, which is queued
 * here before there is the connection. So a handle is looked at when the inquiry begins, and again
 * whenever the client tells of an event or the request is lost.
 *
 * <p>Thread-safe. Told on ZooKeeper's event thread; the wait blocks the caller.
 */
final class LoginInquiry implements AutoCloseable {

  private static final Log log = Log.of(LoginInquiry.class);

  /** Longer than a handle rests before it connects again, to another server of the list. */
  private static final long QUIET_MILLIS = 5_000;

  /** Enough for many connections, each of them lost at once. */
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

  /**
   * The servers refuse the login.
   *
   * @param config of the handle that was refused
   */
  private record Refusal(Code code, ZKClientConfig config) {
    AuthenticationFailedException error() {
      return new AuthenticationFailedException(Logins.whyRefused(code, config));
    }
  }

  private final CuratorFramework client;
  private final LoginWatch watch;
  private final CompletableFuture<Refusal> refused = new CompletableFuture<>();

  /** Complete once the login is known not to be the cause, as far as can be told now. */
  private final CompletableFuture<Void> otherwise = new CompletableFuture<>();

  private final AtomicInteger signs = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();

  /** The handle that has a request of the inquiry. */
  private final AtomicReference<@Nullable ZooKeeper> asked = new AtomicReference<>();

  private volatile boolean closed;

  private LoginInquiry(CuratorFramework client) {
    this.client = client;
    this.watch = LoginWatch.of(client);
  }

  /** Begins one; the caller must close it. */
  static LoginInquiry of(CuratorFramework client) {
    LoginInquiry inquiry = new LoginInquiry(client);
    inquiry.watch.add(inquiry);
    inquiry.look(LoginWatch.presentHandle(client));
    return inquiry;
  }

  @Override
  public void close() {
    closed = true;
    watch.remove(this);
  }

  /**
   * Waits for an answer, for as long as it takes.
   *
   * @throws AuthenticationFailedException if the servers refuse the login in the meantime
   */
  void requireAcceptedUntil(CompletableFuture<?> answer) throws InterruptedException {
    try {
      CompletableFuture.anyOf(answer, refused).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    if (!answer.isDone()) {
      throw refused.join().error();
    }
  }

  /**
   * Waits until it is known whether the login is the cause, or nothing is heard for a while.
   *
   * @throws AuthenticationFailedException if the servers refuse the login
   */
  void requireAccepted() throws InterruptedException {
    long began = System.nanoTime();
    CompletableFuture<Object> end = CompletableFuture.anyOf(refused, otherwise);
    int heard;
    do {
      heard = signs.get();
      try {
        end.get(QUIET_MILLIS + untilReplacedMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        log.debug("nothing was heard of the login for a while");
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    } while (!end.isDone() && heard != signs.get() && System.nanoTime() - began < LIMIT_NANOS);
    if (refused.isDone()) {
      throw refused.join().error();
    }
  }

  /** How long Curator may take to replace a handle that is closed. */
  private long untilReplacedMillis() {
    ZooKeeper handle = LoginWatch.presentHandle(client);
    return handle != null && handle.getState() == ZooKeeper.States.CLOSED
        ? client.getZookeeperClient().getLastNegotiatedSessionTimeoutMs()
        : 0;
  }

  /**
   * The client has told of an event.
   *
   * @param connected whether the event is a new connection
   * @param handle its present handle; null if there is none
   */
  void heard(boolean connected, @Nullable ZooKeeper handle) {
    if (connected) {
      connections.incrementAndGet();
    }
    signs.incrementAndGet();
    look(handle);
  }

  private void look(@Nullable ZooKeeper handle) {
    Optional<Code> refusal = handle == null ? Optional.empty() : watch.refusal(handle);
    if (handle == null || watch.isClosedByApplication(handle)) {
      otherwise.complete(null);
    } else if (refusal.isPresent()) {
      refused.complete(new Refusal(refusal.get(), handle.getClientConfig()));
    } else if (handle.getState().isAlive()) {
      ask(handle);
    }
  }

  private void ask(ZooKeeper handle) {
    if (closed || refused.isDone() || asked.getAndSet(handle) == handle) {
      return;
    }
    int before = connections.get();
    handle.exists(
        "/",
        false,
        (rc, path, context, stat) -> {
          asked.compareAndSet(handle, null);
          signs.incrementAndGet();
          answered(handle, ServerErrors.code(rc), connections.get() != before);
        },
        null);
  }

  /**
   * An answer, or none.
   *
   * @param afterConnecting whether there was a new connection since the request was queued
   */
  private void answered(ZooKeeper handle, Code code, boolean afterConnecting) {
    switch (code) {
      case AUTHFAILED -> refused.complete(new Refusal(code, handle.getClientConfig()));
      case SESSIONCLOSEDREQUIRESASLAUTH -> {
        if (Logins.isConfigured(handle.getClientConfig())) {
          otherwise.complete(null); // Such a client may succeed the next time.
        } else {
          watch.refused(handle, code);
          look(handle);
        }
      }
      case CONNECTIONLOSS -> {
        if (!afterConnecting && !handle.getState().isConnected()) {
          otherwise.complete(null); // No server could be reached.
        }
        look(handle);
      }
      case SESSIONEXPIRED -> look(handle); // The next handle tells of itself.
      default -> otherwise.complete(null);
    }
  }
}
