package io.tenure.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.audit.AuditLog;
import io.tenure.audit.AuditTrail;
import io.tenure.audit.LeaderAt;
import io.tenure.audit.PastTenure;
import io.tenure.audit.RecordedEntry;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.Printable;
import io.tenure.scope.Scope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;

/**
 * A scope at a glance: who leads, who waits, and what happened last. Immutable.
 *
 * @param candidates who stands in the queue, in its order, the leader among them
 */
record ScopeStatus(AuditTrail trail, List<String> candidates) {

  private static final int LAST_ENTRIES = 5;
  private static final int LONGEST_CANDIDATE = 2_000;

  static ScopeStatus read(CuratorFramework client, Scope scope) throws InterruptedException {
    return new ScopeStatus(
        AuditLog.of(client, scope.path()).trail(), candidates(client, scope.latchPath()));
  }

  private static List<String> candidates(CuratorFramework client, String latch)
      throws InterruptedException {
    List<String> ids = new ArrayList<>();
    try {
      List<String> names = new ArrayList<>(client.getChildren().forPath(latch));
      // The number at the end is the place in the queue; before it stands what Curator drew.
      names.sort((a, b) -> number(a).compareTo(number(b)));
      for (String name : names) {
        data(client, latch + "/" + name).ifPresent(ids::add);
      }
      return ids;
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException.NoNodeException e) {
      return List.of(); // No queue: a shard, or a scope that never had a candidate.
    } catch (Exception e) {
      throw ServerErrors.failed(e, latch, "read");
    }
  }

  /** A candidate's id; empty if it has just left. */
  private static Optional<String> data(CuratorFramework client, String path) throws Exception {
    try {
      byte[] id = client.getData().undecompressed().forPath(path);
      String text = id == null ? "?" : new String(id, StandardCharsets.UTF_8);
      return Optional.of(Printable.of(text, LONGEST_CANDIDATE));
    } catch (KeeperException.NoNodeException e) {
      return Optional.empty();
    }
  }

  private static String number(String name) {
    return name.substring(name.lastIndexOf('-') + 1);
  }

  /** The tenure in office. */
  Optional<PastTenure> leader() {
    return trail.led() && trail.leaderAt(Instant.MAX) instanceof LeaderAt.Led led
        ? Optional.of(led.tenure())
        : Optional.empty();
  }

  void print(Io io) {
    Output out = io.out();
    Optional<PastTenure> leader = leader();
    out.line(
        trail.scope().path()
            + ": "
            + leader
                .map(tenure -> tenure.candidate().id() + " leads, epoch " + tenure.epoch())
                .orElse(trail.led() ? "led, by whom cannot be read" : "nobody leads"));
    leader.ifPresent(
        tenure -> {
          out.line(
              "  where       "
                  + tenure.candidate().endpoint().map(e -> e + ", ").orElse("")
                  + "host "
                  + tenure.candidate().host()
                  + ", pid "
                  + tenure.candidate().pid());
          tenure
              .from()
              .ifPresent(from -> out.line("  since       " + Times.since(from, io.clock())));
        });
    out.line(
        "  candidates  "
            + (candidates.isEmpty() ? "none in a queue" : String.join(", ", candidates)));
    out.line(
        "  entries     " + trail.entries().size() + " kept of " + Math.max(0, trail.next() - 1));
    List<RecordedEntry> entries = trail.entries();
    for (RecordedEntry entry :
        entries.subList(Math.max(0, entries.size() - LAST_ENTRIES), entries.size())) {
      out.line(
          "              "
              + entry.serverTime()
              + "  "
              + entry.path().substring(entry.path().lastIndexOf('/') + 1)
              + "  "
              + entry.entry().transition().reason());
    }
  }

  /** One line on standard error for each entry that cannot be read. */
  void sayUnreadable(Io io) {
    trail.unreadable().forEach(bad -> Failures.say(io.err(), bad.path() + ": " + bad.problem()));
  }

  ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("scope", trail.scope().path());
    json.put("led", trail.led());
    leader().ifPresent(tenure -> json.set("leader", Json.of(tenure)));
    json.set("candidates", Json.texts(candidates));
    json.put("entriesKept", trail.entries().size());
    json.put("entriesWritten", Math.max(0, trail.next() - 1));
    json.set(
        "unreadable",
        Json.array(
            trail.unreadable(),
            bad -> Json.object().put("path", bad.path()).put("problem", bad.problem())));
    return json;
  }
}
