package io.tenure.internal.session;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Makes persistent znodes with the ancestors that they lack; what is there is left alone. Above the
 * top of the client's tree there is its namespace, which Curator makes once and not again when it
 * was deleted; and above that the chroot, which is for people to make.
 *
 * <p>Confined to the monitor's event thread.
 */
public final class PersistentZnodes {

  private static final byte[] EMPTY = new byte[0];

  /**
   * How it ended: with an answer that is neither {@code OK} nor {@code NODEEXISTS}, or with that to
   * the znode itself.
   *
   * @param path of the znode that the answer is about: the one asked for, or an ancestor
   */
  public record Made(String path, Reply reply) {
    private boolean isThere() {
      return reply.ok() || reply.code() == Code.NODEEXISTS;
    }
  }

  private final Monitor monitor;
  private final ZnodeOps ops;

  /** In a client's tree. */
  public PersistentZnodes(Monitor monitor, ZnodeOps ops) {
    this.monitor = monitor;
    this.ops = ops;
  }

  /**
   * Makes a znode.
   *
   * @return fails if the chroot is missing
   */
  public CompletableFuture<Made> make(long session, String path, byte[] data) {
    return make(session, ops, path, data);
  }

  /**
   * Makes the ancestors of a znode, where the server has just said that one is missing.
   *
   * @return as {@link #make}, of the parent
   */
  public CompletableFuture<Made> makeAbove(long session, String path) {
    return makeAbove(session, ops, path);
  }

  private CompletableFuture<Made> make(long session, ZnodeOps in, String path, byte[] data) {
    return create(session, in, path, data)
        .thenCompose(
            made ->
                made.reply().code() == Code.NONODE
                    ? makeAbove(session, in, path)
                        .thenCompose(
                            above ->
                                above.isThere()
                                    ? create(session, in, path, data)
                                    : CompletableFuture.completedFuture(above))
                    : CompletableFuture.completedFuture(made));
  }

  private CompletableFuture<Made> makeAbove(long session, ZnodeOps in, String path) {
    int slash = path.lastIndexOf('/');
    if (slash > 0) {
      return make(session, in, path.substring(0, slash), EMPTY);
    } else if (in.hasNamespace()) {
      return make(session, in.withoutNamespace(), in.namespacePath(), EMPTY);
    }
    return CompletableFuture.failedFuture(ServerErrors.noChroot(monitor.client(), path, "made"));
  }

  private CompletableFuture<Made> create(long session, ZnodeOps in, String path, byte[] data) {
    return monitor
        .transact(session, path, () -> List.of(in.create(path, data, CreateMode.PERSISTENT)))
        .thenApply(reply -> new Made(path, reply));
  }
}
