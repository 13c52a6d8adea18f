package io.tenure.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.audit.AuditTrail;
import io.tenure.audit.PastTenure;
import io.tenure.audit.RecordedEntry;
import io.tenure.cli.timeline.TimelineData.Absence;
import io.tenure.cli.timeline.TimelineData.End;
import io.tenure.cli.timeline.TimelineData.Hole;
import io.tenure.cli.timeline.TimelineData.Office;
import io.tenure.cli.timeline.TimelineData.Row;
import io.tenure.cli.timeline.TimelineData.Shard;
import io.tenure.scope.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What a timeline makes of trails: what they say, and nothing else. */
class TimelineDataTest {

  @Test
  void eachTenureIsARowWithItsReasons() {
    Trail trail =
        new Trail("/g/shards/7")
            .elected(1_000, "w-1", "planned")
            .resigned(2_000, "drained")
            .elected(2_030, "w-2", "was ready")
            .lost(9_000, "its session has ended")
            .elected(9_000, "w-1", "stood by");
    Shard shard = only(trail.read(true));
    assertThat(shard.name()).isEqualTo("7");
    assertThat(shard.office()).isEqualTo(Office.LED);
    assertThat(shard.holes()).isEmpty();
    assertThat(shard.rows()).extracting(Row::end).containsExactly(End.RESIGNED, End.LOST, End.ON);
    assertThat(shard.rows()).extracting(Row::worker).containsExactly("w-1", "w-2", "w-1");
    Row lost = shard.rows().get(1);
    assertThat(lost.from()).contains(Trail.at(2_030));
    assertThat(lost.to()).contains(Trail.at(9_000));
    assertThat(lost.electedReason()).isEqualTo("was ready");
    assertThat(lost.endReason()).isEqualTo("its session has ended");
    assertThat(shard.rows().get(2).to()).isEmpty();
  }

  @Test
  void anElectionThatIsNotKeptLeavesTheBeginningOpenAndTheOldestEntriesShowAsNotKept() {
    Trail trail =
        new Trail("/g/shards/7")
            .elected(1_000, "w-1", "planned")
            .trimmed()
            .resigned(2_000, "drained")
            .elected(2_030, "w-2", "was ready");
    Shard shard = only(trail.read(true));
    assertThat(shard.rows().get(0).from()).isEmpty();
    assertThat(shard.rows().get(0).electedReason()).isEmpty();
    assertThat(shard.holes())
        .containsExactly(
            new Hole(1, 1, Optional.empty(), Optional.of(Trail.at(2_000)), Absence.NOT_KEPT));
  }

  @Test
  void entriesMissingInTheMiddleLeaveTheEndUnknownWithTheNextEntryAsItsBound() {
    Trail trail =
        new Trail("/g/shards/7")
            .elected(1_000, "w-1", "planned")
            .missing(3, 1)
            .elected(5_000, "w-2", "planned")
            .unreadable("0000000003-elected-w-3", "is no JSON");
    Shard shard = only(trail.read(true));
    assertThat(shard.rows()).extracting(Row::end).containsExactly(End.UNKNOWN, End.ON);
    assertThat(shard.rows().get(0).to()).contains(Trail.at(5_000));
    assertThat(shard.holes())
        .containsExactly(
            new Hole(
                2, 4, Optional.of(Trail.at(1_000)), Optional.of(Trail.at(5_000)), Absence.MISSING));
    assertThat(shard.problems()).hasSize(1);
  }

  @Test
  void entriesMissingAtTheEndLeaveTheLastTenureUnknown() {
    Trail trail = new Trail("/g/shards/7").elected(1_000, "w-1", "planned").missing(2, 1);
    Shard shard = only(trail.read(true));
    assertThat(shard.office()).isEqualTo(Office.LED);
    assertThat(shard.rows()).extracting(Row::end).containsExactly(End.UNKNOWN);
    assertThat(shard.rows().get(0).to()).isEmpty();
    assertThat(shard.holes())
        .containsExactly(
            new Hole(2, 3, Optional.of(Trail.at(1_000)), Optional.empty(), Absence.MISSING));
  }

  @Test
  void aLeaderWhoseNodeIsGoneIsNotInOfficeAndWhenItEndedIsNotMadeUp() {
    Shard shard = only(new Trail("/g/shards/7").elected(1_000, "w-1", "planned").read(false));
    assertThat(shard.office()).isEqualTo(Office.VACANT);
    assertThat(shard.rows()).extracting(Row::end).containsExactly(End.UNKNOWN);
    assertThat(shard.rows().get(0).to()).isEmpty();
  }

  @Test
  void ofAScopeThatCannotBeReadTheOfficeIsUnknownAndOfOneThatNobodyLedItIsVacant() {
    AuditTrail denied =
        new AuditTrail(
            new Scope("/g/shards/1"),
            List.of(),
            List.of(new AuditTrail.Unreadable("/g/shards/1", "denied")),
            false,
            0);
    AuditTrail fresh = new Trail("/g/shards/2").read(false);
    AuditTrail absent = new AuditTrail(new Scope("/g/shards/3"), List.of(), List.of(), false, 0);
    TimelineData data = TimelineData.of("/g", Trail.at(0), List.of(denied, fresh, absent));
    assertThat(data.shards())
        .extracting(Shard::office)
        .containsExactly(Office.UNKNOWN, Office.VACANT, Office.UNKNOWN);
    assertThat(data.vacant()).isEqualTo(1);
  }

  @Test
  void theCoordinatorIsNotCountedAsAShard() {
    TimelineData data =
        TimelineData.of("/g", Trail.at(0), List.of(new Trail("/g/coordinator").read(false)));
    assertThat(data.shards().get(0).name()).isEqualTo("coordinator");
    assertThat(data.shards().get(0).ofShard()).isFalse();
    assertThat(data.vacant()).isZero();
  }

  @Test
  void anEntryThatIsYoungerThanThisClockMovesTheAsOfTime() {
    AuditTrail trail = new Trail("/s").elected(5_000, "w-1", "").read(true);
    assertThat(TimelineData.of("/s", Trail.at(0), List.of(trail)).asOf())
        .isEqualTo(Trail.at(5_000));
  }

  @Property(tries = 300)
  void rowsSayWhatTheTrailItselfMakesOfItsEntries(@ForAll Random random) {
    AuditTrail whole = randomTrail(random);
    List<RecordedEntry> some = new ArrayList<>(whole.entries());
    some.removeIf(entry -> random.nextInt(4) == 0);
    AuditTrail trail = new AuditTrail(whole.scope(), some, List.of(), whole.led(), whole.next());
    List<Row> rows = only(trail).rows();
    List<PastTenure> tenures = trail.tenures();
    assertThat(rows).hasSameSizeAs(tenures);
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      PastTenure tenure = tenures.get(i);
      assertThat(row.epoch()).isEqualTo(tenure.epoch());
      assertThat(row.worker()).isEqualTo(tenure.candidate().id());
      assertThat(row.from()).isEqualTo(tenure.from());
      if (tenure.ending().isPresent()) {
        assertThat(row.to()).contains(tenure.ending().get().at());
        assertThat(row.end().name()).isEqualToIgnoringCase(tenure.ending().get().end().word());
      } else {
        assertThat(row.end()).isIn(End.ON, End.UNKNOWN);
      }
    }
  }

  static AuditTrail randomTrail(Random random) {
    Trail trail = new Trail("/g/shards/" + random.nextInt(3));
    long time = 0;
    boolean led = false;
    for (int i = random.nextInt(12); i > 0; i--) {
      time += 1 + random.nextInt(5_000);
      trail.elected(time, "w-" + random.nextInt(4), "why " + i);
      led = i > 1 || random.nextBoolean();
      time += 1 + random.nextInt(5_000);
      if (!led || i > 1) {
        switch (random.nextInt(5)) {
          case 0 -> trail.resigned(time, "r" + i);
          case 1 -> trail.lapsed(time, "l" + i);
          case 2 -> trail.revoked(time, "v" + i);
          case 3 -> trail.failed(time, "f" + i);
          default -> trail.lost(time, "x" + i);
        }
      }
    }
    return trail.read(led);
  }

  private static Shard only(AuditTrail trail) {
    TimelineData data = TimelineData.of("/g", Trail.at(100_000), List.of(trail));
    assertThat(data.shards()).hasSize(1);
    return data.shards().get(0);
  }
}
