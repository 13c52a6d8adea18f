package io.tenure.sharding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.internal.session.FailureText;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.ZnodeOps;
import io.tenure.scope.Bounds;
import io.tenure.scope.Candidate;
import io.tenure.scope.Printable;
import io.tenure.scope.TenureException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;

/**
 * The note of a worker that the group refuses: {@code /<group>/refused/<id>}, ephemeral, so that
 * those who look at the group see who cannot join and why. Where the note cannot be written, the
 * worker's log and listener tell all the same.
 *
 * <p>Confined to the monitor's event thread.
 */
final class RefusalNote {

  private static final Log log = Log.of(RefusalNote.class);

  private final Monitor monitor;
  private final ZnodeOps ops;
  private final GroupPaths paths;
  private final Candidate candidate;

  RefusalNote(Monitor monitor, GroupPaths paths, Candidate candidate) {
    this.monitor = monitor;
    this.ops = new ZnodeOps(monitor.client());
    this.paths = paths;
    this.candidate = candidate;
  }

  /** Writes it, or writes it again. Throws nothing: what refuses the worker may refuse the note. */
  void write(TenureException cause) {
    long session = monitor.sessionId();
    if (session == 0) {
      return;
    }
    try {
      write(session, cause);
    } catch (TenureException e) {
      log.debug("{} cannot be written", path(), e);
    }
  }

  private void write(long session, TenureException cause) {
    byte[] data = data(cause);
    create(session, data)
        .thenCompose(
            code -> {
              if (code == Code.NONODE) {
                return monitor
                    .transact(
                        session,
                        paths.refused(),
                        () ->
                            List.of(
                                ops.create(paths.refused(), new byte[0], CreateMode.PERSISTENT)))
                    .thenCompose(made -> create(session, data));
              } else if (code == Code.NODEEXISTS) {
                return monitor
                    .transact(session, List.of(ops.set(path(), data)))
                    .thenApply(reply -> reply.code());
              }
              return CompletableFuture.completedFuture(code);
            })
        .whenComplete(
            (code, error) -> {
              if (error != null || code != Code.OK) {
                log.debug("{} cannot be written: {}", path(), code, error);
              }
            });
  }

  private CompletableFuture<Code> create(long session, byte[] data) {
    return monitor
        .transact(session, path(), () -> List.of(ops.create(path(), data, CreateMode.EPHEMERAL)))
        .thenApply(reply -> reply.code());
  }

  /** Takes it back, where it is this session's. */
  void remove() {
    long session = monitor.sessionId();
    if (session == 0) {
      return;
    }
    monitor
        .read(session, List.of(Op.getData(monitor.realPath(path()))))
        .thenAccept(
            reply -> {
              if (!reply.results().isEmpty()
                  && reply.results().get(0) instanceof OpResult.GetDataResult found
                  && found.getStat().getEphemeralOwner() == session) {
                monitor.transact(session, List.of(ops.delete(path())));
              }
            });
  }

  private String path() {
    return paths.refused(candidate.id());
  }

  private byte[] data(TenureException cause) {
    ObjectNode json = ZnodeJson.create();
    json.put("worker", candidate.id());
    json.put("host", candidate.host());
    json.put("pid", candidate.pid());
    json.put("why", Printable.of(FailureText.of(cause), Bounds.EXPLANATION_CHARS));
    json.put("since", Instant.ofEpochMilli(monitor.clock().wallMillis()).toString());
    return ZnodeJson.bytes(json);
  }
}
