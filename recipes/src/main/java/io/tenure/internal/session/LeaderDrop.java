package io.tenure.internal.session;

import io.tenure.internal.Backoff;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.Sessions;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;

/**
 * Deletes the {@code leader} node of one tenure without a record of its end, because the record
 * cannot be written: no other candidate can be elected while the node is there.
 *
 * <p>Insists while the session lives, which is as long as the node would. Deletes the node of that
 * tenure alone, also where an operator has written over it: the transaction checks that the record
 * is as it was when the node was read, so that the node of a later tenure is left where it is.
 *
 * <p>Confined to the monitor's event thread.
 */
public final class LeaderDrop {

  private static final Log log = Log.of(LeaderDrop.class);

  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Monitor monitor;
  private final ScopeOps scopeOps;
  private final Scope scope;
  private final long session;
  private final String nonce;
  private final Backoff backoff = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  private boolean warned;

  private LeaderDrop(Monitor monitor, ScopeOps scopeOps, Scope scope, long session, String nonce) {
    this.monitor = monitor;
    this.scopeOps = scopeOps;
    this.scope = scope;
    this.session = session;
    this.nonce = nonce;
  }

  /**
   * Starts to delete the node.
   *
   * @return completes on the event thread when the node is gone, with its session at the latest
   */
  public static CompletableFuture<Void> start(
      Monitor monitor, ScopeOps scopeOps, Scope scope, long session, String nonce) {
    LeaderDrop drop = new LeaderDrop(monitor, scopeOps, scope, session, nonce);
    drop.read();
    return drop.gone;
  }

  private void read() {
    if (monitor.sessionId() != session) {
      gone.complete(null); // An ephemeral node goes with its session.
      return;
    }
    monitor
        .read(
            session,
            List.of(
                Op.getData(monitor.realPath(scope.path())),
                Op.getData(monitor.realPath(scope.leaderPath()))))
        .thenAccept(this::delete);
  }

  private void delete(Reply reply) {
    if (reply.results().size() < 2) {
      again(reply.code());
    } else if (reply.results().get(1) instanceof OpResult.ErrorResult error) {
      Code code = ServerErrors.code(error.getErr());
      if (code == Code.NONODE) {
        gone.complete(null);
      } else {
        again(code);
      }
    } else if (reply.results().get(1) instanceof OpResult.GetDataResult leader
        && isOfTheTenure(leader, reply.results().get(0))) {
      List<CuratorOp> ops = new ArrayList<>(2);
      if (reply.results().get(0) instanceof OpResult.GetDataResult record) {
        ops.add(scopeOps.check(scope, record.getStat().getVersion()));
      }
      ops.add(scopeOps.curatorOp(scope, new ScopeOp.DeleteLeader()));
      monitor.transact(session, ops).thenAccept(this::deleted);
    } else {
      gone.complete(null); // The node of another tenure.
    }
  }

  /** The record tells the owner of a node that was overwritten. */
  private boolean isOfTheTenure(OpResult.GetDataResult leader, OpResult record) {
    if (leader.getStat().getEphemeralOwner() != session) {
      return false;
    }
    return LeaderNode.nonce(leader.getData())
        .map(nonce::equals)
        .orElseGet(() -> !isOfALaterTenureHere(leader, record));
  }

  /**
   * Another of this session was elected since, which was possible only without the node. That
   * record was written together with the node; one that was set back by hand says nothing of it.
   */
  private boolean isOfALaterTenureHere(OpResult.GetDataResult leader, OpResult record) {
    if (!(record instanceof OpResult.GetDataResult read)
        || read.getStat().getMzxid() != leader.getStat().getCzxid()) {
      return false;
    }
    try {
      return ScopeRecord.parse(scope.path(), read.getData())
          .incumbent()
          .filter(last -> last.session().equals(Sessions.format(session)))
          .filter(last -> !last.nonce().equals(nonce))
          .isPresent();
    } catch (TenureException e) {
      return false;
    }
  }

  private void deleted(Reply reply) {
    if (reply.ok()) {
      gone.complete(null);
    } else {
      again(reply.code());
    }
  }

  private void again(Code why) {
    boolean race = why == Code.BADVERSION || why == Code.NONODE;
    if (!race && !ServerErrors.isTransient(why) && !warned) {
      warned = true;
      log.warn(
          "scope={} {} cannot be deleted ({}), and no other candidate is elected meanwhile: allow"
              + " it to this client, or delete the node by hand",
          scope,
          scope.leaderPath(),
          why);
    }
    monitor.schedule(this::read, backoff.nextNanos());
  }
}
