package io.tenure.sharding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.scope.Bounds;
import io.tenure.scope.Candidate;
import io.tenure.scope.ForeignDataException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A worker's registration: the data of {@code /<group>/workers/<id>-<incarnation>}. Immutable.
 *
 * @param candidate who it is; its id is the worker's
 * @param nonce drawn for each registration, so that a worker whose answer was lost finds its own
 * @param offer what it can take
 * @param draining it wants to hand over everything
 * @param shards what it says of shards
 * @param utilization how busy it is, in per cent
 * @param sessionTimeoutMillis the longest that its session lives without it; 0 if it does not say
 */
record WorkerNode(
    Candidate candidate,
    String nonce,
    Offer offer,
    boolean draining,
    OfShards shards,
    int utilization,
    long sessionTimeoutMillis) {

  /**
   * What a worker can take. Immutable.
   *
   * @param zone where it runs; empty if not given
   * @param capacity how much of the load it takes, relative to others
   * @param maxShards how many shards it leads at most
   * @param fits how many leader nodes its session may have, by their bytes
   */
  record Offer(String zone, double capacity, int maxShards, int fits) {}

  /**
   * What a worker says of shards. Immutable.
   *
   * @param ready shards that it has warmed up and would lead now
   * @param tookOver shards that it leads because it stood by and their leader was gone
   * @param unable shards that it cannot lead now: it leaves them alone for a while, or their last
   *     task still runs
   * @param failing shards that another worker should rather lead: they failed in office here, and
   *     have not been led well since, or their last task hangs
   * @param errors of shards that failed here, in office or while getting ready, what and how often
   */
  record OfShards(
      List<String> ready,
      List<String> tookOver,
      List<String> unable,
      List<String> failing,
      List<FailingShard> errors) {}

  /**
   * How much of a list is told at a time, so that a registration stays small even where thousands
   * of long-named shards are taken over at once. What is left out is told when the plan has taken
   * note of the first.
   */
  static final int MAX_LIST_BYTES = 10 * 1024;

  /** A worker that has room for the leader nodes of any number of shards. */
  WorkerNode(
      Candidate candidate,
      String nonce,
      String zone,
      double capacity,
      int maxShards,
      boolean draining,
      List<String> ready,
      List<String> tookOver,
      List<String> unable,
      List<String> failing,
      List<FailingShard> errors,
      int utilization) {
    this(
        candidate,
        nonce,
        new Offer(zone, capacity, maxShards, Integer.MAX_VALUE),
        draining,
        new OfShards(ready, tookOver, unable, failing, errors),
        utilization,
        0);
  }

  /** A worker of which only its id is known. */
  static WorkerNode unknown(Candidate candidate) {
    return new WorkerNode(
        candidate,
        "",
        "",
        1,
        Integer.MAX_VALUE,
        false,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        0);
  }

  /**
   * Parses a registration of a group.
   *
   * @throws io.tenure.scope.ForeignDataException if it is none, or tells of another worker than its
   *     name does
   */
  static WorkerNode parse(GroupPaths paths, String path, byte[] data) {
    WorkerNode node = parse(path, data);
    if (!paths.isRegistration(path, node.candidate().id())) {
      throw new ForeignDataException(
          path + " tells of worker " + node.candidate().id() + ", which is not its own");
    }
    return node;
  }

  static WorkerNode parse(String path, byte[] data) {
    ZnodeJson json = ZnodeJson.parse(path, data);
    double capacity =
        Optional.ofNullable(json.get("capacity")).map(node -> node.asDouble(0)).orElse(1.0);
    if (!(capacity > 0) || Double.isInfinite(capacity)) {
      throw json.foreign("capacity", "is not a number above 0");
    }
    return new WorkerNode(
        json.candidate(),
        json.text("nonce", Bounds.NONCE_CHARS),
        new Offer(
            json.optionalText("zone", Bounds.ZONE_BYTES).orElse(""),
            capacity,
            atMost(json, "maxShards"),
            atMost(json, "fits")),
        json.text("state").equals("draining"),
        new OfShards(
            ShardList.get(json, "ready"),
            ShardList.get(json, "tookOver"),
            ShardList.get(json, "unable"),
            ShardList.get(json, "failing"),
            FailingShard.parse(json, "errors")),
        (int) Math.min(json.number("utilization", 0), 100),
        json.get("sessionTimeout") == null ? 0 : json.number("sessionTimeout", 0));
  }

  private static int atMost(ZnodeJson json, String field) {
    return json.get(field) == null
        ? Integer.MAX_VALUE
        : (int) Math.min(json.number(field, 0), Integer.MAX_VALUE);
  }

  byte[] bytes(boolean numbered) {
    ObjectNode json = ZnodeJson.create();
    ZnodeJson.putCandidate(json, candidate);
    json.put("nonce", nonce);
    if (!offer.zone().isEmpty()) {
      json.put("zone", offer.zone());
    }
    json.put("capacity", offer.capacity());
    if (offer.maxShards() != Integer.MAX_VALUE) {
      json.put("maxShards", offer.maxShards());
    }
    if (offer.fits() != Integer.MAX_VALUE) {
      json.put("fits", offer.fits());
    }
    json.put("state", draining ? "draining" : "active");
    ShardList.put(json, "ready", numbered, shards.ready());
    ShardList.put(json, "tookOver", numbered, shards.tookOver());
    ShardList.put(json, "unable", numbered, shards.unable());
    ShardList.put(json, "failing", numbered, shards.failing());
    FailingShard.put(json, "errors", shards.errors());
    json.put("utilization", utilization);
    if (sessionTimeoutMillis != 0) {
      json.put("sessionTimeout", sessionTimeoutMillis);
    }
    return ZnodeJson.bytes(json);
  }

  String zone() {
    return offer.zone();
  }

  double capacity() {
    return offer.capacity();
  }

  int maxShards() {
    return offer.maxShards();
  }

  int fits() {
    return offer.fits();
  }

  List<String> ready() {
    return shards.ready();
  }

  List<String> tookOver() {
    return shards.tookOver();
  }

  List<String> unable() {
    return shards.unable();
  }

  List<String> failing() {
    return shards.failing();
  }

  List<FailingShard> errors() {
    return shards.errors();
  }

  /** The same, ready for other shards and leading others without being told to. */
  WorkerNode with(List<String> nowReady, List<String> nowTookOver) {
    OfShards now = new OfShards(nowReady, nowTookOver, unable(), failing(), errors());
    return new WorkerNode(
        candidate, nonce, offer, draining, now, utilization, sessionTimeoutMillis);
  }

  /** The same with room for so many leader nodes. */
  WorkerNode withFits(int leaderNodes) {
    Offer now = new Offer(zone(), capacity(), maxShards(), leaderNodes);
    return new WorkerNode(
        candidate, nonce, now, draining, shards, utilization, sessionTimeoutMillis);
  }

  /** The same in a session that lives so long without its worker. */
  WorkerNode withSessionTimeout(long millis) {
    return new WorkerNode(candidate, nonce, offer, draining, shards, utilization, millis);
  }

  /** How many shards it may be given. */
  int mayLead() {
    return Math.min(maxShards(), fits());
  }

  /** As many of the shards as fit. */
  static List<String> fitting(List<String> shards, boolean numbered) {
    if (numbered) {
      List<String> some = shards;
      while (ShardList.ranges(some).length() > MAX_LIST_BYTES) {
        some = some.subList(0, some.size() / 2);
      }
      return some;
    }
    List<String> some = new ArrayList<>();
    int bytes = 0;
    for (String shard : shards) {
      bytes += 3 * shard.length() + 3; // UTF-8, quotes and a comma
      if (bytes > MAX_LIST_BYTES) {
        break;
      }
      some.add(shard);
    }
    return some;
  }
}
