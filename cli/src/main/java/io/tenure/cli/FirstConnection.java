package io.tenure.cli;

import io.tenure.internal.session.Logins;
import io.tenure.internal.tls.TlsDiagnosis;
import io.tenure.internal.tls.TlsProblem;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.ZKClientConfig;

/**
 * The command's first connection, or why there is none. A connection that does not come at once may
 * never come: then it is looked beside the waiting whether TLS is why.
 *
 * <p>Confined to the command's thread; the look has a thread of its own, which ends with it.
 */
final class FirstConnection {

  private static final long AGAIN_MILLIS = 1_000;

  /** How long a connection usually takes, and not longer. */
  private static final Duration AT_ONCE = Duration.ofMillis(300);

  private final CuratorFramework client;
  private final ZKClientConfig config;
  private final String connect;
  private final CompletableFuture<Optional<TlsProblem>> end = new CompletableFuture<>();

  /** Open when the wait is over, one way or the other. */
  private final CountDownLatch pause = new CountDownLatch(1);

  /** For a client that is not started yet. */
  FirstConnection(CuratorFramework client, ZKClientConfig config, String connect) {
    this.client = client;
    this.config = config;
    this.connect = connect;
    client
        .getConnectionStateListenable()
        .addListener(
            (curator, state) -> {
              if (state.isConnected()) {
                end.complete(Optional.empty());
              }
            });
  }

  /**
   * Waits for it.
   *
   * @throws CommandException if it does not come, or the servers refuse the login
   */
  void await(Duration limit) throws InterruptedException {
    try {
      awaitConnection(limit);
    } finally {
      pause.countDown();
    }
    requireLogin();
  }

  private void awaitConnection(Duration limit) throws InterruptedException {
    boolean connected = connected(AT_ONCE.compareTo(limit) < 0 ? AT_ONCE : limit);
    if (!connected && AT_ONCE.compareTo(limit) < 0) {
      look();
      connected = connected(limit.minus(AT_ONCE));
    }
    if (!connected) {
      throw new CommandException(
          ExitCode.UNREACHABLE,
          Reachability.why(new ConnectStringParser(connect), limit)
              + TlsDiagnosis.cannotTell(config).map(unknown -> "; " + unknown).orElse(""));
    }
  }

  private boolean connected(Duration limit) throws InterruptedException {
    try {
      Optional<TlsProblem> problem = end.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (problem.isPresent()) {
        throw Reachability.failure(problem.get());
      }
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new CompletionException(e.getCause());
    }
  }

  private void look() {
    Thread look = new Thread(this::findProblem, "tenure-tls");
    look.setDaemon(true);
    look.start();
  }

  /** Servers that are slow, or not up yet, are looked at again. */
  private void findProblem() {
    try {
      do {
        TlsDiagnosis.of(config, connect).ifPresent(problem -> end.complete(Optional.of(problem)));
      } while (!pause.await(AGAIN_MILLIS, TimeUnit.MILLISECONDS));
    } catch (RuntimeException | InterruptedException e) {
      // Nothing was found, and the wait goes on.
    }
  }

  /** A login is refused behind the connection, with the answer to the first request. */
  private void requireLogin() throws InterruptedException {
    try {
      client.usingNamespace(null).checkExists().forPath("/");
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException.AuthFailedException
        | KeeperException.SessionClosedRequireAuthException e) {
      throw new CommandException(ExitCode.DENIED, Logins.whyRefused(e.code(), config));
    } catch (Exception e) {
      // Of another kind: the command meets it again, and says what it could not do.
    }
  }
}
