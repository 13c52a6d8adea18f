package io.tenure.internal.session;

import io.tenure.internal.ScopeOp;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;

/** A commit's operations as ZooKeeper's. Thread-safe: no state but Curator's. */
public final class ScopeOps {

  private final ZnodeOps ops;

  /** Operations with the namespace and the ACLs of a client. */
  public ScopeOps(CuratorFramework client) {
    this.ops = new ZnodeOps(client);
  }

  /**
   * One operation.
   *
   * @throws TenureException if the client does not let it be built
   */
  public CuratorOp curatorOp(Scope scope, ScopeOp op) {
    String path = path(scope, op);
    if (op instanceof ScopeOp.CreateScope create) {
      return ops.create(path, create.data(), CreateMode.PERSISTENT);
    } else if (op instanceof ScopeOp.CreateAudit) {
      return ops.create(path, new byte[0], CreateMode.PERSISTENT);
    } else if (op instanceof ScopeOp.SetRecord set) {
      return ops.set(path, set.data(), set.version());
    } else if (op instanceof ScopeOp.CreateLeader create) {
      return ops.create(path, create.data(), CreateMode.EPHEMERAL);
    } else if (op instanceof ScopeOp.CreateEntry create) {
      return ops.create(path, create.data(), CreateMode.PERSISTENT);
    } else {
      return ops.delete(path);
    }
  }

  /** Holds a transaction to the record as it was read. */
  public CuratorOp check(Scope scope, int version) {
    return ops.check(scope.path(), version);
  }

  /** The znode that an operation is on. */
  public static String path(Scope scope, ScopeOp op) {
    if (op instanceof ScopeOp.SetRecord || op instanceof ScopeOp.CreateScope) {
      return scope.path();
    } else if (op instanceof ScopeOp.CreateAudit) {
      return scope.auditPath();
    } else if (op instanceof ScopeOp.CreateEntry create) {
      return scope.auditPath() + "/" + create.name();
    } else if (op instanceof ScopeOp.DeleteEntry delete) {
      return scope.auditPath() + "/" + delete.name();
    } else {
      return scope.leaderPath();
    }
  }

  /** ZooKeeper asks the parent for the permission to create or delete a child. */
  private static String permissionPath(Scope scope, ScopeOp op) {
    if (op instanceof ScopeOp.CreateScope) {
      return scope.path().substring(0, Math.max(1, scope.path().lastIndexOf('/')));
    }
    return op instanceof ScopeOp.CreateEntry || op instanceof ScopeOp.DeleteEntry
        ? scope.auditPath()
        : scope.path();
  }

  private static String permission(ScopeOp op) {
    if (op instanceof ScopeOp.SetRecord) {
      return "write";
    }
    return op instanceof ScopeOp.DeleteEntry || op instanceof ScopeOp.DeleteLeader
        ? "delete"
        : "create";
  }

  /** The error of an operation that the server refused for good. */
  public static TenureException refused(Code code, Scope scope, ScopeOp op) {
    String path = code == Code.NOAUTH ? permissionPath(scope, op) : path(scope, op);
    return ServerErrors.refused(code, path, permission(op));
  }
}
