package io.tenure.endtoend.faults;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.awaitility.Awaitility;

/**
 * What people, scripts and bad neighbors do to the znodes of a group. What has to be undone is
 * insisted on, whatever the servers do meanwhile.
 *
 * <p>Confined to one thread, but for {@link #forged}.
 */
final class HandOnTree {

  private static final int SHARDS_AT_A_TIME = 3;
  private static final int AHEAD = 2;
  private static final List<String> EVENTS =
      List.of("elected", "resigned", "lapsed", "revoked", "lost");
  private static final Pattern NEXT = Pattern.compile("\"auditNext\":(\\d+)");
  private static final List<String> DAMAGE = List.of("{", "", "{\"format\":9}", "hello");

  /** What was met, and what takes it back. */
  record Done(String met, Runnable undo) {}

  private interface Work {
    void run() throws Exception;
  }

  private final CuratorFramework operator;
  private final String group;
  private final List<String> shards;
  private final boolean hasGroup;
  private final Set<String> forged = ConcurrentHashMap.newKeySet();

  /**
   * A hand.
   *
   * @param hasGroup false where plain latches run, which have none of these znodes
   */
  HandOnTree(CuratorFramework operator, String group, List<String> shards, boolean hasGroup) {
    this.operator = operator;
    this.group = group;
    this.shards = shards;
    this.hasGroup = hasGroup;
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
    List<String> made = new ArrayList<>();
    List<String> scopes = new ArrayList<>(List.of(group + "/coordinator"));
    for (int i = 0; i < SHARDS_AT_A_TIME; i++) {
      String shard = shards.get((pick + i) % shards.size());
      forged.add(shard);
      scopes.add(group + "/shards/" + shard);
    }
    for (String scope : scopes) {
      attempt(() -> forge(scope, made));
    }
    return new Done(
        made.size() + " entries in " + scopes,
        () -> made.forEach(path -> insist(() -> delete(path))));
  }

  private void forge(String scope, List<String> made) throws Exception {
    Matcher next = NEXT.matcher(read(scope));
    if (!next.find()) {
      return;
    }
    long first = Long.parseLong(next.group(1));
    for (long index = first; index < first + AHEAD; index++) {
      for (String event : EVENTS) {
        for (int worker = 1; worker <= Faults.WORKERS; worker++) {
          String name = String.format(Locale.ROOT, "%010d-%s-w-%d", index, event, worker);
          String path = scope + "/audit/" + name;
          try {
            operator.create().forPath(path, new byte[0]);
            made.add(path);
          } catch (KeeperException.NodeExistsException e) {
            // A transition was faster, and the entry is its own.
          }
        }
      }
    }
  }

  private void delete(String path) throws Exception {
    try {
      operator.delete().forPath(path);
    } catch (KeeperException.NoNodeException e) {
      // The answer to the deletion was lost.
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
    String good = insistOn();
    String damage = DAMAGE.get(pick % DAMAGE.size());
    attempt(() -> set(group, damage));
    return new Done("\"" + damage + "\"", () -> insist(() -> set(group, good)));
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
