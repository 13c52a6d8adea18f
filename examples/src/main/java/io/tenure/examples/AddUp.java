package io.tenure.examples;

import io.tenure.lease.Lease;
import io.tenure.lease.NextStep;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import io.tenure.sharding.ShardTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Adds up the rows of one shard, a few in each step. Each step's totals go to the table, fenced by
 * the shard's epoch; a successor goes on where the table says.
 */
class AddUp implements ShardTask {

  /** What a step's write to the table may take. */
  private static final Duration WRITE_TIME = Duration.ofMillis(300);

  private static final Duration NOTHING_TO_DO = Duration.ofMillis(500);

  /** Is told when a tenure was lost: what would have been written next. */
  interface Lost {
    void lost(int shard, Tenure tenure, Transition.End why, Totals pending);
  }

  private final int shard;
  private final List<Input.Row> rows;
  private final ShardStore store;
  private final int rowsPerStep;
  private final Duration pause;
  private final Lost listener;
  private Totals totals = Totals.none();

  AddUp(
      int shard,
      List<Input.Row> rows,
      ShardStore store,
      int rowsPerStep,
      Duration pause,
      Lost listener) {
    this.shard = shard;
    this.rows = rows;
    this.store = store;
    this.rowsPerStep = rowsPerStep;
    this.pause = pause;
    this.listener = listener;
  }

  /** The rows of a shard: every so many-th, so that all shards have about the same. */
  static List<Input.Row> rowsOf(int shard, int shards, List<Input.Row> all) {
    List<Input.Row> rows = new ArrayList<>();
    for (int i = shard; i < all.size(); i += shards) {
      rows.add(all.get(i));
    }
    return rows;
  }

  @Override
  public void prepare(Lease lease) throws Exception {
    lease.ensure(WRITE_TIME);
    totals = store.take(shard, lease.epoch());
  }

  @Override
  public NextStep step(Lease lease) throws Exception {
    if (totals.position() >= rows.size()) {
      return NextStep.after(NOTHING_TO_DO);
    }
    Totals next = withNextStep();
    lease.ensure(WRITE_TIME);
    store.write(shard, lease.epoch(), next);
    totals = next;
    return NextStep.after(pause);
  }

  @Override
  public void lost(Tenure tenure, Transition.End why) {
    listener.lost(shard, tenure, why, withNextStep());
  }

  private Totals withNextStep() {
    int from = totals.position();
    int to = (int) Math.min(rows.size(), (long) from + rowsPerStep);
    return totals.plus(rows.subList(from, to));
  }
}
