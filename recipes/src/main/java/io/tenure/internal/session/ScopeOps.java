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

  private final CuratorFramework client;

  /** Operations with the namespace and the ACLs of a client. */
  public ScopeOps(CuratorFramework client) {
    this.client = client;
  }

  /** Operations that Curator builds carry the client's namespace and ACLs. */
  public CuratorOp curatorOp(Scope scope, ScopeOp op) {
    try {
      if (op instanceof ScopeOp.CreateScope create) {
        return persistent(path(scope, op), create.data());
      } else if (op instanceof ScopeOp.CreateAudit) {
        return persistent(path(scope, op), new byte[0]);
      } else if (op instanceof ScopeOp.SetRecord set) {
        return client
            .transactionOp()
            .setData()
            .uncompressed()
            .withVersion(set.version())
            .forPath(path(scope, op), set.data());
      } else if (op instanceof ScopeOp.CreateLeader create) {
        return client
            .transactionOp()
            .create()
            .uncompressed()
            .withMode(CreateMode.EPHEMERAL)
            .forPath(path(scope, op), create.data());
      } else if (op instanceof ScopeOp.CreateEntry create) {
        return persistent(path(scope, op), create.data());
      } else {
        return client.transactionOp().delete().forPath(path(scope, op));
      }
    } catch (Exception e) {
      throw new IllegalStateException("operation on " + path(scope, op) + " cannot be built", e);
    }
  }

  /** Holds a transaction to the record as it was read. */
  public CuratorOp check(Scope scope, int version) {
    try {
      return client.transactionOp().check().withVersion(version).forPath(scope.path());
    } catch (Exception e) {
      throw new IllegalStateException("a check of " + scope + " cannot be built", e);
    }
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

  private CuratorOp persistent(String path, byte[] data) throws Exception {
    return client
        .transactionOp()
        .create()
        .uncompressed()
        .withMode(CreateMode.PERSISTENT)
        .forPath(path, data);
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
    return ServerErrors.refused(code, permissionPath(scope, op), permission(op));
  }
}
