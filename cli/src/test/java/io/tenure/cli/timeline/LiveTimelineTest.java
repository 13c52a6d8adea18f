package io.tenure.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tenure.audit.RecordedEntry;
import io.tenure.cli.timeline.TimelineData.Absence;
import io.tenure.cli.timeline.TimelineData.End;
import io.tenure.cli.timeline.TimelineData.Hole;
import io.tenure.cli.timeline.TimelineData.Office;
import io.tenure.cli.timeline.TimelineData.Row;
import io.tenure.cli.timeline.TimelineData.Shard;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** A timeline that grows: nothing lost, nothing twice, bounded. */
class LiveTimelineTest {

  private final SetClock clock = new SetClock();
  private final LiveTimeline live = new LiveTimeline("/g", LiveTimeline.Limits.DEFAULT, clock);

  /** A clock that is set by hand. */
  private static final class SetClock extends Clock {
    private Instant now = Trail.at(0);

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  /** A reader that takes changes as the page does. */
  private static final class Reader {
    private final Map<String, TreeMap<Long, Row>> rows = new LinkedHashMap<>();
    private final Map<String, Shard> latest = new LinkedHashMap<>();
    private String run = "";
    private long version = -1;

    void take(TimelineData changes) {
      run = changes.run();
      version = changes.version();
      for (Shard shard : changes.shards()) {
        TreeMap<Long, Row> known = rows.computeIfAbsent(shard.scope(), any -> new TreeMap<>());
        if (shard.replaces()) {
          known.clear();
        }
        known.headMap(shard.keptFrom()).clear();
        shard.rows().forEach(row -> known.put(row.index(), row));
        latest.put(shard.scope(), shard);
      }
    }
  }

  @Test
  void anElectionIsNewsOnceAndItsEndIsNewsAgain() {
    Trail trail = new Trail("/g/shards/1").elected(1_000, "w-1", "planned");
    live.entry("/g/shards/1", trail.last());
    TimelineData first = live.changesSince("", -1);
    assertThat(first.shards().get(0).rows()).extracting(Row::end).containsExactly(End.ON);
    assertThat(live.changesSince(first.run(), first.version()).shards()).isEmpty();
    live.entry("/g/shards/1", trail.lapsed(3_000, "hung").last());
    TimelineData second = live.changesSince(first.run(), first.version());
    assertThat(second.shards().get(0).rows()).extracting(Row::end).containsExactly(End.LAPSED);
    assertThat(second.shards().get(0).office()).isEqualTo(Office.VACANT);
  }

  @Test
  void anEntryThatComesTwiceCountsOnce() {
    Trail trail =
        new Trail("/g/shards/1")
            .elected(1_000, "w-1", "")
            .resigned(2_000, "")
            .elected(2_100, "w-2", "");
    trail.entries().forEach(entry -> live.entry("/g/shards/1", entry));
    TimelineData before = live.changesSince("", -1);
    trail.entries().forEach(entry -> live.entry("/g/shards/1", entry));
    live.load(trail.read(true));
    assertThat(live.changesSince("", -1).shards()).isEqualTo(before.shards());
  }

  @Test
  void aReaderOfAnotherRunGetsEverythingAnew() {
    live.entry("/g/shards/1", new Trail("/g/shards/1").elected(1_000, "w-1", "").last());
    long version = live.version();
    assertThat(live.changesSince("another", version).shards()).hasSize(1);
    assertThat(live.changesSince("another", version).shards().get(0).replaces()).isTrue();
  }

  @Test
  void beyondTheLimitTheOldestIsForgottenAndThatIsSaid() {
    LiveTimeline small = new LiveTimeline("/g", new LiveTimeline.Limits(2, 100), clock);
    Trail trail = new Trail("/g/shards/1");
    for (int i = 0; i < 5; i++) {
      trail.elected(i * 1_000, "w-1", "").resigned(i * 1_000 + 500, "");
    }
    trail.entries().forEach(entry -> small.entry("/g/shards/1", entry));
    Shard shard = small.changesSince("", -1).shards().get(0);
    assertThat(shard.rows()).extracting(Row::epoch).containsExactly(4L, 5L);
    assertThat(shard.keptFrom()).isEqualTo(7);
    assertThat(shard.holes()).extracting(Hole::absence).containsExactly(Absence.FORGOTTEN);
    assertThat(shard.holes()).extracting(Hole::last).containsExactly(6L);
  }

  @Test
  void overallTheLongestTrailIsShortenedFirstAndEachKeepsItsLastTenure() {
    LiveTimeline small = new LiveTimeline("/g", new LiveTimeline.Limits(100, 4), clock);
    for (String scope : List.of("/g/shards/1", "/g/shards/2", "/g/shards/3")) {
      Trail trail = new Trail(scope);
      for (int i = 0; i < (scope.endsWith("1") ? 6 : 1); i++) {
        trail.elected(i * 1_000, "w-1", "").resigned(i * 1_000 + 500, "");
      }
      trail.entries().forEach(entry -> small.entry(scope, entry));
    }
    assertThat(small.changesSince("", -1).shards())
        .extracting(shard -> shard.rows().size())
        .containsExactly(2, 1, 1);
    assertThatThrownBy(() -> new LiveTimeline.Limits(0, 5)).hasMessageContaining("not 0 and 5");
  }

  @Test
  void aTrailThatWasDeletedAndBeginsAnewReplacesTheOldOne() {
    Trail old = new Trail("/g/shards/1").elected(1_000, "w-1", "").resigned(2_000, "");
    old.entries().forEach(entry -> live.entry("/g/shards/1", entry));
    Reader reader = new Reader();
    reader.take(live.changesSince("", -1));
    live.entry("/g/shards/1", new Trail("/g/shards/1").elected(9_000, "w-2", "").last());
    reader.take(live.changesSince(reader.run, reader.version));
    assertThat(reader.rows.get("/g/shards/1").values())
        .extracting(Row::worker)
        .containsExactly("w-2");
  }

  @Test
  void aLeaderThatIsGoneIsVacantBeforeItsSuccessorHasSaidSoAndThenLost() {
    Trail trail = new Trail("/g/shards/1").elected(1_000, "w-1", "");
    live.entry("/g/shards/1", trail.last());
    live.office("/g/shards/1", false);
    Shard gone = live.changesSince("", -1).shards().get(0);
    assertThat(gone.office()).isEqualTo(Office.VACANT);
    assertThat(gone.rows()).extracting(Row::end).containsExactly(End.UNKNOWN);
    live.entry("/g/shards/1", trail.lost(5_000, "found").last());
    live.entry("/g/shards/1", trail.elected(5_000, "w-2", "").last());
    Shard found = live.changesSince("", -1).shards().get(0);
    assertThat(found.office()).isEqualTo(Office.LED);
    assertThat(found.rows()).extracting(Row::end).containsExactly(End.LOST, End.ON);
  }

  @Test
  void aShardThatTheGroupHasNoLongerIsNotVacantWhenNobodyLeadsIt() {
    Trail trail = new Trail("/g/shards/2").elected(1_000, "w-1", "").resigned(2_000, "no room");
    live.load(trail.read(false));
    live.scope("/g/coordinator");
    live.shards(Set.of("/g/shards/1", "/g/shards/2"));
    assertThat(live.changesSince("", -1).vacant()).isEqualTo(1);
    Reader reader = new Reader();
    reader.take(live.changesSince("", -1));
    live.shards(Set.of("/g/shards/1"));
    TimelineData changes = live.changesSince(reader.run, reader.version);
    assertThat(changes.shards())
        .singleElement()
        .satisfies(
            removed -> {
              assertThat(removed.office()).isEqualTo(Office.REMOVED);
              assertThat(removed.ofShard()).isFalse();
            });
    assertThat(live.changesSince("", -1).vacant()).isZero();
    live.shards(Set.of("/g/shards/1", "/g/shards/2"));
    assertThat(live.changesSince("", -1).vacant()).as("it was added again").isEqualTo(1);
  }

  @Test
  void aTimelineThatIsNotConfirmedDoesNotGetYounger() {
    live.connected();
    clock.now = Trail.at(7_000);
    assertThat(live.changesSince("", -1).asOf()).isEqualTo(Trail.at(0));
    live.connected();
    assertThat(live.changesSince("", -1).asOf()).isEqualTo(Trail.at(7_000));
    clock.now = Trail.at(9_000);
    live.disconnected();
    clock.now = Trail.at(20_000);
    live.disconnected();
    assertThat(live.changesSince("", -1).asOf()).isEqualTo(Trail.at(7_000));
    assertThat(live.connection()).isEqualTo(new LiveTimeline.Connection(false, Trail.at(9_000)));
  }

  @Test
  void aScopeWithoutEntriesAndWhatCannotBeReadAreNews() {
    live.scope("/g/shards/1");
    TimelineData first = live.changesSince("", -1);
    live.scope("/g/shards/2");
    live.problem("/g/shards/1", new io.tenure.audit.AuditTrail.Unreadable("/p", "denied"));
    live.missingUntil("/g/shards/1", 4);
    assertThat(live.changesSince(first.run(), first.version()).shards())
        .extracting(shard -> shard.name() + shard.problems().size() + shard.holes().size())
        .containsExactly("111", "200");
  }

  @Property(tries = 200)
  void changesTakenInOrderAddUpToTheWhole(@ForAll Random random) {
    LiveTimeline timeline =
        new LiveTimeline(
            "/g", new LiveTimeline.Limits(1 + random.nextInt(8), 1 + random.nextInt(20)), clock);
    List<List<RecordedEntry>> trails = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      trails.add(new ArrayList<>(TimelineDataTest.randomTrail(random).entries()));
    }
    Reader reader = new Reader();
    for (int step = 0; step < 60; step++) {
      int which = random.nextInt(trails.size());
      String scope = "/g/shards/" + which;
      switch (random.nextInt(8)) {
        case 0 -> reader.take(timeline.changesSince(reader.run, reader.version));
        case 1 -> timeline.office(scope, random.nextBoolean());
        case 2 -> timeline.missingUntil(scope, random.nextInt(10));
        default -> {
          List<RecordedEntry> rest = trails.get(which);
          if (!rest.isEmpty()) {
            RecordedEntry next = rest.remove(0);
            if (random.nextInt(6) > 0) {
              timeline.entry(scope, next);
            }
          }
        }
      }
    }
    reader.take(timeline.changesSince(reader.run, reader.version));
    for (Shard whole : timeline.changesSince("", -1).shards()) {
      assertThat(List.copyOf(reader.rows.get(whole.scope()).values())).isEqualTo(whole.rows());
      assertThat(reader.latest.get(whole.scope()).holes()).isEqualTo(whole.holes());
      assertThat(reader.latest.get(whole.scope()).office()).isEqualTo(whole.office());
    }
  }
}
