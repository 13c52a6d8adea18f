package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.testing.ZooKeeperFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Workers that join, leave, crash, come back, drain and lose their connection, as a seed says. In
 * the end every shard is led, no two leases were held at once, and every trail verifies clean.
 *
 * <p>The seeds are fixed; each is a test of its own that fails with its seed and schedule.
 */
@Timeout(240)
class RandomScheduleTest {

  private static final long[] SEEDS = {1, 20261124, 4711, 99};
  private static final int SHARDS = 40;
  private static final int EVENTS = 25;
  private static final int MAX_WORKERS = 5;

  @RegisterExtension final ZooKeeperFixture zk = new ZooKeeperFixture();

  @Test
  void everyTrailVerifiesCleanAfterJoinsLeavesCrashesAndDrains() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(SEEDS.length);
    try {
      Map<Long, Future<?>> runs = new TreeMap<>();
      for (long seed : SEEDS) {
        runs.put(seed, pool.submit(() -> new Run(seed).play()));
      }
      for (Map.Entry<Long, Future<?>> run : runs.entrySet()) {
        run.getValue().get();
      }
    } finally {
      pool.shutdownNow();
      pool.awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  private final class Run {
    private final long seed;
    private final Random random;
    private final Workers workers;
    private final Map<String, Workers.Member> alive = new TreeMap<>();
    private final List<Workers.Member> crashed = new ArrayList<>();
    private final List<String> schedule = new ArrayList<>();
    private int ids;

    Run(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
      this.workers = new Workers(zk, "/random/" + seed);
    }

    Void play() {
      try {
        join();
        for (int i = 0; i < EVENTS; i++) {
          somethingHappens();
          pause();
        }
        settle();
        return null;
      } catch (Exception | AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + schedule, e);
      }
    }

    private void note(String what) {
      schedule.add(what);
    }

    private void pause() throws Exception {
      long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(700));
      workers.await(() -> assertThat(System.nanoTime() - until).isPositive());
    }

    private void join() throws Exception {
      String id = "w-" + ids++;
      note("join " + id);
      Workers.Member member =
          workers.make(
              id, b -> b.shards(ShardSet.numbered(SHARDS)).settleWindow(Duration.ofMillis(200)));
      alive.put(id, member);
      Workers.join(member);
    }

    private Workers.Member any() {
      List<Workers.Member> all = List.copyOf(alive.values());
      return all.get(random.nextInt(all.size()));
    }

    private void somethingHappens() throws Exception {
      switch (random.nextInt(8)) {
        case 0, 1 -> {
          if (alive.size() < MAX_WORKERS) {
            join();
          }
        }
        case 2 -> {
          if (alive.size() > 1) {
            Workers.Member leaver = any();
            note("close " + leaver.id());
            alive.remove(leaver.id());
            leaver.worker().close();
          }
        }
        case 3 -> {
          if (alive.size() > 1) {
            Workers.Member victim = any();
            note("crash " + victim.id());
            alive.remove(victim.id());
            victim.crash();
            crashed.add(victim);
          }
        }
        case 4 -> {
          if (!crashed.isEmpty()) {
            Workers.Member back = crashed.remove(random.nextInt(crashed.size()));
            note("heal " + back.id());
            back.heal();
            alive.put(back.id(), back);
          }
        }
        case 5 -> {
          Workers.Member one = any();
          note("drain " + one.id());
          one.worker().drain();
        }
        case 6 -> {
          Workers.Member one = any();
          note("undrain " + one.id());
          one.worker().undrain();
        }
        default -> {
          Workers.Member one = any();
          note("blip " + one.id());
          one.proxy().dropConnections();
        }
      }
    }

    private void settle() throws Exception {
      note("settle");
      for (Workers.Member back : crashed) {
        back.heal();
        alive.put(back.id(), back);
      }
      alive.values().forEach(member -> member.worker().undrain());
      workers.awaitHeld(SHARDS);
      int most = (SHARDS + alive.size() - 1) / alive.size();
      workers.await(
          () ->
              assertThat(workers.loads())
                  .as("loads")
                  .hasSize(alive.size())
                  .allSatisfy((id, load) -> assertThat(load).isBetween(most - 1, most)));
      workers.verify();
      for (Workers.Member member : alive.values()) {
        member.worker().close();
      }
      workers.verify();
    }
  }
}
