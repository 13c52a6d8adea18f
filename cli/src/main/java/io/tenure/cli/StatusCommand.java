package io.tenure.cli;

import io.tenure.sharding.GroupStatus;
import io.tenure.sharding.ShardGroup;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What there is, and how it is. */
@Command(
    name = "status",
    header = "What there is now: leaders, standbys, workers",
    description = {
      "Of a group: its workers, its coordinator and plan, what is on the move, and shards without a",
      "leader first. Of a scope: its leader, its candidates and its last transitions. Without a path:",
      "a line for each scope and group. Exit code 1 if something has no leader."
    })
final class StatusCommand implements Callable<Integer> {

  private final Io io;

  @Mixin Connect connect = new Connect();

  @Parameters(
      paramLabel = "SCOPE|GROUP",
      arity = "0..1",
      description = "For example /orders or /billing/close.")
  @Nullable String target;

  @Option(names = "--shards", description = "List every shard of the group.")
  boolean shards;

  @Option(
      names = {"-w", "--watch"},
      description = "Show it again and again, until Ctrl-C.")
  boolean watch;

  @Option(
      names = "--interval",
      paramLabel = "TIME",
      defaultValue = "2s",
      description = "With --watch. Default: ${DEFAULT-VALUE}.")
  String interval = "";

  @Option(names = "--json", description = "Write one line of JSON for each scope or group.")
  boolean json;

  StatusCommand(Io io) {
    this.io = io;
  }

  @Override
  public Integer call() throws InterruptedException {
    Duration every = Times.duration(interval);
    CountDownLatch never = new CountDownLatch(1);
    try (Connection connection = connect.open()) {
      int exitCode = show(connection.client());
      while (watch) {
        io.ifInterrupted().set(""); // That is how it ends.
        io.out().flush();
        if (never.await(Math.max(100, every.toMillis()), TimeUnit.MILLISECONDS)) {
          break;
        }
        if (io.terminal() && !json) {
          io.out().text("\u001b[H\u001b[2J"); // To the top left, and clear the screen.
        }
        if (!json) {
          io.out().line(io.clock().instant().truncatedTo(ChronoUnit.SECONDS).toString());
        }
        exitCode = show(connection.client());
      }
      return exitCode;
    }
  }

  /** What there is, and the exit code that goes with it. */
  private int show(CuratorFramework client) throws InterruptedException {
    Targets targets = new Targets(client);
    if (target == null) {
      return overview(client, targets.all("/"));
    }
    Target found = targets.find(target);
    if (found instanceof Target.OfGroup group) {
      GroupStatus status = ShardGroup.of(client, group.path()).status();
      GroupView view = new GroupView(io, group, status);
      view.sayUnreadable();
      if (json) {
        io.out().json(view.json());
      } else {
        view.print(shards);
      }
      return view.exitCode();
    }
    ScopeStatus status = ScopeStatus.read(client, ((Target.OfScope) found).scope());
    status.sayUnreadable(io);
    if (json) {
      io.out().json(status.json());
    } else {
      status.print(io);
    }
    return exitCode(status);
  }

  private static int exitCode(ScopeStatus status) {
    if (!status.trail().led()) {
      return ExitCode.NO;
    }
    return status.trail().unreadable().isEmpty() ? ExitCode.OK : ExitCode.UNREADABLE;
  }

  private int overview(CuratorFramework client, List<Target> all) throws InterruptedException {
    if (all.isEmpty()) {
      throw new CommandException(
          ExitCode.NOT_THERE, "there is no scope or group here: check --connect and --namespace");
    }
    int exitCode = ExitCode.OK;
    Table table = new Table("", "", "leader", "");
    for (Target each : all) {
      if (each instanceof Target.OfGroup group) {
        GroupView view = new GroupView(io, group, ShardGroup.of(client, group.path()).status());
        view.sayUnreadable();
        exitCode = worse(exitCode, view.exitCode());
        table.row(
            group.path(), "group", view.led() + " of " + view.shards() + " led", view.people());
        if (json) {
          io.out().json(view.json());
        }
      } else if (each instanceof Target.OfScope scope) {
        ScopeStatus status = ScopeStatus.read(client, scope.scope());
        status.sayUnreadable(io);
        exitCode = worse(exitCode, exitCode(status));
        table.row(
            scope.path(),
            "scope",
            status.leader().map(tenure -> tenure.candidate().id()).orElse("nobody"),
            status.leader().map(tenure -> "epoch " + tenure.epoch()).orElse(""));
        if (json) {
          io.out().json(status.json());
        }
      }
    }
    if (!json) {
      table.print(io.out(), io.width());
    }
    return exitCode;
  }

  /** That something has no leader counts more than that something cannot be read. */
  private static int worse(int a, int b) {
    return a == ExitCode.NO || b == ExitCode.NO ? ExitCode.NO : Math.max(a, b);
  }
}
