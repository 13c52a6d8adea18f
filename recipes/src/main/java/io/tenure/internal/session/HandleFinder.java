package io.tenure.internal.session;

import io.tenure.internal.session.Session.Handle;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.ZooKeeper;

/**
 * Finds the handle that a client has at present. To ask Curator for it may wait for a lock that
 * Curator holds while it replaces a handle, for as long as a name look-up hangs, and runs the
 * user's ensemble provider: so it is done on an executor that may wait.
 *
 * <p>Thread-safe.
 */
final class HandleFinder {

  private static final Log log = Log.of(HandleFinder.class);

  private final CuratorFramework client;
  private final Executor executor;
  private final Consumer<Optional<Handle>> found;
  private final AtomicBoolean asked = new AtomicBoolean();
  private volatile boolean namespaceMade;
  private volatile boolean innerClientClosed;

  /** Where the client connects to, as it was told last. */
  private volatile String servers = "its connection string";

  /**
   * A finder for one client.
   *
   * @param found is told, on the executor, of each handle that was found, or that there is none at
   *     the moment
   */
  HandleFinder(CuratorFramework client, Executor executor, Consumer<Optional<Handle>> found) {
    this.client = client;
    this.executor = executor;
    this.found = found;
    this.namespaceMade = client.getNamespace().isEmpty();
  }

  /** Looks soon; what is found is not older than this call. */
  void find() {
    if (asked.compareAndSet(false, true)) {
      executor.execute(
          () -> {
            asked.set(false);
            found.accept(handle());
          });
    }
  }

  /**
   * Whether the application has closed Curator's inner client, which has no handle from then on.
   */
  boolean isInnerClientClosed() {
    return innerClientClosed;
  }

  /**
   * The client's connection string when it was last looked for a handle. To ask for it is to ask
   * the user's ensemble provider, which may block.
   */
  String servers() {
    return servers;
  }

  /** A provider that throws costs a line its words, and no session. */
  private void askForServers() {
    try {
      servers = client.getZookeeperClient().getCurrentConnectionString();
    } catch (RuntimeException e) {
      log.debug("the client's ensemble provider does not tell its servers", e);
    }
  }

  private Optional<Handle> handle() {
    askForServers();
    long index = client.getZookeeperClient().getInstanceIndex();
    try {
      ZooKeeper handle = client.getZookeeperClient().getZooKeeper();
      if (handle == null || index != client.getZookeeperClient().getInstanceIndex()) {
        return Optional.empty();
      }
      if (handle.getState().isConnected()) {
        makeNamespace();
      }
      Handle found = new Handle(handle, index);
      if (ClosedHandle.isClosed(client, found)) {
        // Curator notices by what an operation answers, and there may be no other operation.
        client.usingNamespace(null).checkExists().inBackground().forPath("/");
      }
      return Optional.of(found);
    } catch (IllegalStateException e) {
      innerClientClosed = ClosedHandle.isInnerClientClosed(client, index, e);
      log.debug("the client has no handle at the moment", e);
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } catch (Exception e) {
      log.debug("the client has no handle at the moment", e);
      return Optional.empty();
    }
  }

  /**
   * Has Curator make the client's namespace, which it does before the first operation below it, and
   * waits for.
   */
  private void makeNamespace() throws Exception {
    if (!namespaceMade) {
      client.transactionOp().check().forPath("/");
      namespaceMade = true;
    }
  }
}
