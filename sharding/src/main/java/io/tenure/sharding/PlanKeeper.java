package io.tenure.sharding;

import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.lease.Lease;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/**
 * Keeps the plan as the coordinator has written it: looks at what another hand may have changed,
 * says that once, and writes the plan again. In an idle group that costs no request, see {@link
 * PlanEvents}. Where another hand writes again and again, the pauses between the repairs grow.
 *
 * <p>Confined to the coordinator's thread, but for what is {@link #happened}.
 */
final class PlanKeeper {

  private static final Log log = Log.of(PlanKeeper.class);

  private static final int MAX_TOLD_AT_A_TIME = 5;

  private final Monitor monitor;
  private final GroupPaths paths;
  private final GroupReader reader;
  private final PlanEvents events = new PlanEvents();
  private final PlanCopy copy;
  private final PlanWriter writer;
  private final PlanRepairs repairs;

  PlanKeeper(Monitor monitor, GroupPaths paths, GroupReader reader, DoubleSupplier lot) {
    this.monitor = monitor;
    this.paths = paths;
    this.reader = reader;
    this.copy = new PlanCopy(paths.plans());
    this.writer = new PlanWriter(monitor, paths, copy, events);
    this.repairs = new PlanRepairs(lot);
  }

  PlanWriter writer() {
    return writer;
  }

  /**
   * Something has happened to a znode of the plan. On any thread.
   *
   * @return whether to look at once
   */
  boolean happened(String path) {
    return events.happened(path) && !repairs.isResting(now());
  }

  /** Events may have been missed. On any thread. */
  void suspectAll() {
    events.suspectAll();
  }

  /** Reads the plan, which counts as it is found. */
  GroupReader.StandingPlan begin() throws GroupReader.NotConnectedException, InterruptedException {
    events.answered();
    events.take(); // Before the reading: what happens after it is looked at.
    GroupReader.StandingPlan standing = reader.plan();
    copy.begin(standing.data(), standing.children());
    return standing;
  }

  /**
   * Looks at what is suspect, and writes it again where it differs.
   *
   * @return when to look again even if nothing happens
   */
  OptionalLong keep(Lease lease)
      throws GroupReader.NotConnectedException, InterruptedException, KeeperException {
    long left = repairs.nanosLeft(now());
    if (left > 0) {
      return OptionalLong.of(left);
    }
    boolean all = events.isAllSuspect();
    Set<String> suspects = events.take();
    if (!all && suspects.isEmpty()) {
      repairs.calm(now());
      return OptionalLong.empty();
    }
    try {
      return mend(lease, suspects(all, suspects));
    } catch (GroupReader.NotConnectedException | RuntimeException | KeeperException e) {
      events.suspectAll();
      throw e;
    }
  }

  private Set<String> suspects(boolean all, Set<String> some)
      throws GroupReader.NotConnectedException, InterruptedException {
    Set<String> suspects = new HashSet<>(some);
    if (all) {
      suspects.addAll(copy.paths());
      suspects.addAll(reader.planPaths());
    }
    suspects.add(paths.plans());
    return suspects;
  }

  private OptionalLong mend(Lease lease, Set<String> suspects)
      throws GroupReader.NotConnectedException, InterruptedException, KeeperException {
    List<PlanCopy.Difference> differences = copy.compare(reader.found(suspects));
    List<PlanCopy.Difference> wrong =
        differences.stream().filter(PlanCopy.Difference::isToBeMended).toList();
    tell(repairs.news(differences));
    if (wrong.isEmpty()) {
      repairs.calm(now());
      return OptionalLong.empty();
    }
    repairs.repaired(now());
    if (repairs.isFightNews()) {
      log.warn(
          "group={} another client writes the plan again and again, last {}: the coordinator writes"
              + " it again after pauses that grow, and shards go to and fro until the other one"
              + " stops. Find it by the zxid in the servers' audit or transaction log, and let it"
              + " stop, or take its permission for {}",
          paths.group(),
          text(wrong.get(0)),
          paths.plans());
    }
    try {
      writer.mend(lease, wrong);
      log.debug("group={} {} znodes of the plan written again", paths.group(), wrong.size());
    } catch (KeeperException.NoNodeException | KeeperException.NodeExistsException e) {
      // The other hand was there once more. The copy counts, so the plan is not read anew for that.
      log.debug("group={} the plan changed while it was written again", paths.group(), e);
      events.suspectAll();
    }
    return OptionalLong.of(repairs.nanosLeft(now()));
  }

  private void tell(List<PlanCopy.Difference> news) {
    if (news.isEmpty()) {
      return;
    }
    List<String> told = news.stream().limit(MAX_TOLD_AT_A_TIME).map(PlanKeeper::text).toList();
    int more = news.size() - told.size();
    boolean mends = news.stream().anyMatch(PlanCopy.Difference::isToBeMended);
    log.warn(
        "group={} the plan is the coordinator's, and another client has changed it: {}{}. {}",
        paths.group(),
        String.join("; ", told),
        more > 0 ? "; and " + more + " more" : "",
        mends
            ? "The coordinator writes its plan again. To move shards, use directives (tenure pin,"
                + " move, drain)"
            : "Delete what does not belong there");
  }

  /** With what tells who did it: the servers' logs know the session of a zxid. */
  private static String text(PlanCopy.Difference one) {
    return one.path()
        + " "
        + one.kind().words()
        + one.stat().map(stat -> " (" + who(stat, one.kind()) + ")").orElse("");
  }

  private static String who(Stat stat, PlanCopy.Kind kind) {
    return switch (kind) {
      case DELETED -> "by zxid 0x" + Long.toHexString(stat.getPzxid()) + " or before";
      case FOREIGN -> by(stat.getCzxid(), stat.getCtime());
      case EMPTIED, CHANGED -> by(stat.getMzxid(), stat.getMtime());
    };
  }

  private static String by(long zxid, long millis) {
    return "by zxid 0x" + Long.toHexString(zxid) + " at " + Instant.ofEpochMilli(millis);
  }

  private long now() {
    return monitor.clock().monotonicNanos();
  }
}
