package io.tenure.examples;

import io.tenure.recipes.SessionMonitor;
import io.tenure.sharding.PlanInfo;
import io.tenure.sharding.ShardChange;
import io.tenure.sharding.ShardDirectory;
import io.tenure.sharding.ShardGroup;
import io.tenure.sharding.ShardLeader;
import io.tenure.sharding.WorkerInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.curator.framework.CuratorFramework;

/**
 * Watches a group from outside: who leads what, and for how long each shard had no leader. A
 * spectator's picture: a gap that is shorter than a round trip may be missed, and then counts as
 * none.
 *
 * <p>Thread-safe.
 */
final class Observer implements AutoCloseable {

  private final CuratorFramework client;
  private final ShardGroup group;
  private final ShardDirectory directory;
  private final Map<String, Long> vacantSince = new HashMap<>();
  private final List<Long> gaps = new ArrayList<>();
  private final Map<String, Long> lastGap = new HashMap<>();

  Observer(String connect, String path) {
    client = Stage.client(connect);
    group = ShardGroup.of(client, path);
    directory = ShardDirectory.of(SessionMonitor.of(client), path);
    directory.addListener(this::changed);
    directory.start();
  }

  private synchronized void changed(ShardChange change) {
    long now = System.nanoTime();
    if (change.after().isEmpty()) {
      vacantSince.putIfAbsent(change.shard(), now);
      return;
    }
    Long since = vacantSince.remove(change.shard());
    if (since != null || change.before().isPresent()) {
      long gap = since == null ? 0 : now - since;
      gaps.add(gap);
      lastGap.put(change.shard(), gap);
    }
  }

  /** The longest of the times that these shards had no leader when they last changed theirs. */
  synchronized OptionalLong longestGap(Iterable<String> shards) {
    long longest = -1;
    for (String shard : shards) {
      longest = Math.max(longest, lastGap.getOrDefault(shard, -1L));
    }
    return longest < 0 ? OptionalLong.empty() : OptionalLong.of(longest);
  }

  /**
   * From now on the time counts in which no worker could lead these shards, though one seems to.
   */
  synchronized void leaderless(Iterable<String> shards) {
    long now = System.nanoTime();
    shards.forEach(shard -> vacantSince.put(shard, now));
  }

  /** The gaps since the last call, shortest first. */
  synchronized List<Long> takeGaps() {
    List<Long> taken = new ArrayList<>(gaps);
    gaps.clear();
    taken.sort(Long::compare);
    return taken;
  }

  /** Who leads each shard. */
  SortedMap<String, ShardLeader> leaders() {
    return directory.leaders();
  }

  /** The shards of each worker. */
  SortedMap<String, List<String>> byWorker() {
    SortedMap<String, List<String>> shards = new TreeMap<>();
    leaders()
        .forEach(
            (shard, leader) ->
                shards.computeIfAbsent(leader.workerId(), any -> new ArrayList<>()).add(shard));
    return shards;
  }

  List<WorkerInfo> workers() throws InterruptedException {
    return group.workers();
  }

  PlanInfo plan() throws InterruptedException {
    return group.plan();
  }

  @Override
  public void close() {
    directory.close();
    client.close();
  }
}
