package io.tenure.sharding;

import static io.tenure.sharding.Placement.NONE;

import io.tenure.sharding.Placement.Member;
import io.tenure.sharding.Placement.Request;
import java.util.Arrays;
import java.util.List;

/**
 * The slow, obvious twin of {@link Placement} and {@link Quotas}: finds shares by bisection, and
 * the fewest moves by trying every assignment. For a handful of shards and workers only.
 */
final class ExhaustivePlacement {

  /** Shares are found to well within this; those of the cases are whole or farther from it. */
  private static final double EPSILON = 1e-7;

  private final Request request;
  private final int workers;
  private final int[] pins;
  private final int[] floors;
  private final int[] ceilings;
  private final int[] load;
  private final int vacant;
  private int fewest = Integer.MAX_VALUE;

  private ExhaustivePlacement(Request request, double[] share) {
    this.request = request;
    this.workers = request.members().size();
    this.pins = pins(request);
    this.floors = Arrays.stream(share).mapToInt(ExhaustivePlacement::floor).toArray();
    this.ceilings = Arrays.stream(share).mapToInt(ExhaustivePlacement::ceiling).toArray();
    this.load = new int[workers];
    this.vacant = (int) (request.shards() - Math.min(request.shards(), caps(request.members())));
  }

  /** The fewest shards that must leave a leader that lives, does not drain and can lead them. */
  static int fewestMoves(Request request) {
    ExhaustivePlacement all = new ExhaustivePlacement(request, exact(request));
    all.tryShard(0, 0, 0, true);
    return all.fewest;
  }

  /**
   * Whether some assignment has all shares rounded down or up, every pin, and no shard with a
   * worker that is unable to lead it.
   */
  static boolean everyShardCanBeLedWithinQuotas(Request request) {
    ExhaustivePlacement all = new ExhaustivePlacement(request, exact(request));
    all.tryShard(0, 0, 0, false);
    return all.fewest < Integer.MAX_VALUE;
  }

  static int floor(double share) {
    return (int) Math.floor(share + EPSILON);
  }

  static int ceiling(double share) {
    return (int) Math.ceil(share - EPSILON);
  }

  /** For each shard the worker that it is pinned to, if that has room: lower shards first. */
  static int[] pins(Request request) {
    int[] pins = new int[request.shards()];
    int[] load = new int[request.members().size()];
    Arrays.fill(pins, NONE);
    for (int shard = 0; shard < pins.length; shard++) {
      Integer worker = request.pins().get(shard);
      if (worker != null && worker != NONE) {
        Member member = request.members().get(worker);
        if (!member.draining()
            && load[worker] < member.maxShards()
            && !request.isUnable(worker, shard)) {
          pins[shard] = worker;
          load[worker]++;
        }
      }
    }
    return pins;
  }

  static long caps(List<Member> members) {
    return members.stream().filter(m -> !m.draining()).mapToLong(Member::maxShards).sum();
  }

  /** The exact share of each worker: bisects for the lambda that has them add up. */
  static double[] exact(Request request) {
    List<Member> members = request.members();
    int[] pinned = new int[members.size()];
    Arrays.stream(pins(request)).filter(worker -> worker != NONE).forEach(w -> pinned[w]++);
    double total = Math.min(request.shards(), caps(members));
    double low = 0;
    double high = 1e9;
    for (int i = 0; i < 200; i++) {
      double middle = (low + high) / 2;
      if (Arrays.stream(at(middle, members, pinned)).sum() < total) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return at(high, members, pinned);
  }

  private static double[] at(double lambda, List<Member> members, int[] pinned) {
    double[] share = new double[members.size()];
    for (int w = 0; w < share.length; w++) {
      Member member = members.get(w);
      share[w] =
          member.draining()
              ? 0
              : Math.max(pinned[w], Math.min(member.maxShards(), lambda * member.capacity()));
    }
    return share;
  }

  private void tryShard(int shard, int without, int moves, boolean unableToo) {
    if (moves >= fewest || without > vacant) {
      return;
    }
    if (shard == request.shards()) {
      for (int w = 0; w < workers; w++) {
        if (load[w] < floors[w]) {
          return;
        }
      }
      fewest = moves;
      return;
    }
    for (int w = NONE; w < workers; w++) {
      if (pins[shard] != NONE && pins[shard] != w) {
        continue;
      }
      int before = request.leaders()[shard];
      boolean leaves = before != w && before != NONE && !request.members().get(before).draining();
      int movesThen = moves + (leaves ? 1 : 0);
      if (w == NONE) {
        tryShard(shard + 1, without + 1, movesThen, unableToo);
      } else if (load[w] < ceilings[w] && (unableToo || !request.isUnable(w, shard))) {
        load[w]++;
        tryShard(shard + 1, without, movesThen, unableToo);
        load[w]--;
      }
    }
  }
}
