package io.tenure.benchmarks;

import io.tenure.lease.Lease;
import io.tenure.recipes.LeaderElection;
import io.tenure.recipes.SessionMonitor;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.TestingServer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * What a lease check costs, beside one {@link System#nanoTime()}. The lease is a real one, on an
 * embedded server; target: at most 3 times as much.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LeaseBenchmark {

  /** A real lease, kept alive from beside the measured thread. */
  @State(Scope.Benchmark)
  public static class Held {
    private final ScheduledExecutorService keeper = Executors.newSingleThreadScheduledExecutor();
    private final TestingServer server;
    private final CuratorFramework client;
    private final SessionMonitor monitor;
    private final LeaderElection election;
    private final Lease lease;

    /** Takes office. */
    public Held() {
      try {
        server = new TestingServer(true);
        client =
            CuratorFrameworkFactory.newClient(
                server.getConnectString(), 30_000, 5_000, new RetryNTimes(3, 100));
        monitor = SessionMonitor.of(client);
        client.start();
        election =
            LeaderElection.builder(monitor, "/benchmark").leaseDuration(Duration.ofDays(1)).build();
        lease = election.acquire();
      } catch (Exception e) {
        throw new IllegalStateException("no lease to measure", e);
      }
    }

    /** Keeps the session bound young; the measured thread does nothing but check. */
    @Setup
    public void keep() {
      keeper.scheduleAtFixedRate(monitor::acknowledge, 0, 1, TimeUnit.SECONDS);
    }

    /** Fails the measurement if the lease was not held all the time: then it measured nothing. */
    @TearDown
    public void close() throws Exception {
      boolean held = lease.isHeld();
      keeper.shutdownNow();
      election.close();
      monitor.close();
      client.close();
      server.close();
      if (!held) {
        throw new IllegalStateException("the lease ran out while it was measured");
      }
    }
  }

  /** What everything is compared to. */
  @Benchmark
  public long nanoTime() {
    return System.nanoTime();
  }

  /** The check without allocation. */
  @Benchmark
  public long remainingNanos(Held held) {
    return held.lease.remainingNanos();
  }

  /** The check as a duration. */
  @Benchmark
  public Duration remaining(Held held) {
    return held.lease.remaining();
  }

  /** The check as a boolean. */
  @Benchmark
  public boolean isHeld(Held held) {
    return held.lease.isHeld();
  }

  /** Runs the benchmark in full and prints the ratios. */
  public static void main(String[] args) throws RunnerException {
    Options options =
        new OptionsBuilder()
            .include(LeaseBenchmark.class.getSimpleName())
            .forks(2)
            .warmupIterations(3)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(5)
            .measurementTime(TimeValue.seconds(1))
            .build();
    System.out.print(ratios(new Runner(options).run()));
  }

  /** A line for each check: what it costs, and how many times one {@code nanoTime()} that is. */
  static String ratios(Collection<RunResult> results) {
    double base =
        results.stream()
            .filter(r -> r.getPrimaryResult().getLabel().equals("nanoTime"))
            .mapToDouble(r -> r.getPrimaryResult().getScore())
            .findFirst()
            .orElseThrow();
    StringBuilder out = new StringBuilder();
    for (RunResult result : results) {
      double score = result.getPrimaryResult().getScore();
      out.append(
          String.format(
              Locale.ROOT,
              "%-16s %7.1f ns   %4.2f x nanoTime%n",
              result.getPrimaryResult().getLabel(),
              score,
              score / base));
    }
    return out.toString();
  }
}
