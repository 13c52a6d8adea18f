package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.Fault.Kind;
import io.tenure.endtoend.faults.Fault.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Which faults happen when. The same seed yields the same schedule. */
final class Schedule {

  private static final int LEAST_GAP = 30;
  private static final int MOST_GAP = 80;
  private static final int PICKS = 1_000_000;

  private final Random random;
  private final Duration session;

  Schedule(long seed, Duration session) {
    this.random = new Random(seed);
    this.session = session;
  }

  /** Each kind once, one after the other. */
  List<Fault> oneAfterTheOther(List<Kind> kinds) {
    List<Fault> faults = new ArrayList<>();
    Duration at = gap();
    for (Kind kind : shuffled(kinds)) {
      Fault fault = fault(kind, at);
      faults.add(fault);
      at = at.plus(fault.lasts()).plus(gap());
    }
    return List.copyOf(faults);
  }

  /** Each kind once; those of different targets at the same time. */
  List<Fault> storm(List<Kind> kinds) {
    List<Fault> faults = new ArrayList<>();
    Map<Target, Duration> free = new EnumMap<>(Target.class);
    for (Kind kind : shuffled(kinds)) {
      Fault fault = fault(kind, free.getOrDefault(kind.target(), Duration.ZERO).plus(gap()));
      faults.add(fault);
      free.put(kind.target(), fault.at().plus(fault.lasts()));
    }
    faults.sort(Comparator.comparing(Fault::at));
    return List.copyOf(faults);
  }

  private List<Kind> shuffled(List<Kind> kinds) {
    List<Kind> order = new ArrayList<>(kinds);
    Collections.shuffle(order, random);
    return order;
  }

  private Fault fault(Kind kind, Duration at) {
    return new Fault(kind, at, sessions(kind.least(), kind.most()), random.nextInt(PICKS));
  }

  private Duration gap() {
    return sessions(LEAST_GAP, MOST_GAP);
  }

  private Duration sessions(int least, int most) {
    return session.multipliedBy(least + random.nextInt(most - least + 1)).dividedBy(100);
  }
}
