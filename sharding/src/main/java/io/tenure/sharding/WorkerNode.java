package io.tenure.sharding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.scope.Candidate;
import java.util.List;
import java.util.Optional;

/**
 * A worker's registration: the data of {@code /<group>/workers/<id>-<incarnation>}. Immutable.
 *
 * @param candidate who it is; its id is the worker's
 * @param nonce drawn for each registration, so that a worker whose answer was lost finds its own
 * @param zone where it runs; empty if nobody said
 * @param capacity how much of the load it takes, relative to others
 * @param maxShards how many shards it leads at most
 * @param draining it wants to hand over everything
 * @param ready shards that it has warmed up and would lead now
 * @param tookOver shards that it leads because it stood by and their leader was gone
 * @param unable shards that it should lead and cannot
 * @param utilization how busy it is, in per cent
 */
record WorkerNode(
    Candidate candidate,
    String nonce,
    String zone,
    double capacity,
    int maxShards,
    boolean draining,
    List<String> ready,
    List<String> tookOver,
    List<String> unable,
    int utilization) {

  static WorkerNode parse(String path, byte[] data) {
    ZnodeJson json = ZnodeJson.parse(path, data);
    return new WorkerNode(
        json.candidate(),
        json.text("nonce"),
        json.optionalText("zone").orElse(""),
        Optional.ofNullable(json.get("capacity")).map(node -> node.asDouble(1)).orElse(1.0),
        (int) json.number("maxShards", 0),
        json.text("state").equals("draining"),
        ShardList.get(json, "ready"),
        ShardList.get(json, "tookOver"),
        ShardList.get(json, "unable"),
        (int) json.number("utilization", 0));
  }

  byte[] bytes(ShardSet set) {
    ObjectNode json = ZnodeJson.create();
    ZnodeJson.putCandidate(json, candidate);
    json.put("nonce", nonce);
    if (!zone.isEmpty()) {
      json.put("zone", zone);
    }
    json.put("capacity", capacity);
    json.put("maxShards", maxShards);
    json.put("state", draining ? "draining" : "active");
    ShardList.put(json, "ready", set, ready);
    ShardList.put(json, "tookOver", set, tookOver);
    ShardList.put(json, "unable", set, unable);
    json.put("utilization", utilization);
    return ZnodeJson.bytes(json);
  }
}
