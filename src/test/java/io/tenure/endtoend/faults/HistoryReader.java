package io.tenure.endtoend.faults;

import io.tenure.audit.AuditLog;
import io.tenure.audit.AuditTrail;
import io.tenure.audit.AuditTrails;
import io.tenure.audit.Finding;
import io.tenure.audit.PastTenure;
import io.tenure.endtoend.faults.History.Claim;
import io.tenure.endtoend.faults.History.Held;
import io.tenure.endtoend.faults.History.Holder;
import io.tenure.endtoend.faults.History.Recorded;
import io.tenure.endtoend.faults.History.Trail;
import io.tenure.endtoend.faults.History.Use;
import io.tenure.scope.Transition;
import io.tenure.sharding.ShardGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;

/**
 * Reads what the workers have logged, and what the audit trails say. Confined to its thread.
 *
 * <p>The last line of a process that was killed may be cut off; it is left out.
 */
final class HistoryReader {

  /** The two clocks of one machine at one time; the wall clock is not set while a run lasts. */
  record Clocks(long nanos, long wallMillis) {
    static Clocks now() {
      return new Clocks(System.nanoTime(), System.currentTimeMillis());
    }

    long nanosOf(Instant time) {
      return nanos + (time.toEpochMilli() - wallMillis) * 1_000_000;
    }
  }

  private static final Pattern ACKNOWLEDGED =
      Pattern.compile("last acknowledgement by the quorum (\\d+) ms ago");

  private record Key(String shard, Holder holder) {}

  private record Act(Holder holder, long number) {}

  private final Map<Key, Held> held = new LinkedHashMap<>();
  private final Map<Act, Use> uses = new LinkedHashMap<>();
  private final List<Claim> claims = new ArrayList<>();

  /** Reads a file that one process of a worker has logged. */
  void read(String worker, long pid, Path file) throws IOException {
    if (!Files.exists(file)) {
      return; // It was killed before it could write.
    }
    try (BufferedReader in = Files.newBufferedReader(file)) {
      String line = in.readLine();
      while (line != null) {
        String next = in.readLine();
        String[] words = line.split(" ");
        if (next != null || words.length == WORDS.getOrDefault(words[0], -1)) {
          take(worker, pid, words);
        }
        line = next;
      }
    }
  }

  private static final Map<String, Integer> WORDS =
      Map.of("held", 6, "begin", 5, "end", 6, "after", 6);

  private void take(String worker, long pid, String[] words) {
    String shard = words[1];
    Holder holder = new Holder(worker, pid, Long.parseLong(words[2]));
    switch (words[0]) {
      case "held" -> add(shard, holder, number(words, 3), number(words, 4), number(words, 5));
      case "begin" -> {
        long begin = number(words, 4);
        add(shard, holder, begin, begin, 1);
        uses.put(
            new Act(holder, number(words, 3)),
            new Use(shard, holder, number(words, 3), begin, OptionalLong.empty()));
      }
      case "end" ->
          uses.computeIfPresent(
              new Act(holder, number(words, 3)),
              (act, use) ->
                  new Use(
                      shard, holder, act.number(), use.begin(), OptionalLong.of(number(words, 4))));
      case "after" -> claims.add(new Claim(shard, holder, words[3], number(words, 4), words[5]));
      default -> throw new IllegalArgumentException("no such line: " + String.join(" ", words));
    }
  }

  private static long number(String[] words, int at) {
    return Long.parseLong(words[at]);
  }

  /** Lines of one leadership tell more and more of it. */
  private void add(String shard, Holder holder, long from, long until, long checks) {
    held.merge(
        new Key(shard, holder),
        new Held(shard, holder, from, until, checks),
        (a, b) ->
            new Held(
                shard,
                holder,
                Math.min(a.from(), b.from()),
                Math.max(a.until(), b.until()),
                Math.max(a.checks(), b.checks()) + (checks == 1 ? 1 : 0)));
  }

  List<Held> held() {
    return List.copyOf(held.values());
  }

  List<Use> uses() {
    return List.copyOf(uses.values());
  }

  List<Claim> claims() {
    return List.copyOf(claims);
  }

  /** What is kept of the trails of a group's shards, by shard. */
  static Map<String, List<Recorded>> tenures(
      CuratorFramework client, String group, List<String> shards, Clocks clocks)
      throws InterruptedException {
    List<AuditTrail> read = AuditTrails.read(client, scopes(group, shards));
    Map<String, List<Recorded>> tenures = new HashMap<>();
    for (int i = 0; i < shards.size(); i++) {
      tenures.put(
          shards.get(i),
          read.get(i).tenures().stream().map(tenure -> recorded(tenure, clocks)).toList());
    }
    return tenures;
  }

  private static List<String> scopes(String group, List<String> shards) {
    return shards.stream().map(shard -> group + "/shards/" + shard).toList();
  }

  /**
   * The trails of a group's shards, by shard.
   *
   * @param forged shards in whose trails others have made znodes: those are counted by the server,
   *     and by no record
   * @param kept what stood in them before
   */
  static Map<String, Trail> trails(
      CuratorFramework client,
      String group,
      List<String> shards,
      Clocks clocks,
      Set<String> forged,
      TrailKeeper kept)
      throws InterruptedException {
    List<String> scopes = scopes(group, shards);
    List<AuditTrail> read = AuditTrails.read(client, scopes);
    kept.see(tenures(client, group, shards, clocks));
    Map<String, Trail> trails = new HashMap<>();
    for (int i = 0; i < shards.size(); i++) {
      AuditTrail trail = read.get(i);
      String shard = shards.get(i);
      List<String> findings =
          Stream.concat(
                  AuditLog.of(client, scopes.get(i)).verify().stream()
                      .filter(
                          finding ->
                              !forged.contains(shard) || finding.rule() != Finding.Rule.ADDED_ONCE)
                      .map(Finding::toString),
                  trail.unreadable().stream().map(AuditTrail.Unreadable::toString))
              .toList();
      trails.put(shard, new Trail(kept.tenures(shard), findings));
    }
    return trails;
  }

  /** What is wrong with the group's own trail, but for what the harness itself has forged. */
  static List<String> groupsFindings(CuratorFramework client, String group, boolean forged)
      throws InterruptedException {
    return ShardGroup.of(client, group).verifyOperations().stream()
        .filter(finding -> !forged || finding.rule() != Finding.Rule.ADDED_ONCE)
        .map(Finding::toString)
        .toList();
  }

  private static Recorded recorded(PastTenure tenure, Clocks clocks) {
    return new Recorded(
        new Holder(tenure.candidate().id(), tenure.candidate().pid(), tenure.epoch()),
        // The whole trail is kept, so an election that is not there is missing.
        tenure.from().map(clocks::nanosOf).orElse(Long.MAX_VALUE),
        tenure
            .ending()
            .map(ending -> OptionalLong.of(clocks.nanosOf(ending.at())))
            .orElse(OptionalLong.empty()),
        tenure.ending().map(ending -> ending.end().word()).orElse(""),
        tenure.ending().map(ending -> isDecided(ending.end())).orElse(false));
  }

  private static boolean isDecided(Transition.End end) {
    return end instanceof Transition.Resigned
        || end instanceof Transition.Failed
        || (end instanceof Transition.Lapsed && hadAcknowledgement(end.reason()));
  }

  /** Then the session lived, and only the task had no turn. */
  private static boolean hadAcknowledgement(String reason) {
    Matcher age = ACKNOWLEDGED.matcher(reason);
    return age.find() && Long.parseLong(age.group(1)) < Faults.SESSION.toMillis() / 2;
  }
}
