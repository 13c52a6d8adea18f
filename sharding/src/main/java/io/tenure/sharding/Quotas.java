package io.tenure.sharding;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * How many shards each worker should lead.
 *
 * <p>The exact share of worker w is x(w) = max(p(w), min(m(w), lambda * c(w))), with its pinned
 * shards p, its cap m and its capacity c, and lambda such that the shares add up to all shards, or
 * to all caps where these are fewer. The quota is x rounded down or up, such that the quotas add up
 * too. Who already has more than its share rounded down is rounded up first: each time, that saves
 * a move.
 *
 * <p>Pure; stateless.
 */
final class Quotas {

  /** Sums of doubles that should be whole numbers are, to within this. */
  private static final double EPSILON = 1e-6;

  private Quotas() {}

  /**
   * The exact shares; 0 for workers that drain.
   *
   * @param pinned how many shards each worker must lead; at most its cap
   */
  static double[] exact(List<Placement.Member> members, int[] pinned, int shards) {
    int workers = members.size();
    double[] share = new double[workers];
    boolean[] settled = new boolean[workers];
    long caps = 0;
    for (int w = 0; w < workers; w++) {
      settled[w] = members.get(w).draining();
      caps += settled[w] ? 0 : members.get(w).maxShards();
    }
    double left = Math.min(shards, caps);
    // Shares that go beyond a bound are settled at it and the others are shared out again: first
    // all on the side where together they are farther out, since settling those cannot push any of
    // the other side back. Each round settles at least one.
    while (true) {
      double capacity = 0;
      for (int w = 0; w < workers; w++) {
        capacity += settled[w] ? 0 : members.get(w).capacity();
      }
      if (capacity <= 0) {
        return share;
      }
      double lambda = left / capacity;
      double outside = 0;
      for (int w = 0; w < workers; w++) {
        if (!settled[w]) {
          double free = lambda * members.get(w).capacity();
          share[w] = Math.max(pinned[w], Math.min(members.get(w).maxShards(), free));
          outside += share[w] - free;
        }
      }
      boolean any = false;
      double taken = 0;
      for (int w = 0; w < workers; w++) {
        if (!settled[w]) {
          double by = share[w] - lambda * members.get(w).capacity();
          if (outside > EPSILON ? by > 0 : outside < -EPSILON && by < 0) {
            settled[w] = true;
            any = true;
            taken += share[w];
          }
        }
      }
      left -= taken;
      if (!any) {
        return share;
      }
    }
  }

  /**
   * The quotas.
   *
   * @param share the exact share of each worker
   * @param held how many it has that it could keep, the pinned ones included
   */
  static int[] integral(double[] share, int[] held) {
    int workers = share.length;
    int[] quota = new int[workers];
    double[] rest = new double[workers];
    double sum = 0;
    int given = 0;
    for (int w = 0; w < workers; w++) {
      double nearest = Math.rint(share[w]);
      double whole = Math.abs(share[w] - nearest) < EPSILON ? nearest : Math.floor(share[w]);
      quota[w] = (int) whole;
      rest[w] = Math.max(0, share[w] - whole);
      sum += share[w];
      given += quota[w];
    }
    int up = (int) Math.rint(sum) - given;
    Integer[] order = new Integer[workers];
    Arrays.setAll(order, w -> w);
    Arrays.sort(
        order,
        Comparator.comparing((Integer w) -> rest[w] < EPSILON)
            .thenComparing(w -> held[w] <= quota[w])
            .thenComparing(w -> -rest[w])); // Stable: of equal ones the first.
    for (int i = 0; i < up; i++) {
      quota[order[i]]++;
    }
    return quota;
  }
}
