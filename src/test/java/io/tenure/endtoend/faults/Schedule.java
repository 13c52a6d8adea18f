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

  /** In a storm something else is always under way. */
  private static final int LEAST_GAP_OF_STORM = 10;

  private static final int MOST_GAP_OF_STORM = 50;
  private static final int PICKS = 1_000_000;

  private final Random random;
  private final Duration session;

  Schedule(long seed, Duration session) {
    this.random = new Random(seed);
    this.session = session;
  }

  /**
   * Each kind once, one after the other; those of the users' code first, while no other fault can
   * be the reason that a shard moves.
   */
  List<Fault> oneAfterTheOther(List<Kind> kinds) {
    List<Fault> faults = new ArrayList<>();
    Duration at = gap();
    List<Kind> order = shuffled(kinds);
    order.sort(Comparator.comparing(kind -> kind.target() == Target.USERS ? 0 : 1));
    for (Kind kind : order) {
      Fault fault = fault(kind, at);
      faults.add(fault);
      at = at.plus(fault.lasts()).plus(gap());
    }
    return List.copyOf(faults);
  }

  /**
   * Each kind once; those of different targets at the same time. The first fault of the users' code
   * comes before all others, while no other fault can be the reason that a shard moves.
   */
  List<Fault> storm(List<Kind> kinds) {
    List<Fault> faults = new ArrayList<>();
    Map<Target, Duration> free = new EnumMap<>(Target.class);
    Duration begin = Duration.ZERO;
    List<Kind> order = shuffled(kinds);
    order.stream()
        .filter(kind -> kind.target() == Target.USERS)
        .findFirst()
        .ifPresent(first -> Collections.swap(order, 0, order.indexOf(first)));
    for (Kind kind : order) {
      Duration gap = sessions(LEAST_GAP_OF_STORM, MOST_GAP_OF_STORM);
      Fault fault = fault(kind, free.getOrDefault(kind.target(), begin).plus(gap));
      Duration end = fault.at().plus(fault.lasts());
      begin = faults.isEmpty() ? end : begin;
      faults.add(fault);
      free.put(kind.target(), end);
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
