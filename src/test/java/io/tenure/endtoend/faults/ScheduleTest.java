package io.tenure.endtoend.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.endtoend.faults.Fault.Kind;
import io.tenure.endtoend.faults.Fault.Target;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {

  private static final List<Kind> ALL = List.of(Kind.values());

  private static Duration end(Fault fault) {
    return fault.at().plus(fault.lasts());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7})
  void eachKindComesOnceAndTheSameSeedYieldsTheSameSchedule(long seed) {
    List<Fault> storm = new Schedule(seed, Faults.SESSION).storm(ALL);
    assertThat(storm).extracting(Fault::kind).containsExactlyInAnyOrderElementsOf(ALL);
    assertThat(new Schedule(seed, Faults.SESSION).storm(ALL)).isEqualTo(storm);
    List<Fault> calm = new Schedule(seed, Faults.SESSION).oneAfterTheOther(ALL);
    assertThat(calm).extracting(Fault::kind).containsExactlyInAnyOrderElementsOf(ALL);
    assertThat(new Schedule(seed, Faults.SESSION).oneAfterTheOther(ALL)).isEqualTo(calm);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7})
  void aStormBeginsWithOneFaultOfTheUsersCodeAndFaultsOfOneTargetNeverOverlap(long seed) {
    List<Fault> storm = new Schedule(seed, Faults.SESSION).storm(ALL);
    Fault first = storm.get(0);
    assertThat(first.kind().target()).isEqualTo(Target.USERS);
    assertThat(storm.subList(1, storm.size())).allMatch(one -> one.at().compareTo(end(first)) > 0);
    for (Target target : Target.values()) {
      List<Fault> lane = storm.stream().filter(one -> one.kind().target() == target).toList();
      for (int i = 1; i < lane.size(); i++) {
        assertThat(lane.get(i).at()).isGreaterThan(end(lane.get(i - 1)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7})
  void whereFaultsComeOneAfterTheOtherThoseOfTheUsersCodeComeFirst(long seed) {
    List<Fault> faults = new Schedule(seed, Faults.SESSION).oneAfterTheOther(ALL);
    List<Boolean> users =
        faults.stream().map(one -> one.kind().target() == Target.USERS).distinct().toList();
    assertThat(users).containsExactly(true, false);
    for (int i = 1; i < faults.size(); i++) {
      assertThat(faults.get(i).at()).isGreaterThan(end(faults.get(i - 1)));
    }
  }
}
