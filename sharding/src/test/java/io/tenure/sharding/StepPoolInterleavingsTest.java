package io.tenure.sharding;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Steps that hang and come back at once: in the end the pool has a thread more for each that hangs.
 */
public class StepPoolInterleavingsTest {

  private static final int SIZE = 4;

  private final StepPool pool = new StepPool(SIZE);
  private int hanging;

  @Operation
  public void hangs() {
    synchronized (this) {
      hanging++;
    }
    pool.stuck();
  }

  @Operation
  public void comesBack() {
    synchronized (this) {
      if (hanging == 0) {
        return;
      }
      hanging--;
    }
    pool.unstuck();
  }

  @Validate
  public void thereIsAThreadForEachThatHangs() {
    int wanted = SIZE + Math.min(SIZE, hanging);
    if (pool.threads() != wanted) {
      throw new IllegalStateException(pool.threads() + " threads instead of " + wanted);
    }
  }

  @Test
  void thePoolIsAsLargeAsTheLastChangeWants() {
    new ModelCheckingOptions()
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .iterations(15)
        .invocationsPerIteration(300)
        .check(StepPoolInterleavingsTest.class);
  }
}
