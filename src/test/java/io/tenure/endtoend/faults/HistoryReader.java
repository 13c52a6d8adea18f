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

  /**
   * The trails of a group's shards, by shard.
   *
   * @param forged shards in whose trails others have made znodes: those are counted by the server,
   *     and by no record
   */
  static Map<String, Trail> trails(
      CuratorFramework client, String group, List<String> shards, Clocks clocks, Set<String> forged)
      throws InterruptedException {
    List<String> scopes = shards.stream().map(shard -> group + "/shards/" + shard).toList();
    List<AuditTrail> read = AuditTrails.read(client, scopes);
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
      trails.put(
          shards.get(i),
          new Trail(
              trail.tenures().stream().map(tenure -> recorded(tenure, clocks)).toList(), findings));
    }
    return trails;
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
        tenure.ending().map(ending -> ending.end().word()).orElse(""));
  }
}
