package io.tenure.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.scope.Bounds;
import io.tenure.scope.Printable;
import io.tenure.sharding.Damped;
import io.tenure.sharding.FailingShard;
import io.tenure.sharding.GroupStatus;
import io.tenure.sharding.ShardLeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A group's status as people and programs read it. Confined to one thread. */
final class GroupView {

  /** More than this many shards are not listed one by one. */
  private static final int MAX_LISTED = 20;

  private final Io io;
  private final Target.OfGroup group;
  private final GroupStatus status;

  GroupView(Io io, Target.OfGroup group, GroupStatus status) {
    this.io = io;
    this.group = group;
    this.status = status;
  }

  int shards() {
    return status.shards().size();
  }

  int led() {
    return shards() - status.vacant().size();
  }

  int exitCode() {
    if (!status.vacant().isEmpty()) {
      return ExitCode.NO;
    }
    return status.unreadable().isEmpty() ? ExitCode.OK : ExitCode.UNREADABLE;
  }

  /** Who is there, in a few words. */
  String people() {
    long draining = status.workers().stream().filter(GroupStatus.Worker::isDraining).count();
    int workers = status.workers().size();
    return workers
        + (workers == 1 ? " worker" : " workers")
        + (draining > 0 ? ", " + draining + " draining" : "");
  }

  /** One line on standard error for each znode that cannot be read. */
  void sayUnreadable() {
    status.unreadable().forEach(bad -> Failures.say(io.err(), bad.path() + ": " + bad.problem()));
  }

  void print(boolean everyShard) {
    Output out = io.out();
    out.line(group.path() + ": " + led() + " of " + shards() + " shards led, " + people());
    printVacant();
    for (GroupStatus.Refused refused : status.refused()) {
      out.line(
          "  REFUSED      "
              + refused.worker()
              + " on "
              + refused.host()
              + ", pid "
              + refused.pid()
              + ": "
              + refused.why());
    }
    out.line(
        "  coordinator  "
            + status
                .coordinator()
                .map(tenure -> tenure.candidate().id() + ", epoch " + tenure.epoch())
                .orElse("nobody: leaders go on leading, and no plan is made"));
    out.line(
        "  plan         version " + status.planVersion() + ", for: " + plain(status.planReason()));
    if (!status.unplanned().isEmpty() && !status.workers().isEmpty()) {
      out.line(
          "  NOT PLANNED  "
              + listed(status.unplanned())
              + ": in no worker's part of the plan; if that stays, see tenure doctor");
    } else if (status.planVersion() == 0 && !status.workers().isEmpty()) {
      out.line(
          "  NOT PLANNED  the plan's own znode says nothing; if that stays, see tenure doctor");
    }
    List<GroupStatus.Shard> moving =
        status.shards().stream().filter(shard -> shard.movesTo().isPresent()).toList();
    if (!moving.isEmpty()) {
      out.line("  on the move  " + listed(moving.stream().map(GroupStatus.Shard::shard).toList()));
    }
    if (!status.unplaced().isEmpty()) {
      out.line(
          "  unplaced     "
              + listed(status.unplaced())
              + ": no worker has room"
              + (status.unplacedReason().isEmpty() ? "" : ": " + status.unplacedReason()));
    }
    if (!status.directives().isEmpty()) {
      out.line("  directives   " + shown(status.directives()));
    }
    out.line("");
    printWorkers();
    printFailing();
    if (everyShard) {
      out.line("");
      printShards();
    }
  }

  private void printVacant() {
    List<GroupStatus.Shard> vacant = status.vacant();
    Table table = new Table("  VACANT", "last epoch", "ended", "should be led by");
    for (GroupStatus.Shard shard : vacant.subList(0, Math.min(MAX_LISTED, vacant.size()))) {
      table.row(
          "  " + shard.shard(),
          shard.lastEpoch() == 0 ? "never led" : Long.toString(shard.lastEpoch()),
          shard.lastEpoch() == 0
              ? ""
              : shard
                  .lastEnd()
                  .map(end -> end.word() + ": " + end.reason())
                  .orElse("its session is gone; a successor will record it as lost"),
          shard.planned().orElse("nobody"));
    }
    if (!table.isEmpty()) {
      table.print(io.out(), io.width());
    }
    if (vacant.size() > MAX_LISTED) {
      io.out().line("  and " + (vacant.size() - MAX_LISTED) + " more");
    }
  }

  private void printWorkers() {
    Map<String, List<String>> led = new TreeMap<>();
    for (GroupStatus.Shard shard : status.shards()) {
      shard
          .leader()
          .ifPresent(
              leader ->
                  led.computeIfAbsent(leader.workerId(), any -> new ArrayList<>())
                      .add(shard.shard()));
    }
    Table table =
        new Table("  worker", "state", "zone", "capacity", "busy", "leads", "stands by", "shards");
    for (GroupStatus.Worker worker : status.workers()) {
      List<String> shards = led.getOrDefault(worker.info().id(), List.of());
      led.remove(worker.info().id());
      table.row(
          "  " + worker.info().id(),
          state(worker),
          worker.info().zone(),
          number(worker.capacity()) + (worker.setCapacity().isPresent() ? " (set)" : ""),
          Math.round(worker.info().utilization() * 100) + " %",
          worker.leads() + (worker.leads() == worker.planned() ? "" : " of " + worker.planned()),
          Integer.toString(worker.standsBy()),
          Names.ranges(shards));
    }
    led.forEach(
        (id, shards) ->
            table.row(
                "  " + id, "not here", "", "", "", "" + shards.size(), "", Names.ranges(shards)));
    table.print(io.out(), io.width());
    status
        .workers()
        .forEach(
            worker ->
                worker
                    .damped()
                    .ifPresent(damped -> io.out().line("  " + worker.info().id() + ": " + damped)));
  }

  private void printFailing() {
    Table table = new Table("  FAILING", "on", "in", "times", "since", "last error");
    int failing = 0;
    for (GroupStatus.Worker worker : status.workers()) {
      for (FailingShard one : worker.info().failing()) {
        if (failing++ < MAX_LISTED) {
          table.row(
              "  " + one.shard(),
              worker.info().id(),
              one.in().word(),
              Long.toString(one.times()),
              Times.since(one.since(), io.clock()),
              one.error());
        }
      }
    }
    if (failing > 0) {
      io.out().line("");
      table.print(io.out(), io.width());
    }
    if (failing > MAX_LISTED) {
      io.out().line("  and " + (failing - MAX_LISTED) + " more");
    }
  }

  private static String state(GroupStatus.Worker worker) {
    if (worker.drained().isPresent()) {
      return worker.leads() == 0 ? "drained" : "drains";
    }
    if (worker.info().draining()) {
      return worker.leads() == 0 ? "drained" : "drains";
    }
    return worker.damped().flatMap(Damped::until).isPresent() ? "damped" : "active";
  }

  private static String number(double number) {
    return number == Math.rint(number)
        ? Long.toString((long) number)
        : String.format(Locale.ROOT, "%.2f", number);
  }

  private void printShards() {
    Table table = new Table("  shard", "leader", "epoch", "since", "stands by", "");
    for (GroupStatus.Shard shard : status.shards()) {
      table.row(
          "  " + shard.shard(),
          shard.leader().map(ShardLeader::workerId).orElse("NOBODY"),
          Long.toString(shard.leader().map(ShardLeader::epoch).orElse(shard.lastEpoch())),
          shard.leader().map(leader -> Times.since(leader.since(), io.clock())).orElse(""),
          String.join(", ", shard.standbys()),
          shard.movesTo().map(to -> "moves to " + to + " ").orElse("")
              + shard.pinnedTo().map(to -> "pinned to " + to).orElse(""));
    }
    table.print(io.out(), io.width());
  }

  private static String listed(List<String> names) {
    return names.size() <= MAX_LISTED
        ? Names.ranges(names)
        : names.size() + " shards, " + Names.ranges(names.subList(0, MAX_LISTED)) + " ...";
  }

  /** Under all names; the directory of directives has them all. */
  private static String shown(List<String> directives) {
    return directives.stream()
            .limit(MAX_LISTED)
            .map(name -> Printable.of(name, Bounds.VALUE_CHARS))
            .collect(Collectors.joining(", "))
        + (directives.size() > MAX_LISTED
            ? " and " + (directives.size() - MAX_LISTED) + " more"
            : "");
  }

  private static String plain(String text) {
    return text.isEmpty() ? "nothing yet" : text;
  }

  ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("group", group.path());
    json.put("shards", shards());
    json.put("led", led());
    json.put("settled", status.isSettled());
    json.set("vacant", Json.array(status.vacant(), GroupView::json));
    status
        .coordinator()
        .ifPresent(
            tenure ->
                json.putObject("coordinator")
                    .put("worker", tenure.candidate().id())
                    .put("epoch", tenure.epoch()));
    json.putObject("plan")
        .put("version", status.planVersion())
        .put("reason", status.planReason())
        .put("whole", status.isPlanWhole())
        .<ObjectNode>set("unplaced", Json.texts(status.unplaced()))
        .set("unplanned", Json.texts(status.unplanned()));
    json.set("directives", Json.texts(status.directives()));
    json.set(
        "workers",
        Json.array(
            status.workers(),
            worker -> {
              ObjectNode one =
                  Json.object()
                      .put("worker", worker.info().id())
                      .put("incarnation", worker.info().incarnation())
                      .put("host", worker.info().host())
                      .put("pid", worker.info().pid())
                      .put("zone", worker.info().zone())
                      .put("capacity", worker.capacity())
                      .put("capacityIsSet", worker.setCapacity().isPresent())
                      .put("utilization", worker.info().utilization())
                      .put("draining", worker.isDraining())
                      .put("leads", worker.leads())
                      .put("planned", worker.planned())
                      .put("takesOver", worker.takesOver())
                      .put("standsBy", worker.standsBy());
              worker.info().endpoint().ifPresent(endpoint -> one.put("endpoint", endpoint));
              worker.drained().ifPresent(why -> one.put("drained", why));
              worker
                  .damped()
                  .ifPresent(
                      damped -> {
                        ObjectNode said = one.putObject("damped").put("deaths", damped.deaths());
                        damped.until().ifPresent(time -> said.put("until", time.toString()));
                      });
              one.set("failing", Json.array(worker.info().failing(), GroupView::json));
              return one;
            }));
    json.set(
        "refused",
        Json.array(
            status.refused(),
            refused ->
                Json.object()
                    .put("worker", refused.worker())
                    .put("host", refused.host())
                    .put("pid", refused.pid())
                    .put("why", refused.why())));
    json.set("leaders", Json.array(status.shards(), GroupView::json));
    json.set(
        "unreadable",
        Json.array(
            status.unreadable(),
            bad -> Json.object().put("path", bad.path()).put("problem", bad.problem())));
    return json;
  }

  private static ObjectNode json(FailingShard failing) {
    return Json.object()
        .put("shard", failing.shard())
        .put("in", failing.in().word())
        .put("times", failing.times())
        .put("since", failing.since().toString())
        .put("error", failing.error());
  }

  private static ObjectNode json(GroupStatus.Shard shard) {
    ObjectNode json = Json.object().put("shard", shard.shard());
    shard
        .leader()
        .ifPresentOrElse(
            leader -> {
              json.put("worker", leader.workerId());
              json.put("epoch", leader.epoch());
              json.put("since", leader.since().toString());
              leader.endpoint().ifPresent(endpoint -> json.put("endpoint", endpoint));
            },
            () -> json.put("lastEpoch", shard.lastEpoch()));
    shard.lastEnd().ifPresent(end -> json.put("end", end.word()).put("reason", end.reason()));
    shard.planned().ifPresent(worker -> json.put("planned", worker));
    shard.movesTo().ifPresent(worker -> json.put("movesTo", worker));
    json.set("standbys", Json.texts(shard.standbys()));
    shard.pinnedTo().ifPresent(worker -> json.put("pinnedTo", worker));
    return json;
  }
}
