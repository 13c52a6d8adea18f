package io.tenure.internal.session;

import io.tenure.internal.session.Session.Handle;
import io.tenure.scope.ClientClosedException;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.TenureException;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.imps.CuratorFrameworkState;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.ZooKeeper;

/**
 * Tells what an application has closed below a client that stays open from servers that do not
 * answer: ZooKeeper's handle, which Curator replaces once it notices, or Curator's own client
 * around it, which comes back with no new handle. Stateless.
 */
final class ClosedHandle {

  /** What Curator's inner client answers before its start, and after its end. */
  private static final String CURATOR_SAYS = "Client is not started";

  private ClosedHandle() {}

  /** Why nothing can be asked now, where the handle was closed. */
  static String sentence() {
    return "the client's ZooKeeper handle was closed, and its session with it, though the client"
        + " itself is open: by the application (close() of getZookeeperClient().getZooKeeper()), or"
        + " at the end of the session while a callback of the application blocks Curator's event"
        + " thread. Remove the cause; where Curator makes no new handle, close the client and build"
        + " a new one";
  }

  /** The error of everything on a client whose inner client was closed. */
  static ClientClosedException innerClientClosed() {
    return new ClientClosedException(
        "getZookeeperClient() of the ZooKeeper client was closed by the application, and the session"
            + " with it, though the client itself is open: nothing can be led through it. Remove"
            + " that call, close the client instead, and build a new one");
  }

  /**
   * Whether Curator complains about its inner client, after a start of it.
   *
   * @param indexBefore of the handle, read before the call that failed: a client that is started at
   *     this moment may have complained first, and have a handle by now
   */
  static boolean isInnerClientClosed(
      CuratorFramework client, long indexBefore, IllegalStateException e) {
    return isInnerClientClosed(e)
        && client.getState() == CuratorFrameworkState.STARTED
        && indexBefore > 0;
  }

  /** As far as the complaint alone tells. */
  static boolean isInnerClientClosed(IllegalStateException e) {
    return e.getMessage() != null && e.getMessage().startsWith(CURATOR_SAYS);
  }

  /** Whether it is the client's present handle, and closed; without a lock. */
  static boolean isClosed(CuratorFramework client, Handle handle) {
    return client.getState() == CuratorFrameworkState.STARTED
        && client.getZookeeperClient().getInstanceIndex() == handle.index()
        && handle.zooKeeper().getState() == ZooKeeper.States.CLOSED;
  }

  /** Whether an answer may have come of a handle that was closed: it never reached a server. */
  static boolean isSuspect(CuratorEvent answer) {
    Code code = ServerErrors.code(answer.getResultCode());
    return code == Code.SYSTEMERROR || code == Code.SESSIONEXPIRED || code == Code.CONNECTIONLOSS;
  }

  /**
   * Why there is no answer, where the handle or the inner client was closed. Waits for Curator's
   * lock.
   */
  static Optional<TenureException> cause(CuratorFramework client) throws InterruptedException {
    long index = client.getZookeeperClient().getInstanceIndex();
    try {
      ZooKeeper handle = client.getZookeeperClient().getZooKeeper();
      return handle != null && isClosed(client, new Handle(handle, index))
          ? Optional.of(
              new CoordinationException(sentence(), KeeperException.create(Code.SESSIONEXPIRED)))
          : Optional.empty();
    } catch (IllegalStateException e) {
      return isInnerClientClosed(client, index, e)
          ? Optional.of(innerClientClosed())
          : Optional.empty();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      return Optional.empty(); // The ensemble provider's own trouble.
    }
  }
}
