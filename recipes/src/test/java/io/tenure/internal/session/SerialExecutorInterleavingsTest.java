package io.tenure.internal.session;

import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Tasks given by several threads at once run one at a time, and each of them once: the tasks use a
 * plain list and a plain counter, which only hold if nobody else does.
 */
public class SerialExecutorInterleavingsTest {

  private final SerialExecutor executor = new SerialExecutor(Runnable::run);
  private final List<Integer> done = new ArrayList<>();
  private int running;
  private int given;

  @Operation
  public void execute() {
    synchronized (this) {
      given++;
    }
    executor.execute(
        () -> {
          if (++running != 1) {
            throw new IllegalStateException("two tasks at once");
          }
          done.add(done.size());
          running--;
        });
  }

  @Validate
  public void allWereRun() {
    if (running != 0 || done.size() != given) {
      throw new IllegalStateException(done.size() + " of " + given + " were run: " + done);
    }
  }

  @Test
  void tasksRunOneAtATimeAndNoneIsLost() {
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
