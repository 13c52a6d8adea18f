package io.tenure.examples;

import static io.tenure.examples.ChildOptions.say;

import io.tenure.lease.Lease;
import io.tenure.lease.TaskFailedException;
import io.tenure.recipes.LeaderElection;
import io.tenure.recipes.SessionMonitor;
import io.tenure.scope.OutcomeUnknownException;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.apache.curator.framework.CuratorFramework;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One candidate in a process of its own. Tells its parent on standard output how it goes, one line
 * for each event, and ends when its standard input does, so that it cannot outlive the demo.
 */
@Command(name = "candidate", hidden = true)
final class CandidateProcess implements Callable<Integer> {

  @Mixin private ChildOptions options = new ChildOptions();

  @Option(names = "--scope", required = true)
  private String scope = "";

  @Option(names = "--rows-per-unit", required = true)
  private int rowsPerUnit;

  @Option(names = "--pause-millis", required = true)
  private long pauseMillis;

  @Option(names = "--ignore-lease-after-pause")
  private boolean ignoreLeaseAfterPause;

  @Override
  public Integer call() throws Exception {
    Child.exitWithParent();
    Input rows = options.read();
    try (CloseStore store = new CloseStore(options.jdbc());
        CuratorFramework client = options.client()) {
      try (SessionMonitor monitor = options.monitor(client)) {
        client.start();
        try (LeaderElection election =
            LeaderElection.builder(monitor, scope).candidateId(options.id()).build()) {
          say("standby");
          lead(election, rows, store);
          say("done");
        }
      }
    }
    return 0;
  }

  /** Stands again if the table has refused it: then it was asleep and another leads. */
  private void lead(LeaderElection election, Input rows, CloseStore store)
      throws InterruptedException {
    while (true) {
      try {
        election.run(
            new NightlyClose(
                rows, store, rowsPerUnit, Duration.ofMillis(pauseMillis), progress(store)));
        return;
      } catch (TaskFailedException e) {
        if (!(e.getCause() instanceof StaleEpochException)) {
          throw e;
        }
      } catch (OutcomeUnknownException e) {
        // It was asleep while the answer came. The checkpoint that counts is read again anyway.
      }
    }
  }

  private NightlyClose.Progress progress(CloseStore store) {
    return new NightlyClose.Progress() {
      @Override
      public void prepared(Lease lease, int position) {
        say(
            "elected",
            lease.epoch(),
            position,
            lease.predecessor().map(p -> p.candidateId() + " " + p.end().word()).orElse("nobody"));
      }

      @Override
      public void unit(Lease lease, Totals totals) {
        say("unit", lease.epoch(), totals.position(), lease.remaining().toMillis());
      }

      @Override
      public void lost(Tenure tenure, Transition.End why, boolean held, Totals pending) {
        say("lost", tenure.epoch(), why.word(), held);
        if (ignoreLeaseAfterPause) {
          writeAllTheSame(tenure, pending);
        }
      }

      /** What no leader may do, and what the fence is for. */
      private void writeAllTheSame(Tenure tenure, Totals pending) {
        try {
          store.write(pending, tenure.epoch());
          say("written", tenure.epoch());
        } catch (StaleEpochException e) {
          say("refused", tenure.epoch(), e.getMessage());
        } catch (SQLException e) {
          say("failed", tenure.epoch(), e.getMessage());
        }
      }
    };
  }
}
