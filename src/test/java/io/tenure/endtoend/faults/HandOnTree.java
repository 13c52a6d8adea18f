package io.tenure.endtoend.faults;

import io.tenure.scope.Retention;
import io.tenure.sharding.GroupChange;
import io.tenure.sharding.SettingsChange;
import io.tenure.sharding.ShardGroup;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.awaitility.Awaitility;

/**
 * What people, scripts and bad neighbors do to the znodes of a group. What has to be undone is
 * insisted on, no matter what the servers do meanwhile.
 *
 * <p>Thread-safe.
 */
final class HandOnTree {

  private static final int SHARDS_AT_A_TIME = 3;
  private static final int AHEAD = 2;
  private static final int HANDS = 24;

  /** No entry of a transition is empty. */
  private static final byte[] FORGED = new byte[0];

  private static final int ADDED_SHARDS = 2;
  private static final Duration SETTLE_WINDOW = Duration.ofMillis(400);

  /** More than the transitions of a shard between two looks at its trail. */
  private static final int KEPT = 8;

  private static final List<String> EVENTS =
      List.of("elected", "resigned", "failed", "lapsed", "revoked", "lost");
  private static final List<String> OPERATIONS = List.of("drain", "resize", "settings", "revoke");
  private static final Pattern NEXT = Pattern.compile("\"auditNext\":(\\d+)");
  private static final List<String> DAMAGE = List.of("{", "", "{\"format\":9}", "hello");

  /** What was met, and what takes it back. */
  record Done(String met, Runnable undo) {}

  private interface Work {
    void run() throws Exception;
  }

  private final CuratorFramework operator;
  private final String group;
  private final boolean hasGroup;
  private final List<String> shards;

  /**
   * Held by the thread that changes the settings: damage that is undone would undo a change as
   * well.
   */
  private final ReentrantLock settings = new ReentrantLock();

  private final Set<String> forged = ConcurrentHashMap.newKeySet();

  /**
   * A hand.
   *
   * @param hasGroup false where plain latches run, which have none of these znodes
   */
  HandOnTree(CuratorFramework operator, String group, List<String> shards, boolean hasGroup) {
    this.operator = operator;
    this.group = group;
    this.shards = new CopyOnWriteArrayList<>(shards);
    this.hasGroup = hasGroup;
  }

  /** Of the group at present. */
  List<String> shards() {
    return List.copyOf(shards);
  }

  /** The shards in whose trails there were entries that no transition made. */
  Set<String> forged() {
    return Set.copyOf(forged);
  }

  /** In the trails of some shards, and of the coordinator. */
  Done forgeEntries(int pick) {
    if (!hasGroup) {
      return nothing();
    }
    List<String> scopes = new ArrayList<>(List.of(group + "/coordinator"));
    for (int i = 0; i < SHARDS_AT_A_TIME; i++) {
      String shard = shards.get((pick + i) % shards.size());
      forged.add(shard);
      scopes.add(group + "/shards/" + shard);
    }
    List<String> paths = new ArrayList<>();
    for (String scope : scopes) {
      paths.addAll(nextEntries(scope, scope + "/audit", names(EVENTS)));
    }
    paths.addAll(nextEntries(group + "/audit", group + "/audit", names(OPERATIONS)));
    together(paths, path -> attempt(() -> operator.create().forPath(path, FORGED)));
    return new Done(
        paths.size() + " entries in the group's trail and in " + scopes,
        () -> together(paths, path -> insist(() -> takeBack(path))));
  }

  private static List<String> names(List<String> events) {
    List<String> names = new ArrayList<>();
    for (String event : events) {
      for (int worker = 1; worker <= Faults.WORKERS; worker++) {
        names.add(event + "-w-" + worker);
      }
    }
    return names;
  }

  private List<String> nextEntries(String recordPath, String trail, List<String> names) {
    List<String> paths = new ArrayList<>();
    attempt(
        () -> {
          Matcher next = NEXT.matcher(read(recordPath));
          if (!next.find()) {
            return;
          }
          long first = Long.parseLong(next.group(1));
          for (long index = first; index < first + AHEAD; index++) {
            for (String name : names) {
              paths.add(trail + "/" + String.format(Locale.ROOT, "%010d-%s", index, name));
            }
          }
        });
    return paths;
  }

  /** The znode may be the entry of a transition, which was faster. */
  private void takeBack(String path) throws Exception {
    try {
      if (operator.getData().forPath(path).length == FORGED.length) {
        operator.delete().forPath(path);
      }
    } catch (KeeperException.NoNodeException e) {
      // It was never made, or the answer to its deletion was lost.
    }
  }

  /** Many at a time: each waits for the servers' disks. */
  private static void together(List<String> paths, Consumer<String> work) {
    ExecutorService hands = Executors.newFixedThreadPool(HANDS);
    try {
      List<Future<?>> done = new ArrayList<>();
      paths.forEach(path -> done.add(hands.submit(() -> work.accept(path))));
      for (Future<?> one : done) {
        one.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("forged entries were not taken back", e.getCause());
    } finally {
      hands.shutdownNow();
    }
  }

  /** Nothing undoes it but the coordinator. */
  Done emptyPlan(int pick) {
    if (!hasGroup) {
      return nothing();
    }
    String plan = group + "/plan";
    List<String> met = new ArrayList<>();
    attempt(
        () -> {
          for (String name : operator.getChildren().forPath(plan)) {
            String path = plan + "/" + name;
            met.add(name);
            switch (pick % 4) {
              case 0 -> set(path, "{\"format\":1,\"worker\":\"" + name + "\",\"incarnation\":0}");
              case 1 -> operator.delete().forPath(path);
              case 2 -> set(path, "");
              default -> set(path, "{");
            }
          }
          if (pick % 3 == 0) {
            set(plan, "");
            met.add("the summary");
          }
        });
    return new Done("parts of " + met + ", way " + pick % 4, () -> {});
  }

  Done damageSettings(int pick) {
    if (!hasGroup) {
      return nothing();
    }
    settings.lock();
    String good = insistOn();
    String damage = DAMAGE.get(pick % DAMAGE.size());
    attempt(() -> set(group, damage));
    return new Done(
        "\"" + damage + "\"",
        () -> {
          try {
            insist(() -> set(group, good));
          } finally {
            settings.unlock();
          }
        });
  }

  /** The group gets a trail of its own: entries are forged where a record says which is next. */
  void beginTrail() {
    insist(
        () ->
            operations()
                .change(SettingsChange.none().withSettleWindow(SETTLE_WINDOW), "for the trail"));
  }

  /** Adds shards to the group, and does not take them away again. */
  String addShards() {
    if (!hasGroup) {
      return nothing().met();
    }
    int count = shards.size() + ADDED_SHARDS;
    settings.lock();
    try {
      insist(
          () -> {
            if (operations().settings().shards().names().size() < count) {
              operations().resize(count);
            }
          });
    } finally {
      settings.unlock();
    }
    for (int shard = shards.size(); shard < count; shard++) {
      shards.add(Integer.toString(shard));
    }
    return "shards 0-" + (count - 1);
  }

  /** Few entries are kept of each trail; some leaders are revoked, so that trails are trimmed. */
  Done lowerRetention(int pick) {
    if (!hasGroup) {
      return nothing();
    }
    retain(Retention.last(KEPT));
    List<String> revoked = new ArrayList<>();
    for (int i = 0; i < SHARDS_AT_A_TIME; i++) {
      String shard = shards.get((pick + i) % shards.size());
      attempt(
          () -> {
            operations().apply(new GroupChange.Revoke(shard, "its trail is to be trimmed"));
            revoked.add(shard);
          });
    }
    return new Done("to " + KEPT + "; revoked " + revoked, () -> retain(Retention.KEEP_ALL));
  }

  private void retain(Retention retention) {
    settings.lock();
    try {
      insist(
          () ->
              operations()
                  .change(SettingsChange.none().withRetention(retention), "how much is kept"));
    } finally {
      settings.unlock();
    }
  }

  private ShardGroup operations() {
    return ShardGroup.of(operator, group).by("the harness");
  }

  private String insistOn() {
    List<String> found = new ArrayList<>();
    insist(() -> found.add(read(group)));
    return found.get(0);
  }

  private String read(String path) throws Exception {
    return new String(operator.getData().forPath(path), StandardCharsets.UTF_8);
  }

  private void set(String path, String data) throws Exception {
    operator.setData().forPath(path, data.getBytes(StandardCharsets.UTF_8));
  }

  private static Done nothing() {
    return new Done("there is no group", () -> {});
  }

  /** As far as the servers let it. */
  private static void attempt(Work work) {
    try {
      work.run();
    } catch (Exception e) {
      // A fault of the servers came between, or the znode went meanwhile.
    }
  }

  private static void insist(Work work) {
    Awaitility.await()
        .atMost(Faults.SESSION.multipliedBy(20))
        .ignoreExceptions()
        .until(
            () -> {
              work.run();
              return true;
            });
  }
}
