package io.tenure.cli;

import io.tenure.scope.CoordinationException;
import io.tenure.sharding.GroupChange;
import io.tenure.sharding.PlacementPreview;
import io.tenure.sharding.PlanInfo;
import io.tenure.sharding.ShardDirectory;
import io.tenure.sharding.ShardGroup;
import io.tenure.sharding.ShardLeader;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits until a group is as a change wants it: each shard that was to move is led by its new
 * leader; or the plan has changed since and every shard is led as it says, which happens when
 * something else came between.
 *
 * <p>Made before the change is written, so that nothing after it is missed. Confined to the thread
 * of the command, but for the signal.
 */
final class Settling implements AutoCloseable {

  private static final long LOOK_MILLIS = 500;

  private final ShardGroup group;
  private final PlacementPreview preview;
  private final ShardDirectory directory;
  private final Semaphore changes = new Semaphore(0);
  private final long planBefore;
  private final Optional<String> revoked;
  private final long epochBefore;

  Settling(
      Connection connection,
      Target.OfGroup found,
      ShardGroup group,
      GroupChange change,
      PlacementPreview preview)
      throws InterruptedException {
    this.group = group;
    this.preview = preview;
    this.planBefore = group.plan().version();
    this.directory = ShardDirectory.of(connection.client(), found.path());
    this.revoked =
        change instanceof GroupChange.Revoke revoke
            ? Optional.of(revoke.shard())
            : Optional.empty();
    directory.addListener(change1 -> changes.release());
    try {
      directory
          .start()
          .toCompletableFuture()
          .get(connection.limit().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      directory.close();
      throw new CoordinationException("the shards cannot be watched: " + e.getCause(), e);
    } catch (TimeoutException e) {
      directory.close();
      throw new CoordinationException(
          "the shards could not be read within " + Times.shown(connection.limit()), e);
    }
    this.epochBefore = revoked.flatMap(directory::leaderOf).map(ShardLeader::epoch).orElse(0L);
  }

  /** Waits, and says how it went; the exit code. */
  int await(Io io, Duration limit, String entry) throws InterruptedException {
    int total = revoked.isPresent() ? 1 : preview.caused().size();
    try (Progress progress = new Progress(io, "shards")) {
      while (true) {
        int done = done();
        progress.at(done, total);
        if (done == total || isSettled()) {
          break;
        }
        Duration left = limit.minus(progress.elapsed());
        if (left.isNegative() || left.isZero()) {
          progress.end();
          throw new CommandException(
              ExitCode.NOT_IN_TIME,
              "not done within "
                  + Times.shown(limit)
                  + ": "
                  + done
                  + " of "
                  + total
                  + "; it is recorded ("
                  + entry
                  + ") and goes on without this command");
        }
        // Directory changes wake it; the plan is looked at now and then.
        if (changes.tryAcquire(Math.min(LOOK_MILLIS, left.toMillis() + 1), TimeUnit.MILLISECONDS)) {
          changes.drainPermits();
        }
      }
      progress.end();
      io.out().line("done after " + Times.shown(progress.elapsed()));
      return ExitCode.OK;
    }
  }

  private int done() {
    if (revoked.isPresent()) {
      boolean again =
          revoked
              .flatMap(directory::leaderOf)
              .map(leader -> leader.epoch() > epochBefore)
              .orElse(false);
      return again ? 1 : 0;
    }
    return (int)
        preview.caused().stream().filter(move -> move.to().equals(leader(move.shard()))).count();
  }

  private Optional<String> leader(String shard) {
    return directory.leaderOf(shard).map(ShardLeader::workerId);
  }

  private boolean isSettled() throws InterruptedException {
    if (revoked.isPresent() || !directory.isCurrent()) {
      return false;
    }
    PlanInfo plan = group.plan();
    if (plan.version() <= planBefore) {
      return false;
    }
    for (var part : plan.workers().entrySet()) {
      List<String> leads = part.getValue().leads();
      if (!part.getValue().takesOver().isEmpty()
          || !leads.stream().allMatch(shard -> isLedBy(shard, part.getKey()))) {
        return false;
      }
    }
    return true;
  }

  private boolean isLedBy(String shard, String worker) {
    return leader(shard).map(worker::equals).orElse(false);
  }

  @Override
  public void close() {
    directory.close();
  }
}
