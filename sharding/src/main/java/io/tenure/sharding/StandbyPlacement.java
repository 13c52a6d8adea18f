package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Who stands by for which shard.
 *
 * <p>The first rank takes over when a leader is lost, so the shards of each leader are spread over
 * its peers such that their loads are even once it is gone. Further ranks are spread evenly. A
 * standby is never the leader, nor another standby of the shard; it is in another zone than the
 * leader where there is one with a worker that can have it. Standbys stay where they are while that
 * holds.
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
  private final int[][] standbys;

  private StandbyPlacement(Placement.Request request, int[] leaders, int[] load) {
    this.request = request;
    this.members = request.members();
    this.workers = members.size();
    this.leaders = leaders;
    this.load = load;
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
      placement.laterRank(rank);
    }
    return placement.standbys;
  }

  private int before(int rank, int shard) {
    return rank < request.standbys().length ? request.standbys()[rank][shard] : NONE;
  }

  /** Whether a worker may stand by for shards that another leads. */
  private boolean mayStandBy(int worker, int leader) {
    return worker != leader && !members.get(worker).draining();
  }

  private boolean isElsewhere(int worker, int leader) {
    return leader == NONE || !members.get(worker).zone().equals(members.get(leader).zone());
  }

  /** The peers of a leader, in another zone if there are any there. */
  private List<Integer> peers(int leader) {
    List<Integer> all = new ArrayList<>();
    List<Integer> elsewhere = new ArrayList<>();
    for (int i = 1; i <= workers; i++) {
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

  private void laterRank(int rank) {
    double capacity = 0;
    for (int worker = 0; worker < workers; worker++) {
      capacity += members.get(worker).draining() ? 0 : members.get(worker).capacity();
    }
    int[] held = new int[workers];
    for (int shard = 0; shard < request.shards(); shard++) {
      int worker = before(rank, shard);
      if (leaders[shard] != NONE
          && worker != NONE
          && isFree(rank, shard, worker)
          && (isElsewhere(worker, leaders[shard]) || !isAnyElsewhere(rank, shard))
          && held[worker] <= request.shards() * members.get(worker).capacity() / capacity) {
        standbys[rank][shard] = worker;
        held[worker]++;
      }
    }
    for (int shard = 0; shard < request.shards(); shard++) {
      if (leaders[shard] != NONE && standbys[rank][shard] == NONE) {
        int worker = leastHeld(rank, shard, held);
        standbys[rank][shard] = worker;
        if (worker != NONE) {
          held[worker]++;
        }
      }
    }
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

  private boolean isAnyElsewhere(int rank, int shard) {
    for (int worker = 0; worker < workers; worker++) {
      if (isElsewhere(worker, leaders[shard]) && isFree(rank, shard, worker)) {
        return true;
      }
    }
    return false;
  }

  private int leastHeld(int rank, int shard, int[] held) {
    int best = NONE;
    for (int worker = 0; worker < workers; worker++) {
      if (isFree(rank, shard, worker) && (best == NONE || isBetter(shard, worker, best, held))) {
        best = worker;
      }
    }
    return best;
  }

  private boolean isBetter(int shard, int worker, int than, int[] held) {
    boolean elsewhere = isElsewhere(worker, leaders[shard]);
    if (elsewhere != isElsewhere(than, leaders[shard])) {
      return elsewhere;
    }
    return relative(worker, held[worker] + 1) < relative(than, held[than] + 1);
  }
}
