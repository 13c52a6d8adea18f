package io.tenure.sharding;

import io.tenure.internal.Backoff;
import io.tenure.internal.EntryNaming;
import io.tenure.internal.ForgedEntry;
import io.tenure.internal.TrailRecord;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.SessionIdentity;
import io.tenure.internal.session.ZnodeOps;
import io.tenure.lease.LeaseClock;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.OutcomeUnknownException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.OpResult;
import org.jspecify.annotations.Nullable;

/**
 * Writes what operators want of a group, and that they wanted it: one transaction sets the record
 * of the group's trail at the version that was read, adds the entry, and makes the change. So
 * nothing is changed without an entry, and no entry tells of something that was not done.
 *
 * <p><b>If the answer is lost</b>, the change may have been made: Curator sends the transaction
 * again, and the second copy finds another version of the record. Each change has a nonce. Before
 * it is tried again, the record is read, and then the entry at the index that it would have got; if
 * it bears the nonce, the change is made. As long as the record has the version that was read
 * first, a copy may be applied yet, and then the new attempt fails; as soon as it has another, none
 * can be. So nothing is recorded twice, and nothing that was done is taken for undone.
 *
 * <p><b>Nothing is deleted here.</b> An operator who may create entries and write the record, but
 * delete nothing, can do everything that leaves no directive to take back; and no operator's
 * history is cut by another operator's change. The trail grows by one small znode for each change;
 * the archiver takes out what is old, and tells so in the record.
 *
 * <p>Blocks; thread-safe, without state of its own.
 */
final class GroupWriter {

  private static final Log log = Log.of(GroupWriter.class);

  /** Each time, another client has changed the group between reading and writing. */
  private static final int MAX_ATTEMPTS = 50;

  /** Where the creation of the entry is among the steps of a change. */
  private static final int ENTRY_STEP = 1;

  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final CuratorFramework client;
  private final ZnodeOps ops;
  private final GroupPaths paths;
  private final GroupReads reads;
  private final GroupTrail trail;
  private final LeaseClock clock;

  GroupWriter(CuratorFramework client, GroupReads reads, GroupTrail trail, LeaseClock clock) {
    this.client = client;
    this.ops = new ZnodeOps(client);
    this.paths = reads.paths;
    this.reads = reads;
    this.trail = trail;
    this.clock = clock;
  }

  /**
   * Makes a change.
   *
   * @param by who asks for it
   * @return what was recorded; empty if the change takes something back that does not exist
   */
  Optional<Operation> apply(GroupChange change, String by) throws InterruptedException {
    List<String> identity = SessionIdentity.of(client);
    return new Attempt(change, by, identity, Instant.ofEpochMilli(clock.wallMillis())).run();
  }

  /** One change, until it is made. Confined to its thread. */
  private final class Attempt {
    private final GroupChange change;
    private final String by;
    private final List<String> identity;
    private final Instant time;
    private final String nonce = UUID.randomUUID().toString();

    /** The entries that were sent, of which one may have been written; the last one last. */
    private final Set<String> sent = new LinkedHashSet<>();

    /** How the entry is named. */
    private EntryNaming naming = EntryNaming.PLAIN;

    /** Whether an answer is missing, and not only one that says no. */
    private boolean unknown;

    /** The tenure that the change is about: the one that was in office when it was asked for. */
    private Optional<Long> epoch = Optional.empty();

    Attempt(GroupChange change, String by, List<String> identity, Instant time) {
      this.change = change;
      this.by = by;
      this.identity = identity;
      this.time = time;
    }

    Optional<Operation> run() throws InterruptedException {
      Optional<Failure> last = Optional.empty();
      Backoff pauses = new Backoff(FIRST_PAUSE_NANOS, LONGEST_PAUSE_NANOS);
      for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        if (attempt > 0) {
          TimeUnit.NANOSECONDS.sleep(pauses.nextNanos());
        }
        Wanted wanted = wanted();
        // The record last, so that others have little time to get in between.
        Optional<GroupTrail.Head> head = readHead();
        Optional<Operation> own = findOwn(head);
        if (own.isPresent() || wanted.edit() instanceof GroupEdit.Nothing) {
          return own;
        }
        GroupEdit edit = wanted.orThrow();
        GroupTrail.Head present = head.isPresent() ? head.get() : makeTrail();
        OperationEntry entry = entry(present.record(), edit);
        List<Step> steps = steps(present, entry, edit);
        sent.add(paths.audit() + "/" + entry.name());
        try {
          return Optional.of(commit(steps, entry));
        } catch (KeeperException e) {
          last = Optional.of(failure(e, steps));
        }
      }
      throw givenUp(last.orElseThrow());
    }

    /**
     * What the change comes down to now. Once something was sent, a refusal has to wait until it is
     * known what became of that: what was to be done may be done.
     */
    private Wanted wanted() throws InterruptedException {
      GroupFacts facts;
      try {
        reads.sync();
        facts = reads.facts(change);
      } catch (TenureException e) {
        throw unread(e);
      }
      try {
        checkSameTenure(facts);
        return new Wanted(new GroupEdits(facts).edit(change), Optional.empty());
      } catch (IllegalArgumentException | IllegalStateException e) {
        if (sent.isEmpty()) {
          throw e;
        }
        return new Wanted(null, Optional.of(e));
      }
    }

    private Optional<GroupTrail.Head> readHead() throws InterruptedException {
      try {
        return trail.head();
      } catch (TenureException e) {
        throw unread(e);
      }
    }

    /**
     * Looks whether a transaction whose answer was lost was applied after all.
     *
     * @param head read before: if it has moved on, what was sent is decided
     */
    private Optional<Operation> findOwn(Optional<GroupTrail.Head> head)
        throws InterruptedException {
      try {
        if (head.isPresent()) {
          for (String path : sent) {
            Optional<Operation> own = trail.find(path, nonce);
            if (own.isPresent()) {
              return own;
            }
          }
        }
        return Optional.empty();
      } catch (TenureException e) {
        throw unread(e);
      }
    }

    /** The error if nothing can be read: if a transaction was sent, its outcome is unknown. */
    private TenureException unread(TenureException e) {
      return unknown
          ? new OutcomeUnknownException(
              "the "
                  + change.event()
                  + " of "
                  + paths.group()
                  + " was sent and no answer came. It was made if "
                  + String.join(" or ", sent)
                  + " stands in the trail",
              e)
          : e;
    }

    /** A successor must not pay for what an operator wanted of its predecessor. */
    private void checkSameTenure(GroupFacts facts) {
      Optional<Long> present = facts.office().map(GroupFacts.Office::epoch);
      if (epoch.isPresent() && !present.equals(epoch)) {
        throw new IllegalStateException(
            "epoch "
                + epoch.get()
                + " of shard "
                + change.subject()
                + " of "
                + paths.group()
                + " ended meanwhile: nothing was revoked");
      }
      epoch = present;
    }

    private OperationEntry entry(TrailRecord record, GroupEdit edit) {
      return new OperationEntry(
          record.auditNext(),
          change.event(),
          change.subject(),
          edit.value(),
          change.reason(),
          by,
          identity,
          time,
          nonce,
          record.digest(),
          naming.suffix());
    }

    private Failure failure(KeeperException e, List<Step> steps) {
      Code code = e.code();
      int failed = failedOp(e.getResults());
      Failure failure =
          failed < 0 ? new Failure(code, paths.group(), "write") : steps.get(failed).failure(code);
      if (code == Code.NODEEXISTS && failed == ENTRY_STEP) {
        // The record had the version that was read, so no change made the znode that is there.
        naming = EntryNaming.of(UUID.randomUUID().toString());
        log.warn("{}", ForgedEntry.taken(paths.group(), steps.get(failed).node()));
      }
      boolean transientError = ServerErrors.isTransient(code);
      unknown |= transientError;
      boolean again =
          transientError
              || code == Code.BADVERSION
              || code == Code.NODEEXISTS
              || code == Code.NONODE;
      if (!again) {
        throw failure.refused();
      }
      return failure;
    }

    private TenureException givenUp(Failure last) {
      if (unknown) {
        return new OutcomeUnknownException(
            "the "
                + change.event()
                + " of "
                + paths.group()
                + " was sent and no answer came, "
                + MAX_ATTEMPTS
                + " times in a row",
            KeeperException.create(last.code(), last.path()));
      }
      return last.code() == Code.BADVERSION
          ? new CoordinationException(
              paths.group()
                  + " changed "
                  + MAX_ATTEMPTS
                  + " times in a row while it was changed here")
          : last.refused();
    }
  }

  /** What a change comes down to, or why it cannot be. */
  private record Wanted(@Nullable GroupEdit edit, Optional<RuntimeException> refusal) {
    GroupEdit orThrow() {
      if (refusal.isPresent()) {
        throw refusal.get();
      }
      return Objects.requireNonNull(edit);
    }
  }

  /** Why a transaction was not applied, or may not have been. */
  private record Failure(Code code, String path, String permission) {
    TenureException refused() {
      return ServerErrors.refused(code, path, permission);
    }
  }

  /** One operation of a transaction, and what it needs where. */
  private record Step(CuratorOp op, String path, String permission) {
    /** What hinders: the znode itself, or the znode that has the permission. */
    Failure failure(Code code) {
      boolean itself = code == Code.NOTEMPTY || code == Code.NODEEXISTS;
      return new Failure(code, itself ? node() : path, permission);
    }

    /** The znode itself. */
    String node() {
      return op.getTypeAndPath().getForPath();
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

  /** Makes the trail of a group that an older version has made. To make it twice is harmless. */
  private GroupTrail.Head makeTrail() throws InterruptedException {
    try {
      CuratorOp trail =
          ops.create(paths.audit(), TrailRecord.empty().bytes(), CreateMode.PERSISTENT);
      client.transaction().forOperations(trail);
    } catch (KeeperException.NodeExistsException e) {
      // Another operator was faster, which is just as well.
    } catch (KeeperException e) {
      throw ServerErrors.refused(e.code(), paths.group(), "create");
    } catch (InterruptedException e) {
      throw e;
    } catch (RuntimeException e) {
      throw ServerErrors.thrownByClient(e);
    } catch (Exception e) {
      throw unreachable(e);
    }
    return trail
        .head()
        .orElseThrow(
            () ->
                new CoordinationException(
                    paths.audit() + " was made and is gone again: somebody deletes it"));
  }

  private List<Step> steps(GroupTrail.Head head, OperationEntry entry, GroupEdit edit) {
    List<Step> steps = new ArrayList<>();
    byte[] data = entry.bytes();
    // The record first: where several operations would fail, its version is the truth to act on.
    steps.add(set(paths.audit(), head.record().with(data).bytes(), head.version()));
    steps.add(create(paths.audit(), paths.audit() + "/" + entry.name(), data));
    if (edit instanceof GroupEdit.Put put) {
      steps.add(
          put.version().isPresent()
              ? set(put.path(), put.data(), put.version().getAsInt())
              : create(paths.directives(), put.path(), put.data()));
    } else if (edit instanceof GroupEdit.TakeBack takeBack) {
      takeBack.directives().forEach(standing -> steps.add(delete(standing)));
    } else if (edit instanceof GroupEdit.SetSettings settings) {
      steps.add(set(paths.group(), settings.data(), settings.version()));
    } else if (edit instanceof GroupEdit.Revoke revoke) {
      Scope scope = paths.shard(revoke.shard());
      String text = GroupEdits.revocation(entry.by(), entry.reason());
      steps.add(check(scope.path(), revoke.office().recordVersion()));
      steps.add(
          set(
              scope.leaderPath(),
              text.getBytes(StandardCharsets.UTF_8),
              revoke.office().leaderVersion()));
    }
    return steps;
  }

  private Operation commit(List<Step> steps, OperationEntry entry)
      throws KeeperException, InterruptedException {
    try {
      List<CuratorTransactionResult> results =
          client.transaction().forOperations(steps.stream().map(Step::op).toList());
      // All operations of a transaction have one time, and only a set tells it.
      long millis = results.get(0).getResultStat().getMtime();
      String path = paths.audit() + "/" + entry.name();
      return entry.operation(path, entry.bytes(), Instant.ofEpochMilli(millis));
    } catch (KeeperException | InterruptedException e) {
      throw e;
    } catch (RuntimeException e) {
      throw ServerErrors.thrownByClient(e);
    } catch (Exception e) {
      throw unreachable(e);
    }
  }

  private CoordinationException unreachable(Exception e) {
    return new CoordinationException(paths.group() + " cannot be reached: " + e.getMessage(), e);
  }

  // ---- operations ----

  private Step set(String path, byte[] data, int version) {
    return new Step(ops.set(path, data, version), path, "write");
  }

  private Step create(String parent, String path, byte[] data) {
    return new Step(ops.create(path, data, CreateMode.PERSISTENT), parent, "create");
  }

  private Step delete(GroupFacts.Standing standing) {
    return new Step(ops.delete(standing.path(), standing.version()), paths.directives(), "delete");
  }

  private Step check(String path, int version) {
    return new Step(ops.check(path, version), path, "read");
  }
}
