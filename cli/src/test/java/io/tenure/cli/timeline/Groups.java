package io.tenure.cli.timeline;

import io.tenure.audit.AuditTrail;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Groups to look at. */
public final class Groups {

  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;

  private Groups() {}

  /**
   * A day of a group as it may be: a deployment at 06:00, a crash at 02:05, a hang at 11:20, an
   * operator at 15:00, another deployment at 18:30, and a shard without a leader at its end.
   */
  public static TimelineData day() {
    Random random = new Random(7);
    List<AuditTrail> trails = new ArrayList<>();
    trails.add(
        new Trail("/orders/coordinator")
            .elected(10 * MINUTE, "worker-1", "first in the queue")
            .lost(2 * HOUR + 5 * MINUTE + 9_000, "its session has ended")
            .elected(2 * HOUR + 5 * MINUTE + 9_000, "worker-2", "first in the queue")
            .resigned(6 * HOUR + 5 * MINUTE, "closed")
            .elected(6 * HOUR + 5 * MINUTE + 40, "worker-3", "first in the queue")
            .read(true));
    for (int shard = 0; shard < 48; shard++) {
      trails.add(shardOfTheDay(shard, random));
    }
    return TimelineData.of("/orders", Trail.at(24 * HOUR), trails);
  }

  private static AuditTrail shardOfTheDay(int shard, Random random) {
    Trail trail = new Trail("/orders/shards/" + shard);
    int worker = 1 + shard % 6;
    long start = 10 * MINUTE + random.nextInt(4_000);
    trail.elected(start, "worker-" + worker, "planned by worker-1, plan 1");
    if (worker == 1) {
      long found = 2 * HOUR + 5 * MINUTE + 8_000 + random.nextInt(3_000);
      worker = 2 + shard % 5;
      trail.lost(found, "session 0x1000 has ended; found by worker-" + worker);
      trail.elected(found, "worker-" + worker, "stood by; worker-1 is gone");
    }
    int after = 1 + (worker + 2) % 6;
    handOver(trail, 6 * HOUR + worker * 4 * MINUTE + random.nextInt(30_000), after, random);
    if (shard % 11 == 4) {
      long at = 11 * HOUR + 20 * MINUTE + random.nextInt(60_000);
      trail.lapsed(at, "no renewal for 15 s: the working thread hangs in a query");
      after = 1 + (after + 1) % 6;
      trail.elected(at + 900 + random.nextInt(9_000), "worker-" + after, "stood by");
    }
    if (shard % 16 == 9) {
      long at = 15 * HOUR + shard * MINUTE / 4;
      trail.revoked(at, "operator anna: index is being rebuilt");
      after = 1 + (after + 3) % 6;
      trail.elected(at + 22 * MINUTE + random.nextInt(600_000), "worker-" + after, "planned");
    }
    int last = 1 + (after + 1) % 6;
    handOver(trail, 18 * HOUR + 30 * MINUTE + after * 3 * MINUTE, last, random);
    if (shard == 17) {
      trail.resigned(23 * HOUR + 10 * MINUTE, "task failed 3 times: disk quota exceeded");
      return trail.read(false);
    }
    if (shard == 31) {
      return trail.read(false); // Its leader node is gone, and no successor has recorded it.
    }
    if (shard == 5) {
      trail
          .resigned(20 * HOUR, "drained")
          .missing(3, 2)
          .resigned(21 * HOUR, "closed")
          .unreadable("0000000008-elected-worker-3", "is no JSON: it was cut off")
          .elected(21 * HOUR + 30, "worker-4", "planned");
    }
    return trail.read(true);
  }

  private static void handOver(Trail trail, long at, int to, Random random) {
    trail.resigned(at, "handed over to worker-" + to + ": deployment");
    trail.elected(at + 18 + random.nextInt(80), "worker-" + to, "planned; was ready");
  }

  /** 1,000 shards by 100 transitions each, with 40 workers, over 30 days. */
  public static TimelineData big() {
    Random random = new Random(11);
    List<AuditTrail> trails = new ArrayList<>();
    for (int shard = 0; shard < 1_000; shard++) {
      Trail trail = new Trail("/big/shards/" + shard);
      double time = random.nextInt(3_600_000);
      for (int tenure = 0; tenure < 51; tenure++) {
        int worker = random.nextInt(40);
        trail.elected((long) time, "worker-" + worker, "planned, plan " + tenure);
        time += 600_000 + -Math.log(1 - random.nextDouble()) * 14 * HOUR;
        int how = random.nextInt(100);
        if (tenure == 50 && how < 98) {
          break;
        } else if (how < 90) {
          trail.resigned((long) time, "handed over");
          time += 20 + random.nextInt(100);
        } else if (how < 94) {
          trail.lost((long) time, "its session has ended");
        } else if (how < 97) {
          trail.lapsed((long) time, "no renewal for 15 s");
          time += 2_000 + random.nextInt(3_000_000);
        } else {
          trail.revoked((long) time, "operator");
          time += 2_000 + random.nextInt(60_000);
        }
      }
      trails.add(trail.read(trail.last().entry().transition().word().equals("elected")));
    }
    return TimelineData.of("/big", Trail.at(30 * 24 * HOUR), trails);
  }
}
