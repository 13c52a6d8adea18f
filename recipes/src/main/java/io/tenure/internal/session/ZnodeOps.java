package io.tenure.internal.session;

import io.tenure.scope.CoordinationException;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.imps.CuratorFrameworkState;
import org.apache.curator.framework.schema.SchemaViolation;
import org.apache.jute.Record;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.proto.CreateRequest;
import org.jspecify.annotations.Nullable;

/**
 * Operations on Tenure's znodes, the one place that builds them. They carry the client's namespace
 * and ACLs, and nothing else of its defaults: data is what is given, never compressed and never the
 * client's default data, so that every znode is written the same way by every client.
 *
 * <p>To build an operation is to ask the client's ACL provider and its schema, which are the user's
 * code. What they throw, and an ACL without an entry, which the server would not explain, becomes a
 * {@link CoordinationException} that names the path and the cause.
 *
 * <p>That code may block, so creations are not built on the event thread, but by {@link
 * Monitor#transact(long, String, java.util.function.Supplier)} or on a caller's own thread. The
 * other operations call no user code.
 *
 * <p>Thread-safe: no state but Curator's.
 */
public final class ZnodeOps {

  /** Any version of a znode will do. */
  private static final int ANY_VERSION = -1;

  private interface Building {
    CuratorOp build() throws Exception;
  }

  private final CuratorFramework client;

  /** Operations of a client. */
  public ZnodeOps(CuratorFramework client) {
    this.client = client;
  }

  /** The same without the client's namespace: paths are those of the server. */
  public ZnodeOps withoutNamespace() {
    return new ZnodeOps(client.usingNamespace(null));
  }

  /** Whether paths are below a namespace of the client's. */
  public boolean hasNamespace() {
    return !client.getNamespace().isEmpty();
  }

  /** The path of the client's namespace, as the server knows it. */
  public String namespacePath() {
    return "/" + client.getNamespace();
  }

  /** Makes a znode. */
  public CuratorOp create(String path, byte[] data, CreateMode mode) {
    CuratorOp op =
        build(
            "create",
            path,
            () -> Uncompressed.create(client.transactionOp()).withMode(mode).forPath(path, data));
    requireAcl(op, path);
    return op;
  }

  /** Sets a znode's data if it has a version. */
  public CuratorOp set(String path, byte[] data, int version) {
    return build(
        "write",
        path,
        () ->
            Uncompressed.setData(client.transactionOp()).withVersion(version).forPath(path, data));
  }

  /** Sets a znode's data at any version. */
  public CuratorOp set(String path, byte[] data) {
    return set(path, data, ANY_VERSION);
  }

  /** Deletes a znode if it has a version. */
  public CuratorOp delete(String path, int version) {
    return build(
        "delete", path, () -> client.transactionOp().delete().withVersion(version).forPath(path));
  }

  /** Deletes a znode at any version. */
  public CuratorOp delete(String path) {
    return delete(path, ANY_VERSION);
  }

  /** Fails unless a znode has a version. */
  public CuratorOp check(String path, int version) {
    return build(
        "read", path, () -> client.transactionOp().check().withVersion(version).forPath(path));
  }

  private CuratorOp build(String what, String path, Building building) {
    try {
      return building.build();
    } catch (SchemaViolation e) {
      throw ServerErrors.forbiddenBySchema(what, path, e);
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      if (client.getState() != CuratorFrameworkState.STARTED) {
        throw ServerErrors.clientClosed();
      }
      throw new CoordinationException(
          "the client's ACL provider or another part of the client prevents "
              + what
              + " on "
              + path
              + ", since it throws "
              + e
              + ": mend it there",
          e);
    }
  }

  private static void requireAcl(CuratorOp op, String path) {
    Record request = op.get().toRequestRecord();
    if (request instanceof CreateRequest create) {
      @Nullable List<ACL> acl = create.getAcl();
      if (acl == null || acl.isEmpty()) {
        throw new CoordinationException(
            "the client's ACL provider gives no ACL for "
                + path
                + ": it must give at least one entry for each path, or as its default");
      }
    }
  }

  /**
   * The path of a znode that was created, as the client names it. In the answer to a transaction
   * the path has the namespace of the client and the chroot of its connection string still in
   * front.
   *
   * @param asked the path that was asked for; a sequential one ends otherwise
   */
  public static String created(String asked, OpResult.CreateResult made) {
    String real = made.getPath();
    return asked.substring(0, asked.lastIndexOf('/')) + real.substring(real.lastIndexOf('/'));
  }
}
