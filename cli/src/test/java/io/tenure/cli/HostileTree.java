package io.tenure.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeName;
import io.tenure.testing.HostileText;
import java.nio.charset.StandardCharsets;
import org.apache.curator.framework.CuratorFramework;

/**
 * A scope and a group as a bad neighbor leaves them: every text that can be written holds all
 * hostile texts, and where only some can, those. Confined to one thread.
 */
final class HostileTree {

  static final String SCOPE = "/h/scope";
  static final String GROUP = "/h/group";

  /** All hostile texts, where any text can stand. */
  static final String ANY = HostileText.together();

  /** Those that an id or a znode's name can have. */
  static final String NAME = String.join("", HostileText.inNames());

  /** A scope with a hostile name. */
  static final String NAMED = "/h/" + HostileText.inNames().get(0) + NAME.substring(0, 12);

  private static final String TIME = "2026-03-01T02:00:00Z";
  private static final String ZEROS = "0".repeat(64);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final CuratorFramework client;

  HostileTree(CuratorFramework client) {
    this.client = client;
  }

  void make() throws Exception {
    scope(SCOPE);
    scope(NAMED);
    group();
    put("/h/bad", ANY);
    put("/h/bad/audit/0000000001-elected-w-1", ANY);
  }

  private static ObjectNode json() {
    return JSON.createObjectNode().put("format", 1);
  }

  private static ObjectNode candidate() {
    return json().put("candidate", NAME).put("host", NAME).put("pid", 1).put("endpoint", NAME);
  }

  private void put(String path, String data) throws Exception {
    client
        .create()
        .orSetData()
        .creatingParentsIfNeeded()
        .forPath(path, data.getBytes(StandardCharsets.UTF_8));
  }

  private void put(String path, ObjectNode data) throws Exception {
    put(path, data.toString());
  }

  private static ObjectNode record(String state) {
    ObjectNode record =
        candidate()
            .put("epoch", 2)
            .put("state", state)
            .put("session", ANY)
            .put("nonce", ANY)
            .put("since", TIME)
            .put("auditFirst", 1)
            .put("auditNext", 6)
            .put("digest", ZEROS);
    return state.equals("led") ? record : record.put("end", "failed").put("reason", ANY);
  }

  private void entry(String scope, int index, String event, int epoch) throws Exception {
    ObjectNode entry =
        candidate()
            .put("index", index)
            .put("event", event)
            .put("epoch", epoch)
            .put("session", ANY)
            .put("reason", ANY)
            .put("recordedBy", ANY)
            .put("leaderTime", TIME)
            .put("previous", ZEROS);
    entry
        .putObject("predecessor")
        .put("candidate", ANY)
        .put("epoch", Math.max(1, epoch - 1))
        .put("end", "lost")
        .put("reason", ANY);
    put(scope + "/audit/000000000" + index + "-" + event + "-" + ZnodeName.encode("w"), entry);
  }

  private void scope(String scope) throws Exception {
    put(scope, record("led"));
    put(scope + "/leader", record("led"));
    entry(scope, 1, "elected", 1);
    entry(scope, 2, "failed", 1);
    entry(scope, 3, "elected", 2);
    put(scope + "/audit/0000000004-" + NAME, ANY);
    put(scope + "/audit/0000000005-resigned-w", json().put("event", ANY).put("by", ANY));
    put(scope + "/latch/" + NAME + "-latch-0000000001", ANY);
    put(scope + "/latch/x-latch-0000000002", candidate());
    put(scope + "/latch/y-latch-0000000003", "");
  }

  private void group() throws Exception {
    put(
        GROUP,
        json()
            .put("shards", 2)
            .put("standbys", 1)
            .put("settleMillis", 300)
            .put("movesInFlight", 100)
            .put("readyMillis", 30_000)
            .put("retention", 20)
            .put("later", ANY));
    scope(GROUP + "/coordinator");
    scope(GROUP + "/shards/0");
    put(GROUP + "/shards/1", record("vacant"));
    entry(GROUP + "/shards/1", 1, "elected", 1);
    workers();
    plan();
    directives();
    operations();
  }

  private void workers() throws Exception {
    ObjectNode worker =
        candidate()
            .put("nonce", ANY)
            .put("zone", ANY)
            .put("capacity", 1)
            .put("state", "active")
            .put("utilization", 10);
    worker
        .putArray("errors")
        .addObject()
        .put("shard", ANY)
        .put("in", ANY)
        .put("error", ANY)
        .put("since", TIME)
        .put("times", 3);
    put(GROUP + "/workers/" + ZnodeName.encode(NAME) + "-0000000001", worker);
    put(GROUP + "/workers/w-2-0000000002", worker.deepCopy().put("candidate", "w-2"));
    put(GROUP + "/workers/w-3-0000000003", worker.deepCopy().put("host", ANY));
    put(GROUP + "/workers/" + NAME, ANY);
    put(
        GROUP + "/refused/w-9",
        json().put("worker", ANY).put("host", ANY).put("pid", 1).put("why", ANY));
    put(GROUP + "/refused/" + NAME, ANY);
  }

  private void plan() throws Exception {
    put(
        GROUP + "/plan",
        json()
            .put("version", 3)
            .put("coordinator", ANY)
            .put("coordinatorEpoch", 2)
            .put("reason", ANY)
            .put("unplaced", "1")
            .put("unplacedReason", ANY));
    put(
        GROUP + "/plan/" + ZnodeName.encode(NAME),
        json().put("worker", NAME).put("version", 3).put("leads", "0-1").put("draining", ANY));
    put(GROUP + "/plan/" + NAME.substring(3), ANY);
  }

  private void directives() throws Exception {
    String directives = GROUP + "/directives/";
    put(directives + "drain-" + ZnodeName.encode(NAME), ANY);
    put(directives + "drain-w-2", json().put("value", "").put("reason", ANY));
    put(directives + "capacity-w-2", ANY);
    put(directives + "pin-0", json().put("value", ANY).put("reason", ANY));
    put(directives + "move-1", ANY);
    put(directives + NAME, ANY);
    put(directives + "pin-1", "{\"format\":1,\"" + NAME + "\":1,\"" + NAME + "\":2}");
  }

  private void operations() throws Exception {
    put(
        GROUP + "/audit",
        json().put("auditFirst", 1).put("auditNext", 3).put("digest", ZEROS).put("later", ANY));
    put(
        GROUP + "/audit/0000000001-drain-w",
        json()
            .put("index", 1)
            .put("event", "drain")
            .put("subject", ANY)
            .put("value", ANY)
            .put("reason", ANY)
            .put("by", ANY)
            .put("time", TIME)
            .put("nonce", ANY)
            .put("previous", ZEROS));
    put(
        GROUP + "/audit/0000000002-" + NAME,
        json()
            .put("index", 2)
            .put("event", ANY)
            .put("by", ANY)
            .put("time", TIME)
            .put("previous", ZEROS));
  }
}
