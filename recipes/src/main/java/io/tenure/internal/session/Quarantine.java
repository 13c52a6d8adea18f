package io.tenure.internal.session;

import io.tenure.internal.EntryNaming;
import io.tenure.internal.QuarantineNote;
import io.tenure.internal.Sessions;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.TenureException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.data.Stat;

/**
 * Moves znodes that no transition made out of a trail, each in a transaction: it checks that the
 * record has the version at which the znode was found to be none, makes the note, and deletes the
 * znode. So nothing that a transition makes meanwhile is taken for one of them, and nothing is
 * deleted without a note.
 *
 * <p>Blocks; confined to one thread.
 */
public final class Quarantine {

  /** Where transitions come so fast that the trail never stands still, an operator has to pause. */
  private static final int MAX_READINGS = 200;

  /**
   * What a reading found.
   *
   * @param recordPath the znode with the trail's record
   * @param recordVersion its version before and after the reading
   * @param foreign paths of the znodes to be moved
   */
  public record Found(String recordPath, int recordVersion, List<String> foreign) {}

  /** Reads the trail. */
  public interface Trail {
    /** Reads it once more; empty if a transition was made meanwhile. */
    Optional<Found> find() throws InterruptedException;
  }

  /**
   * What became of one znode.
   *
   * @param to where it is now; empty if it could not be moved
   * @param problem why it could not be moved
   */
  public record Moved(String from, Optional<String> to, String problem) {}

  /** A znode that stands in quarantine, and its note where that can be read. */
  public record Standing(String path, Optional<QuarantineNote> note) {}

  private enum Outcome {
    DONE,
    LEFT,
    READ_AGAIN
  }

  private final CuratorFramework client;
  private final ZnodeReader znodes;
  private final ZnodeOps ops;
  private final String path;
  private final List<Moved> moved = new ArrayList<>();

  /** The quarantine beside a trail. */
  public Quarantine(CuratorFramework client, String path) {
    this.client = client;
    this.znodes = new ZnodeReader(client);
    this.ops = new ZnodeOps(client);
    this.path = path;
  }

  /** The znodes in quarantine. */
  public List<Standing> standing() throws InterruptedException {
    List<String> paths =
        znodes
            .listEach(List.of(path))
            .get(0)
            .found()
            .map(ZnodeReader.Listing::names)
            .orElse(List.of())
            .stream()
            .map(name -> path + "/" + name)
            .toList();
    List<Standing> standing = new ArrayList<>(paths.size());
    for (Read<Znode> read : znodes.readEach(paths)) {
      standing.add(new Standing(read.path(), read.found().flatMap(Quarantine::note)));
    }
    return standing;
  }

  private static Optional<QuarantineNote> note(Znode node) {
    try {
      return Optional.of(QuarantineNote.parse(node.path(), node.data()));
    } catch (ForeignDataException e) {
      return Optional.empty();
    }
  }

  /** Moves everything that is found. */
  public List<Moved> move(Trail trail, String by, String reason, Instant time)
      throws InterruptedException {
    Set<String> settled = new HashSet<>();
    for (int readings = 0; readings < MAX_READINGS; readings++) {
      Optional<Found> found = trail.find();
      if (found.isEmpty()) {
        continue;
      }
      List<String> left =
          found.get().foreign().stream().filter(one -> !settled.contains(one)).toList();
      if (left.isEmpty()) {
        return moved;
      }
      makeParent();
      for (String one : left) {
        Outcome outcome = move(found.get(), one, by, reason, time);
        if (outcome == Outcome.READ_AGAIN) {
          break;
        }
        settled.add(one);
      }
    }
    throw new CoordinationException(
        "the record beside "
            + path
            + " changed between reading and writing "
            + MAX_READINGS
            + " times in a row: "
            + moved.size()
            + " were moved; try again");
  }

  /** Servers may deny even this to clients that may not read it. */
  private boolean isThere() throws Exception {
    try {
      return client.checkExists().forPath(path) != null;
    } catch (KeeperException.NoAuthException e) {
      return true;
    }
  }

  private void makeParent() throws InterruptedException {
    try {
      if (!isThere()) {
        client.transaction().forOperations(ops.create(path, new byte[0], CreateMode.PERSISTENT));
      }
    } catch (KeeperException.NodeExistsException e) {
      // Made meanwhile.
    } catch (KeeperException.NoAuthException e) {
      throw new PermissionDeniedException(
          "the server denies create on "
              + path.substring(0, path.lastIndexOf('/'))
              + ", where "
              + path
              + " is to be: give an operator's credentials as well, or try this once with them alone,"
              + " which makes it, and then with the archiver's",
          e);
    } catch (InterruptedException | TenureException e) {
      throw e;
    } catch (Exception e) {
      throw ServerErrors.failed(e, path, "create");
    }
  }

  private Outcome move(Found found, String from, String by, String reason, Instant time)
      throws InterruptedException {
    Read<Znode> read = znodes.readEach(List.of(from)).get(0);
    if (!read.denied() && read.found().isEmpty()) {
      return Outcome.DONE; // Gone.
    }
    Optional<byte[]> data = read.found().map(Znode::data);
    Optional<Stat> stat = read.found().map(Znode::stat);
    QuarantineNote note = new QuarantineNote(from, by, reason, time);
    byte[] bytes =
        note.bytes(
            data,
            stat.map(Stat::getCzxid).orElse(0L),
            Instant.ofEpochMilli(stat.map(Stat::getCtime).orElse(0L)));
    String plain = path + "/" + QuarantineNote.name(from.substring(from.lastIndexOf('/') + 1));
    String other =
        plain + EntryNaming.SEPARATOR + Sessions.format(stat.map(Stat::getCzxid).orElse(0L));
    for (String to : List.of(plain, other)) {
      List<CuratorOp> transaction =
          List.of(
              ops.check(found.recordPath(), found.recordVersion()),
              ops.create(to, bytes, CreateMode.PERSISTENT),
              stat.map(known -> ops.delete(from, known.getVersion()))
                  .orElseGet(() -> ops.delete(from)));
      Optional<Outcome> outcome = commit(transaction, from, to);
      if (outcome.isPresent()) {
        return outcome.get();
      }
    }
    return left(from, other + " stands there already");
  }

  /** Empty if the name in quarantine is taken. */
  private Optional<Outcome> commit(List<CuratorOp> transaction, String from, String to)
      throws InterruptedException {
    try {
      client.transaction().forOperations(transaction);
      moved.add(new Moved(from, Optional.of(to), ""));
      return Optional.of(Outcome.DONE);
    } catch (KeeperException e) {
      int failed = failedOp(e.getResults());
      return switch (e.code()) {
        case NODEEXISTS -> Optional.empty();
        case BADVERSION, NONODE -> Optional.of(Outcome.READ_AGAIN);
        case NOTEMPTY -> Optional.of(left(from, "has children: delete them first"));
        case NOAUTH ->
            throw ServerErrors.refused(
                Code.NOAUTH,
                failed == 1 ? path : from.substring(0, from.lastIndexOf('/')),
                failed == 1 ? "create" : "delete");
        default -> throw ServerErrors.failed(e, from, "move");
      };
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      throw ServerErrors.failed(e, from, "move");
    }
  }

  private static int failedOp(List<OpResult> results) {
    for (int i = 0; results != null && i < results.size(); i++) {
      if (results.get(i) instanceof OpResult.ErrorResult error
          && error.getErr() != Code.OK.intValue()) {
        return i;
      }
    }
    return -1;
  }

  private Outcome left(String from, String problem) {
    moved.add(new Moved(from, Optional.empty(), problem));
    return Outcome.LEFT;
  }
}
