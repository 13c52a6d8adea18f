package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.ZnodeName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** What a preview says is what the coordinator then does, move by move. */
class RehearsalTest {

  private static GroupPicture picture(CoordinatedGroup group) {
    CoordinatorMachine.View view = group.view();
    List<GroupFacts.Standing> directives = new ArrayList<>();
    group.directives.forEach(
        (path, data) -> directives.add(new GroupFacts.Standing(path, data, 0)));
    return new GroupPicture(
        view.workers().stream().map(CoordinatorMachine.Worker::id).toList(),
        view.workers(),
        group.plan(),
        group.summary(),
        directives,
        List.of());
  }

  private static GroupFacts facts(CoordinatedGroup group) {
    GroupPicture picture = picture(group);
    return new GroupFacts(
        CoordinatedGroup.PATHS,
        group.settings,
        group.settings.bytes(),
        0,
        picture.registered(),
        picture.directives(),
        Optional.of(new GroupFacts.Office("w-1", 1, 1, 0, new byte[0])));
  }

  private static PlacementPreview preview(CoordinatedGroup group, GroupChange change) {
    return PlacementPreview.of(
        change, new GroupEdits(facts(group)).edit(change), group.settings, picture(group));
  }

  /** Makes the change as an operator would. */
  private static void make(CoordinatedGroup group, GroupChange change) {
    GroupEdit edit = new GroupEdits(facts(group)).edit(change);
    if (edit instanceof GroupEdit.Put put) {
      group.directives.put(put.path(), put.data());
    } else if (edit instanceof GroupEdit.TakeBack takeBack) {
      takeBack.directives().forEach(one -> group.directives.remove(one.path()));
    } else if (edit instanceof GroupEdit.SetSettings set) {
      group.settings = set.settings();
    }
  }

  private static Map<String, String> leaders(CoordinatedGroup group) {
    Map<String, String> leaders = new HashMap<>();
    group.plan().forEach(node -> node.leads().forEach(s -> leaders.put(s, node.workerId())));
    return leaders;
  }

  private static List<String> lines(List<PlacementPreview.Move> moves) {
    return moves.stream()
        .map(
            move ->
                move.shard()
                    + ": "
                    + move.from().orElse("nobody")
                    + " -> "
                    + move.to().orElse("nobody")
                    + " ("
                    + move.reason()
                    + ")"
                    + (move.anyway() ? " anyway" : ""))
        .toList();
  }

  // ---------------------------------------------------------------- as it then happens

  @Property(tries = 400)
  void whatIsForeseenIsWhatTheCoordinatorThenDoes(@ForAll long seed) {
    Random random = new Random(seed);
    CoordinatedGroup group = group(random);
    for (int i = random.nextInt(30); i > 0; i--) {
      disturb(random, group);
      if (random.nextInt(3) > 0) {
        group.obey().decide();
      }
      if (random.nextInt(4) == 0) {
        group.calm();
      }
    }
    boolean calm = random.nextBoolean();
    if (calm) {
      group.calm();
    }
    Optional<GroupChange> change = change(random, group);
    if (change.isEmpty()) {
      return;
    }
    String what = change.get() + ", seed " + seed;
    PlacementPreview preview = preview(group, change.get());
    // Also of shards that were removed and not given up yet: they may be added again.
    Map<String, String> expected = new HashMap<>(picture(group).leaders());
    for (PlacementPreview.Move move : preview.moves()) {
      assertThat(Optional.ofNullable(expected.get(move.shard())))
          .as("%s, %s", move, what)
          .isEqualTo(move.from());
      expected.remove(move.shard());
      move.to().ifPresent(to -> expected.put(move.shard(), to));
    }
    if (!calm) {
      return; // While much is under way, it depends on what comes first.
    }
    make(group, change.get());
    group.calm();
    expected.keySet().retainAll(group.settings.shards().names());
    assertThat(leaders(group)).as(what).isEqualTo(expected);
    assertThat(group.summary().unplaced()).as(what).isEqualTo(preview.unplaced());
    assertThat(group.loads()).as(what).isEqualTo(preview.loads());
    assertThat(group.decide().ignored()).as(what).isEqualTo(preview.ignored());
    assertThat(preview.moves()).as(what).noneMatch(PlacementPreview.Move::anyway);
    assertThat(preview.calledOff()).as(what).isEmpty();
    for (PlacementPreview.Move move : preview.caused()) {
      String at = move.to().or(move::from).orElseThrow();
      // A plan that was written again since no longer says it.
      assertThat(group.reason(at, move.shard())).as("%s, %s", move, what).isIn("", move.reason());
    }
  }

  @Example
  void aShardThatIsAddedAgainBeforeItWasGivenUpMovesFromWhoeverStillLeadsIt() {
    whatIsForeseenIsWhatTheCoordinatorThenDoes(-1242043388);
  }

  private static CoordinatedGroup group(Random random) {
    int shards = 1 + random.nextInt(24);
    CoordinatedGroup group =
        CoordinatedGroup.of(
                random.nextBoolean() ? ShardSet.numbered(shards) : ShardSet.named(names(shards)))
            .standbys(random.nextInt(3))
            .budget(random.nextBoolean() ? 100 : 1 + random.nextInt(3));
    if (random.nextInt(4) == 0) {
      group.balancing(Optional.of(LoadBalancing.DEFAULT));
    }
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      join(random, group);
    }
    return group;
  }

  private static List<String> names(int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("shard " + (char) ('a' + i % 26) + i);
    }
    return names;
  }

  private static void join(Random random, CoordinatedGroup group) {
    String id = "w-" + random.nextInt(6);
    if (group.registered.stream().noneMatch(one -> one.id.equals(id))) {
      group.join(id);
      CoordinatedGroup.Registered one = group.worker(id);
      one.zone = "zone-" + random.nextInt(2);
      one.capacity = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1;
      one.maxShards = random.nextInt(6) == 0 ? random.nextInt(12) : Integer.MAX_VALUE;
    }
  }

  private static void disturb(Random random, CoordinatedGroup group) {
    switch (random.nextInt(8)) {
      case 0, 1 -> join(random, group);
      case 2 -> {
        if (group.registered.size() > 1) {
          group.crash(anyWorker(random, group));
        }
      }
      default -> change(random, group).ifPresent(change -> make(group, change));
    }
  }

  private static String anyWorker(Random random, CoordinatedGroup group) {
    return group.registered.get(random.nextInt(group.registered.size())).id;
  }

  private static Optional<GroupChange> change(Random random, CoordinatedGroup group) {
    ShardSet shards = group.settings.shards();
    String shard = shards.name(random.nextInt(shards.size()));
    String worker = anyWorker(random, group);
    List<String> directives =
        group.directives.keySet().stream()
            .map(path -> path.substring(path.lastIndexOf('/') + 1))
            .toList();
    return Optional.of(
            switch (random.nextInt(9)) {
              case 0, 1 -> new GroupChange.Drain(worker, "why");
              case 2 -> new GroupChange.Pin(shard, worker, "");
              case 3, 4 -> new GroupChange.Move(shard, worker, "");
              case 5 -> new GroupChange.SetCapacity(worker, 1 + random.nextInt(4), "");
              case 6 ->
                  shards.isNumbered()
                      ? new GroupChange.Resize(1 + random.nextInt(24), "")
                      : new GroupChange.AddShards(List.of("new-" + shards.size()), "");
              case 7 ->
                  shards.isNumbered() || shards.size() == 1
                      ? new GroupChange.Unpin(shard, "")
                      : new GroupChange.RemoveShards(List.of(shard), "");
              default -> undo(random, directives).orElse(new GroupChange.Undrain(worker, ""));
            })
        .filter(one -> possible(group, one));
  }

  /** A new shard's name may be there already. */
  private static boolean possible(CoordinatedGroup group, GroupChange change) {
    return !(change instanceof GroupChange.AddShards add)
        || add.names().stream().noneMatch(group.settings.shards()::contains);
  }

  private static Optional<GroupChange> undo(Random random, List<String> directives) {
    if (directives.isEmpty()) {
      return Optional.empty();
    }
    String name = directives.get(random.nextInt(directives.size()));
    String kind = name.substring(0, name.indexOf('-') + 1);
    String subject = ZnodeName.decode(name.substring(kind.length())).orElseThrow();
    return Optional.of(
        switch (kind) {
          case Directives.DRAIN -> new GroupChange.Undrain(subject, "");
          case Directives.CAPACITY -> new GroupChange.ResetCapacity(subject, "");
          default -> new GroupChange.Unpin(subject, "");
        });
  }

  // ---------------------------------------------------------------- in single cases

  @Example
  void aDrainMovesWhatTheWorkerHasWithTheReasonsOfThePlan() {
    CoordinatedGroup group = CoordinatedGroup.led(6, "w-1", "w-2", "w-3");
    PlacementPreview preview = preview(group, new GroupChange.Drain("w-3", "new version"));
    assertThat(preview.takesEffect()).isTrue();
    assertThat(lines(preview.moves()))
        .containsExactly(
            "4: w-3 -> w-1 (drain of w-3 (new version))",
            "5: w-3 -> w-2 (drain of w-3 (new version))");
    assertThat(preview.loads()).isEqualTo(Map.of("w-1", 3, "w-2", 3, "w-3", 0));
    assertThat(preview.unplaced()).isEmpty();
  }

  @Example
  void theLastWorkersDrainLeavesItsShardsWithoutAPlace() {
    CoordinatedGroup group = CoordinatedGroup.led(2, "w-1");
    PlacementPreview preview = preview(group, new GroupChange.Drain("w-1", ""));
    assertThat(lines(preview.moves()))
        .containsExactly(
            "0: w-1 -> nobody (drain of w-1, and no other worker has room)",
            "1: w-1 -> nobody (drain of w-1, and no other worker has room)");
    assertThat(preview.unplaced()).containsExactly("0", "1");
  }

  @Example
  void aPinMakesRoomAndTakingItBackMovesTheRestAsTheCoordinatorSays() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    assertThat(group.leads("w-2")).containsExactly("2", "3");
    PlacementPreview preview = preview(group, new GroupChange.Pin("3", "w-1", ""));
    assertThat(lines(preview.moves()))
        .containsExactly(
            "1: w-1 -> w-2 (rebalance after shard 3 was pinned)",
            "3: w-2 -> w-1 (pinned to w-1 by an operator)");
    assertThat(preview(group, new GroupChange.Unpin("3", "")).takesEffect()).isFalse();
    assertThat(preview(group, new GroupChange.Unpin("3", "")).moves()).isEmpty();
  }

  @Example
  void aMoveThatCannotBeIsSaidToBePassedOver() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    group.directive("pin-0", "w-1").directive("drain-w-2", "").calm();
    PlacementPreview preview = preview(group, new GroupChange.Move("0", "w-2", ""));
    assertThat(preview.moves()).isEmpty();
    assertThat(preview.passedOver()).contains("worker w-2 drains");
    assertThat(preview.ignored()).containsOnlyKeys("/orders/directives/move-0");
    PlacementPreview other = preview(group, new GroupChange.Drain("w-1", ""));
    assertThat(other.passedOver()).isEmpty();
    assertThat(other.ignored()).isEqualTo(Map.of("/orders/directives/pin-0", "worker w-1 drains"));
  }

  @Example
  void movesThatWereAboutToBeMadeAnywayAreToldApart() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1").settle(Duration.ofSeconds(3));
    group.join("w-2").decide();
    PlacementPreview preview = preview(group, new GroupChange.Resize(6, ""));
    assertThat(preview.loads()).isEqualTo(Map.of("w-1", 3, "w-2", 3));
    assertThat(lines(preview.moves()))
        .containsExactly(
            "3: w-1 -> w-2 (rebalance after w-2 joined, the set of shards changed) anyway",
            "4: nobody -> w-2 (nobody leads it)",
            "5: nobody -> w-2 (nobody leads it)");
    assertThat(lines(preview.calledOff()))
        .containsExactly("2: w-1 -> w-2 (rebalance after w-2 joined) anyway");
    assertThat(preview.caused()).hasSize(2);
    assertThat(lines(PlacementPreview.pending(group.settings, picture(group))))
        .containsExactly(
            "2: w-1 -> w-2 (rebalance after w-2 joined) anyway",
            "3: w-1 -> w-2 (rebalance after w-2 joined) anyway");
  }

  @Example
  void shardsThatAreRemovedGoToNobody() {
    CoordinatedGroup group = CoordinatedGroup.led(4, "w-1", "w-2");
    PlacementPreview preview = preview(group, new GroupChange.Resize(2, ""));
    assertThat(lines(preview.moves()))
        .containsExactly(
            "1: w-1 -> w-2 (rebalance after the set of shards changed)",
            "2: w-2 -> nobody (the shard was removed)",
            "3: w-2 -> nobody (the shard was removed)");
    assertThat(preview.unplaced()).isEmpty();
  }

  @Example
  void whoStandsByTakesOverWhatIsRevoked() {
    CoordinatedGroup group = CoordinatedGroup.led(5, 1, "w-1", "w-2");
    String shard = group.leads("w-1").get(0);
    PlacementPreview preview = preview(group, new GroupChange.Revoke(shard, ""));
    assertThat(lines(preview.moves())).containsExactly(shard + ": w-1 -> w-2 (stood by)");
    CoordinatedGroup alone = CoordinatedGroup.led(5, 0, "w-1", "w-2");
    assertThat(preview(alone, new GroupChange.Revoke(shard, "")).moves()).isEmpty();
  }

  @Example
  void whatIsTakenOverGoesBackIfThatIsWhatEvensOut() {
    CoordinatedGroup group = CoordinatedGroup.led(4, 1, "w-1", "w-2");
    PlacementPreview preview = preview(group, new GroupChange.Revoke("3", ""));
    assertThat(preview.moves()).isEmpty();
    Map<String, String> before = leaders(group);
    group.worker("w-1").tookOver.add("3");
    group.decide();
    assertThat(group.leader("3")).isEqualTo("w-1");
    group.calm();
    assertThat(leaders(group)).isEqualTo(before);
  }

  @Example
  void nothingIsChangedByLooking() {
    CoordinatedGroup group = CoordinatedGroup.led(6, "w-1", "w-2");
    group.join("w-3").decide();
    Map<String, byte[]> written = new HashMap<>(group.written);
    GroupPicture picture = picture(group);
    List<PlanNode> plan = List.copyOf(picture.plan());
    preview(group, new GroupChange.Drain("w-1", ""));
    PlacementPreview.of(
        new GroupChange.Drain("w-1", ""),
        new GroupEdits(facts(group)).edit(new GroupChange.Drain("w-1", "")),
        group.settings,
        picture);
    assertThat(picture.plan()).isEqualTo(plan);
    assertThat(group.written).isEqualTo(written);
  }

  @Example
  void restIsToldApartFromWhatIsStillToCome() {
    CoordinatedGroup group = CoordinatedGroup.led(6, 1, "w-1", "w-2").calm();
    assertThat(Rehearsal.of(group.settings, picture(group), Optional.empty()).atRest()).isTrue();
    group.directive("capacity-w-1", "2");
    assertThat(Rehearsal.of(group.settings, picture(group), Optional.empty()).atRest()).isFalse();
    group.calm();
    assertThat(Rehearsal.of(group.settings, picture(group), Optional.empty()).atRest()).isTrue();
    group.settle(Duration.ofSeconds(3)).join("w-3");
    assertThat(Rehearsal.of(group.settings, picture(group), Optional.empty()).atRest()).isFalse();
  }

  @Property(tries = 100)
  void aGroupThatHasComeToRestIsSaidToBeAtRest(@ForAll long seed) {
    Random random = new Random(seed);
    CoordinatedGroup group = group(random);
    for (int i = random.nextInt(20); i > 0; i--) {
      disturb(random, group);
      group.obey().decide();
    }
    group.calm();
    GroupPicture picture = picture(group);
    assertThat(Rehearsal.of(group.settings, picture, Optional.empty()).atRest())
        .as("seed %s", seed)
        .isTrue();
    assertThat(new TreeSet<>(picture.leaders().keySet()))
        .isEqualTo(new TreeSet<>(leaders(group).keySet()));
  }

  @Example
  void aPreviewReadsTheNameOfEachShardAFewTimesHoweverManyThereAre() {
    long ofThousand = namesReadByAPreview(1_000);
    assertThat(ofThousand).isBetween(1_000L, 60 * 1_000L);
    assertThat(namesReadByAPreview(10_000)).isLessThan(11 * ofThousand);
  }

  private static long namesReadByAPreview(int shards) {
    CountedNames names = CountedNames.of(shards, 0);
    CoordinatedGroup group = CoordinatedGroup.of(names.shards()).standbys(1);
    group.join("w-1", "w-2", "w-3", "w-4").decide();
    group.shards(names.shards());
    PlacementPreview preview = preview(group, new GroupChange.Drain("w-3", ""));
    assertThat(preview.moves()).hasSize(shards / 4);
    return names.reads();
  }
}
