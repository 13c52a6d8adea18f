package io.tenure.cli;

import io.tenure.audit.ArchiveListener;
import io.tenure.audit.ArchivePosition;
import io.tenure.audit.ArchiveSink;
import io.tenure.audit.Archived;
import io.tenure.audit.ArchivedEntry;
import io.tenure.audit.ArchivedGap;
import io.tenure.audit.AuditArchiver;
import io.tenure.audit.AuditTrail;
import io.tenure.cli.serve.LiveSource;
import io.tenure.cli.serve.ServedStatus;
import io.tenure.cli.timeline.LiveTimeline;
import io.tenure.scope.TenureException;
import io.tenure.sharding.GroupStatus;
import io.tenure.sharding.ShardGroup;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;

/**
 * Keeps a timeline and a status up to date with ZooKeeper: entries as they are added, and every two
 * seconds who leads and who is there.
 *
 * <p>Entries are taken on the archiver's thread, the status is read on the thread that {@linkplain
 * #await waits}, and both are shown by threads of the server.
 */
final class Live implements ArchiveSink, ArchiveListener, AutoCloseable {

  private static final long STATUS_MILLIS = 2_000;

  private final CuratorFramework client;
  private final Target target;
  private final LiveTimeline timeline;
  private final AuditArchiver archiver;
  private final CompletableFuture<Void> ended;
  private final Map<String, ArchivePosition> positions = new HashMap<>(); // Archiver's thread.
  private volatile Optional<ServedStatus> status = Optional.empty();

  private Live(CuratorFramework client, Target target, Clock clock) throws InterruptedException {
    this.client = client;
    this.target = target;
    this.timeline = new LiveTimeline(target.path(), LiveTimeline.Limits.DEFAULT, clock);
    new Trails(client, target).scopes().forEach(timeline::scope);
    look();
    this.archiver = AuditArchiver.builder(client, target.path()).sink(this).listener(this).build();
    this.ended = archiver.start().toCompletableFuture();
  }

  static Live start(CuratorFramework client, Target target, Clock clock)
      throws InterruptedException {
    return new Live(client, target, clock);
  }

  LiveSource source() {
    return LiveSource.of(timeline, () -> status);
  }

  /** Keeps the status up to date, until the thread is interrupted or the archiver fails. */
  void await() throws InterruptedException {
    while (true) {
      try {
        ended.get(STATUS_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        look(); // Two seconds have passed.
      } catch (ExecutionException e) {
        throw new IllegalStateException("following ended: " + e.getCause(), e);
      }
    }
  }

  private void look() throws InterruptedException {
    try {
      if (target instanceof Target.OfGroup group) {
        GroupStatus now = ShardGroup.of(client, group.path()).status();
        now.shards()
            .forEach(
                shard ->
                    timeline.office(group.shard(shard.shard()).path(), shard.leader().isPresent()));
        timeline.shards(
            now.shards().stream()
                .map(shard -> group.shard(shard.shard()).path())
                .collect(Collectors.toSet()));
        now.coordinator()
            .ifPresentOrElse(
                any -> timeline.office(group.coordinator().path(), true),
                () -> timeline.office(group.coordinator().path(), false));
        status = Optional.of(served(now));
      } else if (target instanceof Target.OfScope scope) {
        timeline.office(scope.path(), ScopeStatus.read(client, scope.scope()).trail().led());
      }
      timeline.connected();
    } catch (TenureException e) {
      timeline.disconnected();
    }
  }

  @Override
  public Map<String, ArchivePosition> positions() {
    return positions;
  }

  @Override
  public void write(List<Archived> items) {
    for (Archived item : items) {
      positions.put(item.trail(), item.position());
      boolean ofGroup = target instanceof Target.OfGroup && item.trail().equals(target.path());
      if (ofGroup || !AuditItems.isWanted(target, item.trail())) {
        continue; // What operators did is no tenure.
      }
      if (item instanceof ArchivedGap gap) {
        timeline.missingUntil(gap.trail(), gap.last());
      } else if (item instanceof ArchivedEntry entry) {
        try {
          timeline.entry(entry.trail(), entry.recorded());
        } catch (TenureException e) {
          timeline.problem(
              entry.trail(),
              new AuditTrail.Unreadable(entry.path(), String.valueOf(e.getMessage())));
        }
      }
    }
  }

  private static ServedStatus served(GroupStatus now) {
    return new ServedStatus(
        now.shards().size(),
        now.shards().size() - now.vacant().size(),
        now.vacant().stream().map(GroupStatus.Shard::shard).toList(),
        now.coordinator().map(tenure -> tenure.candidate().id()),
        OptionalLong.of(now.planVersion()),
        now.workers().stream()
            .map(
                worker ->
                    new ServedStatus.Worker(
                        worker.info().id(),
                        Optional.of(worker.info().zone()).filter(zone -> !zone.isEmpty()),
                        worker.isDraining() ? "draining" : "active",
                        worker.drained().isPresent(),
                        worker.leads(),
                        worker.standsBy(),
                        OptionalDouble.of(worker.capacity()),
                        OptionalDouble.of(worker.info().utilization())))
            .toList());
  }

  @Override
  public void close() {
    archiver.close();
  }
}
