package io.tenure.examples;

import io.tenure.lease.LeaderTask;
import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Adds up the input in units of work. Each unit goes to the table first, fenced by the epoch, and
 * then into the checkpoint, fenced by ZooKeeper. A successor goes on from the checkpoint: at worst
 * it does one unit again, which the table takes without harm.
 */
class NightlyClose implements LeaderTask {

  /** What a unit's write to the table may take. */
  private static final Duration WRITE_TIME = Duration.ofMillis(300);

  /** Is told how the work goes. */
  interface Progress {
    /** The tenure began, at that position. */
    void prepared(Lease lease, int position);

    /** A unit is done. */
    void unit(Lease lease, Totals totals);

    /**
     * The tenure is over without having been stopped.
     *
     * @param held what the lease says about itself
     * @param pending what would have been written next
     */
    void lost(Tenure tenure, Transition.End why, boolean held, Totals pending);
  }

  private final Input input;
  private final CloseStore store;
  private final int rowsPerUnit;
  private final Duration pause;
  private final Progress progress;
  private Totals totals = Totals.none();
  private @Nullable Lease last;

  NightlyClose(Input input, CloseStore store, int rowsPerUnit, Duration pause, Progress progress) {
    this.input = input;
    this.store = store;
    this.rowsPerUnit = rowsPerUnit;
    this.pause = pause;
    this.progress = progress;
  }

  @Override
  public void prepare(Lease lease) throws Exception {
    last = lease;
    totals = lease.lastCheckpoint().map(Totals::parse).orElse(Totals.none());
    // The table learns the new epoch before any work is done with it: from here on it refuses the
    // predecessor, should that one still be out there.
    lease.ensure(WRITE_TIME);
    store.write(totals, lease.epoch());
    progress.prepared(lease, totals.position());
  }

  @Override
  public NextStep step(Lease lease) throws Exception {
    if (totals.position() >= input.rows().size()) {
      return NextStep.done("close finished");
    }
    Totals next = withNextUnit();
    lease.ensure(WRITE_TIME);
    store.write(next, lease.epoch());
    lease.checkpoint(next.bytes());
    totals = next;
    progress.unit(lease, totals);
    return NextStep.after(pause);
  }

  @Override
  public void lost(Tenure tenure, Transition.End why) throws Exception {
    progress.lost(tenure, why, last != null && last.isHeld(), withNextUnit());
  }

  private Totals withNextUnit() {
    int from = totals.position();
    int to = (int) Math.min(input.rows().size(), (long) from + rowsPerUnit);
    return totals.plus(input.rows().subList(from, to));
  }

  /** What was added up so far. */
  Totals totals() {
    return totals;
  }
}
