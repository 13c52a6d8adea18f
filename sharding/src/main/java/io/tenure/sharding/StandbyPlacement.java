package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeSet;

/**
 * Who stands by for which shard.
 *
 * <p>The first rank takes over when a leader is lost, so the shards of each leader are spread over
 * its peers such that their loads are even once it is gone. Further ranks are spread as evenly as
 * one move at a time can. A standby is never the leader, nor another standby of the shard; it is in
 * another zone than the leader where there is one with a worker that can have it. Standbys stay
 * where they are while that holds.
 *
 * <p>Confined to one computation; pure.
 */
final class StandbyPlacement {

  private static final int NONE = Placement.NONE;

  private final Placement.Request request;
  private final List<Placement.Member> members;
  private final int workers;
  private final int[] leaders;
  private final int[] load;
  private final int[] zone;
  private final int[] openElsewhere;
  private final int[][] standbys;

  private StandbyPlacement(Placement.Request request, int[] leaders, int[] load) {
    this.request = request;
    this.members = request.members();
    this.workers = members.size();
    this.leaders = leaders;
    this.load = load;
    this.zone = zones(members);
    this.openElsewhere = new int[workers];
    for (int worker = 0; worker < workers; worker++) {
      for (int other = 0; other < workers; other++) {
        if (zone[worker] != zone[other] && !members.get(other).draining()) {
          openElsewhere[worker]++;
        }
      }
    }
    this.standbys = new int[request.ranks()][request.shards()];
    for (int[] rank : standbys) {
      Arrays.fill(rank, NONE);
    }
  }

  /** Computes the standbys of shards that are led so, by workers that lead so many. */
  static int[][] compute(Placement.Request request, int[] leaders, int[] load) {
    StandbyPlacement placement = new StandbyPlacement(request, leaders, load);
    if (request.ranks() > 0) {
      placement.firstRank();
    }
    for (int rank = 1; rank < request.ranks(); rank++) {
      placement.new LaterRank(rank).fill();
    }
    return placement.standbys;
  }

  /** The zones as numbers, since they are compared for every shard. */
  private static int[] zones(List<Placement.Member> members) {
    Map<String, Integer> numbers = new HashMap<>();
    return members.stream()
        .mapToInt(member -> numbers.computeIfAbsent(member.zone(), zone -> numbers.size()))
        .toArray();
  }

  private int before(int rank, int shard) {
    return rank < request.standbys().length ? request.standbys()[rank][shard] : NONE;
  }

  /** Whether a worker may stand by for shards that another leads. */
  private boolean mayStandBy(int worker, int leader) {
    return worker != leader && !members.get(worker).draining();
  }

  private boolean isElsewhere(int worker, int leader) {
    return zone[worker] != zone[leader];
  }

  /** The peers of a leader, in another zone if there are any there. */
  private List<Integer> peers(int leader) {
    List<Integer> all = new ArrayList<>();
    List<Integer> elsewhere = new ArrayList<>();
    for (int i = 1; i < workers; i++) {
      // From the next one on, so that odd ones out are not always given to the same.
      int worker = (leader + i) % workers;
      if (mayStandBy(worker, leader)) {
        all.add(worker);
        if (isElsewhere(worker, leader)) {
          elsewhere.add(worker);
        }
      }
    }
    return elsewhere.isEmpty() ? all : elsewhere;
  }

  private void firstRank() {
    List<List<Integer>> led = new ArrayList<>();
    for (int worker = 0; worker < workers; worker++) {
      led.add(new ArrayList<>());
    }
    for (int shard = 0; shard < request.shards(); shard++) {
      if (leaders[shard] != NONE) {
        led.get(leaders[shard]).add(shard);
      }
    }
    for (int leader = 0; leader < workers; leader++) {
      List<Integer> peers = peers(leader);
      if (!peers.isEmpty() && !led.get(leader).isEmpty()) {
        spread(led.get(leader), peers);
      }
    }
  }

  /** Spreads the shards of one leader over its peers. */
  private void spread(List<Integer> shards, List<Integer> peers) {
    int[] held = new int[workers];
    for (int shard : shards) {
      int worker = before(0, shard);
      if (worker != NONE) {
        held[worker]++;
      }
    }
    int[] room = room(shards.size(), peers, held);
    List<Integer> rest = new ArrayList<>();
    for (int shard : shards) {
      int worker = before(0, shard);
      if (worker != NONE && room[worker] > 0) {
        room[worker]--;
        standbys[0][shard] = worker;
      } else {
        rest.add(shard);
      }
    }
    int next = 0;
    for (int shard : rest) {
      while (room[peers.get(next)] == 0) {
        next++;
      }
      room[peers.get(next)]--;
      standbys[0][shard] = peers.get(next);
    }
  }

  /** How many each peer gets: one after the other to the one whose load would be least with it. */
  private int[] room(int count, List<Integer> peers, int[] held) {
    record Peer(int worker, int order, double loadWithOneMore, boolean full, boolean has) {}
    PriorityQueue<Peer> queue =
        new PriorityQueue<>(
            Math.max(1, peers.size()),
            Comparator.comparing(Peer::full)
                .thenComparing(Peer::loadWithOneMore)
                .thenComparing(peer -> !peer.has())
                .thenComparing(Peer::order));
    int[] room = new int[workers];
    for (int i = 0; i < peers.size(); i++) {
      int worker = peers.get(i);
      queue.add(
          new Peer(
              worker, i, relative(worker, load[worker] + 1), isFull(worker, 0), held[worker] > 0));
    }
    for (int i = 0; i < count; i++) {
      Peer least = queue.remove();
      int worker = least.worker();
      int given = ++room[worker];
      queue.add(
          new Peer(
              worker,
              least.order(),
              relative(worker, load[worker] + given + 1),
              isFull(worker, given),
              held[worker] > given));
    }
    return room;
  }

  private double relative(int worker, int count) {
    return count / members.get(worker).capacity();
  }

  /** Whether a worker could not take over one more without going over its cap. */
  private boolean isFull(int worker, int more) {
    return load[worker] + more >= members.get(worker).maxShards();
  }

  private boolean isFree(int rank, int shard, int worker) {
    if (!mayStandBy(worker, leaders[shard])) {
      return false;
    }
    for (int lower = 0; lower < rank; lower++) {
      if (standbys[lower][shard] == worker) {
        return false;
      }
    }
    return true;
  }

  /** Whether a free worker is in another zone than the leader, or no free one is. */
  private boolean isFarEnough(int rank, int shard, int worker) {
    int leader = leaders[shard];
    if (isElsewhere(worker, leader)) {
      return true;
    }
    int taken = 0;
    for (int lower = 0; lower < rank; lower++) {
      taken += isElsewhere(standbys[lower][shard], leader) ? 1 : 0;
    }
    return taken == openElsewhere[leader];
  }

  private boolean suits(int rank, int shard, int worker) {
    return isFree(rank, shard, worker) && isFarEnough(rank, shard, worker);
  }

  /**
   * The standbys of a rank beyond the first. They stay where they may; missing ones go to who has
   * least; then they go from who has more to who would still have less with one more. In the end
   * nothing is left to improve, so the same input again changes nothing.
   */
  private final class LaterRank {

    private final int rank;
    private final int[] standby;
    private final int[] held = new int[workers];
    private final TreeSet<Integer> leastFirst =
        new TreeSet<>(
            Comparator.comparingDouble((Integer worker) -> withOneMore(worker))
                .thenComparing(worker -> worker));

    LaterRank(int rank) {
      this.rank = rank;
      this.standby = standbys[rank];
    }

    void fill() {
      for (int shard = 0; shard < request.shards(); shard++) {
        int worker = before(rank, shard);
        if (leaders[shard] != NONE && worker != NONE && suits(rank, shard, worker)) {
          standby[shard] = worker;
          held[worker]++;
        }
      }
      for (int worker = 0; worker < workers; worker++) {
        if (!members.get(worker).draining()) {
          leastFirst.add(worker);
        }
      }
      for (int shard = 0; shard < request.shards(); shard++) {
        if (leaders[shard] != NONE && standby[shard] == NONE) {
          give(shard, least(shard));
        }
      }
      boolean again = true;
      while (again) { // Ends: each time a higher load is replaced by a lower one.
        again = even();
      }
    }

    private double withOneMore(int worker) {
      return relative(worker, held[worker] + 1);
    }

    private int least(int shard) {
      for (int worker : leastFirst) {
        if (suits(rank, shard, worker)) {
          return worker;
        }
      }
      return NONE;
    }

    private boolean even() {
      boolean any = false;
      for (int shard = 0; shard < request.shards(); shard++) {
        int from = standby[shard];
        if (from != NONE && relative(from, held[from]) > withOneMore(leastFirst.first())) {
          int to = least(shard);
          if (to != NONE && relative(from, held[from]) > withOneMore(to)) {
            give(shard, to);
            any = true;
          }
        }
      }
      return any;
    }

    private void give(int shard, int to) {
      change(standby[shard], -1);
      change(to, 1);
      standby[shard] = to;
    }

    private void change(int worker, int by) {
      if (worker != NONE) {
        leastFirst.remove(worker); // It is sorted by what changes.
        held[worker] += by;
        leastFirst.add(worker);
      }
    }
  }
}
