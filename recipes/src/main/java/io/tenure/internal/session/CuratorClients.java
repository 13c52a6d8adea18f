package io.tenure.internal.session;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorListener;
import org.apache.curator.framework.imps.CuratorFrameworkBase;
import org.apache.curator.framework.imps.CuratorFrameworkState;
import org.apache.curator.framework.listen.Listenable;

/** What Tenure asks of a client that a user gives it. Stateless. */
public final class CuratorClients {

  private CuratorClients() {}

  /**
   * Throws unless the client is started and open.
   *
   * @param what is to be built on it, with its article
   * @throws IllegalStateException if it was not started yet
   * @throws io.tenure.scope.ClientClosedException if it was closed, which it stays
   */
  public static void requireStarted(CuratorFramework client, String what) {
    CuratorFrameworkState state = client.getState();
    if (state == CuratorFrameworkState.STOPPED) {
      throw ServerErrors.clientClosed();
    } else if (state != CuratorFrameworkState.STARTED) {
      throw new IllegalStateException(
          "the client is " + state + ": start it before " + what + " is built");
    }
  }

  /**
   * The events of a client's session. A view of a client with another namespace, as {@code
   * usingNamespace} gives it, does not hand them out itself; the client below it does.
   *
   * @throws IllegalArgumentException if the view does not show the client below it
   */
  public static Listenable<CuratorListener> events(CuratorFramework client) {
    try {
      return client.getCuratorListenable();
    } catch (UnsupportedOperationException e) {
      return below(client, e).getCuratorListenable();
    }
  }

  private static CuratorFramework below(CuratorFramework view, UnsupportedOperationException why) {
    try {
      if (view instanceof CuratorFrameworkBase facade && facade.client() != view) {
        return facade.client();
      }
    } catch (LinkageError e) {
      why.addSuppressed(e); // Another version of Curator.
    }
    throw new IllegalArgumentException(
        "this view of a client, with the namespace \""
            + view.getNamespace()
            + "\", does not tell of its session: give the client itself and paths that begin with"
            + " the namespace, or a client built with"
            + " CuratorFrameworkFactory.builder().namespace(...)",
        why);
  }
}
