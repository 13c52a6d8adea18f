package io.tenure.cli;

import io.tenure.audit.AuditLog;
import io.tenure.audit.RecordedEntry;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.Scope;
import io.tenure.scope.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/**
 * Makes the leader of a scope give it up: by the same word in its {@code leader} node that zkCli
 * would write. The leader itself then ends its tenure, and writes who asked for it into the audit
 * trail. Confined to the thread of the command, but for the signal.
 */
final class Revocation {

  private static final long LOOK_MILLIS = 500;

  private final Io io;
  private final CuratorFramework client;
  private final Scope scope;
  private final Semaphore changes = new Semaphore(0);
  private final CuratorWatcher watcher = event -> changes.release();

  Revocation(Io io, CuratorFramework client, Scope scope) {
    this.io = io;
    this.client = client;
    this.scope = scope;
  }

  int carryOut(String by, String reason, boolean dryRun, boolean noWait, Duration limit)
      throws InterruptedException {
    // The record before the leader node: if its version is still the same when the word is written,
    // then the tenure is.
    Stat record = new Stat();
    boolean there = read(scope.path(), record, false).isPresent();
    Stat stat = new Stat();
    Optional<byte[]> data = read(scope.leaderPath(), stat, false);
    if (!there || data.isEmpty()) {
      io.out().line(scope.path() + ": nobody leads");
      return ExitCode.NO;
    }
    Optional<String> already = LeaderNode.revocation(data.get());
    if (already.isPresent()) {
      throw new CommandException(
          ExitCode.REFUSED, "the leader of " + scope.path() + " is being " + already.get());
    }
    LeaderNode leader = LeaderNode.parse(scope.leaderPath(), data.get());
    io.out()
        .line(
            scope.path()
                + ": "
                + leader.incumbent().candidate().id()
                + ", epoch "
                + leader.epoch()
                + ", gives it up");
    if (dryRun) {
      io.out().line("nothing was changed (--dry-run)");
      return ExitCode.OK;
    }
    write(by + (reason.isEmpty() ? "" : ": " + reason), record.getVersion(), stat.getVersion());
    io.ifInterrupted().set("interrupted; the leader has been told all the same");
    return noWait ? ExitCode.OK : await(leader.epoch(), limit);
  }

  /**
   * Only to the tenure that was read. The leader node's version does not tell tenures apart, since
   * each has a node of its own; the record's does, since every transition sets it. If the answer is
   * lost, Curator writes again, and then finds a version that it has made itself: so what stands
   * there decides.
   */
  private void write(String reason, int recordVersion, int version) throws InterruptedException {
    byte[] word = ("revoke " + reason).getBytes(StandardCharsets.UTF_8);
    try {
      client
          .transaction()
          .forOperations(
              client.transactionOp().check().withVersion(recordVersion).forPath(scope.path()),
              client
                  .transactionOp()
                  .setData()
                  .uncompressed()
                  .withVersion(version)
                  .forPath(scope.leaderPath(), word));
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException.NoNodeException | KeeperException.BadVersionException e) {
      Optional<byte[]> now = read(scope.leaderPath(), new Stat(), false);
      if (now.isEmpty() || !Arrays.equals(now.get(), word)) {
        throw new CommandException(
            ExitCode.REFUSED,
            scope.path() + " changed meanwhile: look again who leads. Nothing was done",
            e);
      }
    } catch (KeeperException.NoAuthException e) {
      throw new PermissionDeniedException(
          "the server denies write on " + scope.leaderPath() + ": give --auth", e);
    } catch (Exception e) {
      throw new CoordinationException(
          scope.leaderPath()
              + " could not be written, or the answer was lost: "
              + ServerErrors.failed(e, scope.leaderPath(), "write").getMessage()
              + ". Ask tenure who "
              + scope.path(),
          e);
    }
  }

  private int await(long epoch, Duration limit) throws InterruptedException {
    try (Progress progress = new Progress(io, "tenures")) {
      Stat stat = new Stat();
      for (Optional<byte[]> now = read(scope.leaderPath(), stat, true);
          now.isPresent() && !isOfLater(now.get(), epoch);
          now = read(scope.leaderPath(), stat, true)) {
        progress.at(0, 1);
        Duration left = limit.minus(progress.elapsed());
        if (left.isNegative() || left.isZero()) {
          progress.end();
          throw new CommandException(
              ExitCode.NOT_IN_TIME,
              "the leader has been told, and has not given up within "
                  + Times.shown(limit)
                  + ": if it hangs, its lease runs out; if its process is stopped, its session"
                  + " ends");
        }
        if (changes.tryAcquire(Math.min(LOOK_MILLIS, left.toMillis() + 1), TimeUnit.MILLISECONDS)) {
          changes.drainPermits();
        }
      }
    }
    for (RecordedEntry entry : AuditLog.of(client, scope.path()).trail().entries()) {
      if (entry.entry().epoch() == epoch && entry.entry().transition() instanceof Transition.End) {
        io.out().line("recorded as " + entry.path());
        io.out().line("           " + entry.entry().transition().reason());
      }
    }
    return ExitCode.OK;
  }

  private static boolean isOfLater(byte[] data, long epoch) {
    if (LeaderNode.revocation(data).isPresent()) {
      return false;
    }
    return LeaderNode.parse("", data).epoch() > epoch;
  }

  private Optional<byte[]> read(String path, Stat stat, boolean watch) throws InterruptedException {
    try {
      byte[] data =
          watch
              ? client
                  .getData()
                  .undecompressed()
                  .storingStatIn(stat)
                  .usingWatcher(watcher)
                  .forPath(path)
              : client.getData().undecompressed().storingStatIn(stat).forPath(path);
      return Optional.of(data == null ? new byte[0] : data);
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException.NoNodeException e) {
      return Optional.empty();
    } catch (KeeperException.NoAuthException e) {
      throw new PermissionDeniedException("the server denies read on " + path + ": give --auth", e);
    } catch (Exception e) {
      throw ServerErrors.failed(e, path, "read");
    }
  }
}
