package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * How long a placement takes. In the placement's own package, since that is no API; on a class path
 * that is all it needs.
 */
public final class PlacementTiming {

  private PlacementTiming() {}

  /**
   * The median time of placing shards that nobody leads yet, each with a standby.
   *
   * @return nanoseconds
   */
  public static long nanos(int shards, int workers, int rounds) {
    List<Placement.Member> members = new ArrayList<>();
    for (int worker = 0; worker < workers; worker++) {
      members.add(
          new Placement.Member(
              "worker-" + worker, 1 + worker % 3, Integer.MAX_VALUE, "zone-" + worker % 3, false));
    }
    int[] nobody = new int[shards];
    Arrays.fill(nobody, Placement.NONE);
    int[][] noStandbys = new int[1][shards];
    Arrays.fill(noStandbys[0], Placement.NONE);
    List<Long> nanos = new ArrayList<>();
    for (int round = 0; round < 2 * rounds; round++) {
      long start = System.nanoTime();
      Placement.Result result =
          Placement.compute(Placement.Request.plain(members, nobody, noStandbys, 1));
      long taken = System.nanoTime() - start;
      if (result.moves().size() != shards) {
        throw new IllegalStateException("not every shard was placed");
      }
      if (round >= rounds) {
        nanos.add(taken);
      }
    }
    Collections.sort(nanos);
    return nanos.get(nanos.size() / 2);
  }
}
