package io.tenure.internal.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Tasks given by several threads at once run one at a time, each of them once, and none before one
 * that was given earlier: the tasks use a plain list and a plain counter, which only hold if no
 * other task uses them at the same time.
 *
 * <p>No operation returns anything, so what must hold is in the tasks and in {@link #allWereRun}.
 */
public class SerialExecutorInterleavingsTest {

  private final SerialExecutor executor = new SerialExecutor(Runnable::run);
  private final List<Integer> done = new ArrayList<>();
  private final List<String> broken = new ArrayList<>();
  private int running;

  /** Guarded by this. */
  private int given;

  /** Tasks that were given and taken. Guarded by this. */
  private final List<Integer> taken = new ArrayList<>();

  @Operation
  public void execute() {
    int task;
    List<Integer> earlier;
    synchronized (this) {
      task = given++;
      earlier = List.copyOf(taken);
    }
    executor.execute(() -> run(task, earlier));
    synchronized (this) {
      taken.add(task);
    }
  }

  private void run(int task, List<Integer> earlier) {
    if (++running != 1) {
      broken.add("two tasks at once");
    }
    if (!done.containsAll(earlier)) {
      broken.add("task " + task + " before one of " + earlier + " that were given earlier");
    }
    done.add(task);
    running--;
  }

  @Validate
  public void allWereRun() {
    if (running != 0 || done.size() != given || Set.copyOf(done).size() != given) {
      broken.add(given + " were given, and these were run: " + done);
    }
    if (!broken.isEmpty()) {
      throw new IllegalStateException(String.join("; ", broken));
    }
  }

  @Test
  void tasksRunOneAtATimeInTheirOrderAndNoneIsLost() {
    new ModelCheckingOptions()
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .iterations(5)
        .invocationsPerIteration(150)
        .check(SerialExecutorInterleavingsTest.class);
  }
}
