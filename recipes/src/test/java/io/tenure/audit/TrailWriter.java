package io.tenure.audit;

import io.tenure.internal.Commit;
import io.tenure.internal.CommitProtocol;
import io.tenure.internal.Incumbent;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.session.ScopeOps;
import io.tenure.scope.Candidate;
import io.tenure.scope.Retention;
import io.tenure.scope.Scope;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.jspecify.annotations.Nullable;

/** Writes a scope's trail as leaders do, transition by transition, without an election. */
final class TrailWriter {

  private final CuratorFramework client;
  private final Scope scope;
  private final ScopeOps ops;
  private @Nullable ScopeView view;

  TrailWriter(CuratorFramework client, String scope) {
    this.client = client;
    this.scope = new Scope(scope);
    this.ops = new ScopeOps(client);
  }

  /** Tenures that begin and end: two entries each. */
  TrailWriter tenures(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      elect();
      resign();
    }
    return this;
  }

  void elect() throws Exception {
    Incumbent incumbent =
        new Incumbent(
            new Candidate("w-1", "host", 1, Optional.empty()),
            Sessions.format(client.getZookeeperClient().getZooKeeper().getSessionId()),
            UUID.randomUUID().toString(),
            Instant.now());
    ScopeView at = view;
    if (at == null) {
      String parent = scope.path().substring(0, scope.path().lastIndexOf('/'));
      client.createContainers(parent);
      commit(CommitProtocol.found(incumbent, "test", Retention.KEEP_ALL, Instant.now()));
    } else {
      commit(CommitProtocol.elect(at, incumbent, "test", Retention.KEEP_ALL, Instant.now()));
    }
  }

  void resign() throws Exception {
    commit(
        CommitProtocol.end(
            view, new Transition.Resigned("closed"), Retention.KEEP_ALL, Instant.now()));
  }

  private void commit(Commit commit) throws Exception {
    List<CuratorOp> curator = new ArrayList<>();
    for (ScopeOp op : commit.ops()) {
      curator.add(ops.curatorOp(scope, op));
    }
    client.transaction().forOperations(curator);
    view = commit.after();
  }
}
