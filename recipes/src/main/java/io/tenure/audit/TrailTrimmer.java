package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.TrailRecord;
import io.tenure.internal.TrimMarker;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.ZnodeOps;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.ForeignDataException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Takes entries out of ZooKeeper that are durably archived.
 *
 * <p>One transaction for each trail: set the data of {@code audit} at the version that was read,
 * and delete entries at version 0. So of two that were decided on the same reading one fails, and a
 * second copy of one whose reply was lost fails as well; the trail is then read again. An entry
 * that a leader's own retention deletes meanwhile makes it fail too.
 *
 * <p><b>Nothing is deleted that is not archived.</b> What goes is a row of entries up to the
 * archive's position, each written by a transaction before the next one's, the last before the one
 * that stays, and none rewritten. So each stood there when the one after it was archived, and was
 * archived with it or before. Where that does not hold, a client meddled: the znodes there are
 * evidence, and are left with all that follow.
 *
 * <p>Confined to the archiver's thread, which it blocks.
 */
final class TrailTrimmer {

  private static final Log log = Log.of(TrailTrimmer.class);

  /** A transaction of some 20 KB: far below what a server takes, and short for the quorum. */
  private static final int MAX_DELETES = 200;

  /** The entries that may go, and the one that follows them. */
  private record Plan(
      TrailState state, ArchivePosition position, List<String> names, String next, boolean more) {}

  /** A trail's transaction. */
  private record Trim(TrailState state, long first, List<CuratorOp> ops, boolean more) {}

  private final CuratorFramework client;
  private final ZnodeReader znodes;
  private final int keep;
  private final Problems problems;

  TrailTrimmer(CuratorFramework client, int keep, Problems problems) {
    this.client = client;
    this.znodes = new ZnodeReader(client);
    this.keep = keep;
    this.problems = problems;
  }

  /**
   * Trims trails.
   *
   * @return those that are to be looked at again
   */
  Set<String> trim(List<TrailState> states, Map<String, ArchivePosition> positions)
      throws InterruptedException {
    List<Plan> plans = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    for (TrailState state : states) {
      ArchivePosition position = positions.get(state.trail);
      if (!state.over && position != null && position.life().equals(state.life)) {
        plan(state, position).ifPresent(plans::add);
      }
    }
    for (Plan plan : plans) {
      plan.names().forEach(name -> paths.add(plan.state().path(name)));
      paths.add(plan.state().path(plan.next()));
    }
    List<Read<Znode>> reads = paths.isEmpty() ? List.of() : znodes.readEach(paths);
    List<Trim> trims = new ArrayList<>();
    int from = 0;
    for (Plan plan : plans) {
      int to = from + plan.names().size() + 1;
      trim(plan, reads.subList(from, to)).ifPresent(trims::add);
      from = to;
    }
    return commit(trims);
  }

  private Optional<Plan> plan(TrailState state, ArchivePosition position) {
    List<String> names = state.names;
    int excess = names.size() - keep;
    int count = Math.min(excess, MAX_DELETES);
    while (count > 0 && TrailState.index(names.get(count - 1)) > position.index()) {
      count--;
    }
    return count <= 0
        ? Optional.empty()
        : Optional.of(
            new Plan(state, position, names.subList(0, count), names.get(count), count < excess));
  }

  private Optional<Trim> trim(Plan plan, List<Read<Znode>> reads) {
    List<Znode> row = row(plan, reads);
    if (row.isEmpty()) {
      return Optional.empty();
    }
    TrailState state = plan.state();
    Znode last = row.get(row.size() - 1);
    long first = TrailState.index(name(last)) + 1;
    try {
      byte[] data =
          state.ownsRecord
              ? TrailRecord.parse(state.audit.path(), state.audit.data()).from(first).bytes()
              : TrimMarker.parse(state.audit.path(), state.audit.data())
                  .from(first, AuditFormat.digest(last.data()))
                  .bytes();
      return Optional.of(new Trim(state, first, ops(state, data, row), plan.more()));
    } catch (ForeignDataException e) {
      problems.say(state.audit.path(), e.getMessage() + "; the trail is not trimmed");
      return Optional.empty();
    }
  }

  /** The entries at the beginning of a trail that are what was archived, and may go. */
  private List<Znode> row(Plan plan, List<Read<Znode>> reads) {
    List<Znode> row = new ArrayList<>();
    for (int i = 0; i + 1 < reads.size(); i++) {
      Optional<Znode> entry = reads.get(i).found();
      Optional<Znode> next = reads.get(i + 1).found();
      if (entry.isEmpty() || next.isEmpty()) {
        break; // Retention was here at the same time; another look will tell.
      }
      Optional<String> meddling = meddling(entry.get(), next.get(), plan.position());
      if (meddling.isPresent()) {
        problems.say(
            entry.get().path(),
            meddling.get() + ": it may not be what was archived, and is left with what follows it");
        break;
      }
      row.add(entry.get());
    }
    return row;
  }

  private static Optional<String> meddling(Znode entry, Znode next, ArchivePosition position) {
    if (entry.stat().getVersion() != 0) {
      return Optional.of("was rewritten");
    }
    if (TrailState.index(name(entry)) == TrailState.index(name(next))) {
      return Optional.of("shares its index with " + next.path());
    }
    // A lost entry and the election after it are of one transaction.
    return entry.stat().getCzxid() > next.stat().getCzxid()
            || entry.stat().getCzxid() > position.zxid()
        ? Optional.of("was written after the entry that follows it")
        : Optional.empty();
  }

  private static String name(Znode entry) {
    return entry.path().substring(entry.path().lastIndexOf('/') + 1);
  }

  private List<CuratorOp> ops(TrailState state, byte[] data, List<Znode> row) {
    List<CuratorOp> ops = new ArrayList<>(row.size() + 1);
    ZnodeOps znodes = new ZnodeOps(client);
    ops.add(znodes.set(state.audit.path(), data, state.audit.stat().getVersion()));
    row.forEach(entry -> ops.add(znodes.delete(entry.path(), 0)));
    return ops;
  }

  private Set<String> commit(List<Trim> trims) throws InterruptedException {
    List<CompletableFuture<CuratorEvent>> sent = new ArrayList<>(trims.size());
    for (Trim trim : trims) {
      sent.add(
          ZnodeReader.start(
              client, call -> client.transaction().inBackground(call).forOperations(trim.ops())));
    }
    Set<String> again = new HashSet<>();
    for (int i = 0; i < trims.size(); i++) {
      Trim trim = trims.get(i);
      Code code = ServerErrors.code(ZnodeReader.await(sent.get(i)).getResultCode());
      if (committed(trim, code)) {
        log.debug("{}: all before entry {} is taken out", trim.state().trail, trim.first());
        problems.tell(listener -> listener.trimmed(trim.state().trail, trim.first()));
        if (trim.more()) {
          again.add(trim.state().trail);
        }
      } else if (code == Code.BADVERSION || code == Code.NONODE) {
        again.add(trim.state().trail);
      }
    }
    return again;
  }

  private boolean committed(Trim trim, Code code) {
    String path = trim.state().audit.path();
    switch (code) {
      case OK -> {
        return true;
      }
      case BADVERSION, NONODE ->
          log.debug("{}: somebody was faster ({}); it is read again", path, code);
      case NOAUTH ->
          problems.say(
              path, ServerErrors.refused(code, path, "write and delete").getMessage() + "");
      case NOTEMPTY -> problems.say(path, "an entry has a child and cannot be deleted; delete it");
      default -> {
        if (ServerErrors.isTransient(code)) {
          throw ServerErrors.refused(code, path, "delete");
        }
        problems.say(path, "cannot be trimmed: " + ServerErrors.sentence(code, path, "delete"));
      }
    }
    return false;
  }
}
