package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.scope.ForeignDataException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How many shards, and how long names, the znodes of a group may list: to the last one. */
class ListBoundsTest {

  private static final GroupPaths PATHS = new GroupPaths("/orders");
  private static final String PATH = "/orders/plan/w-1";

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void refused(Runnable parse, String... says) {
    assertThatExceptionOfType(ForeignDataException.class)
        .isThrownBy(parse::run)
        .withMessageContainingAll(says);
  }

  // ---------------------------------------------------------------- sets of shards

  private static List<String> names(int count, int length) {
    return IntStream.range(0, count)
        .mapToObj(i -> String.format(Locale.ROOT, "%04d", i) + "x".repeat(length - 4))
        .toList();
  }

  @Test
  void theNamesOfASetMayTakeSoManyBytesAndNotOneMore() {
    List<String> names = names(2048, 125); // With quotes and comma 128 each, and 2^18 together.
    assertThat(ShardSet.named(names).size()).isEqualTo(2048);
    List<String> more = new ArrayList<>(names);
    more.set(7, names.get(7) + "x");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ShardSet.named(more))
        .withMessageContaining("2048 shards have more than 262144 bytes");
    assertThatIllegalArgumentException()
        .as("so many shards are allowed, and any names of so many are too long")
        .isThrownBy(() -> ShardSet.named(names(100_000, 5)))
        .withMessageContaining("bytes together");
  }

  @Test
  void aNameMayHaveTwoHundredCharactersAndNoSlashAtAll() {
    assertThat(ShardSet.named(List.of("x".repeat(200))).size()).isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ShardSet.checkName("/a"))
        .withMessageContaining("has a slash");
  }

  @Test
  void setsThatAreEqualHaveOneHashAndSetsThatAreNotOthers() {
    List<String> five = List.of("a", "b", "c", "d", "e");
    assertThat(ShardSet.named(five)).hasSameHashCodeAs(ShardSet.named(five));
    assertThat(ShardSet.numbered(3).hashCode()).isNotEqualTo(ShardSet.numbered(4).hashCode());
    assertThat(ShardSet.named(five)).hasToString("5 named shards (a, b, c, d, e)");
  }

  // ---------------------------------------------------------------- lists in znodes

  private static List<String> ranges(String text) {
    return ShardList.get(
        ZnodeJson.parse(PATH, bytes("{\"format\":1,\"leads\":\"" + text + "\"}")), "leads");
  }

  @Test
  void aListOfRangesMayNameSoManyShardsAndNotOneMore() {
    assertThat(ranges("0-49999,50000-99999")).hasSize(100_000);
    refused(() -> ranges("0-50000,0-49999"), "leads", "more than 100000");
    refused(() -> ranges("0-99999,0-99999"), "leads", "more than 100000");
    refused(
        () ->
            ShardList.get(
                ZnodeJson.parse(PATH, bytes("{\"format\":1,\"leads\":[\"a/b\"]}")), "leads"),
        "leads",
        "can be no shard");
  }

  @Test
  void whatIsTakenFromAHandWrittenPlanCanBeReadAgainAsItWas() {
    List<String> odd = List.of("007", "100000", "1234567", "3");
    PlanNode plan =
        new PlanNode(
            "w-1",
            7,
            Optional.empty(),
            List.of("3"),
            List.of(),
            List.of(),
            Map.of("the shard was removed", odd));
    PlanNode read = PlanNode.parse(PATH, plan.bytes(true));
    assertThat(read).isEqualTo(plan);
  }

  @Test
  void aPlanHasThreeRanksAndExplainsEachShardTwiceAtMost() {
    String plan = "{\"format\":1,\"worker\":\"w-1\",\"incarnation\":7";
    assertThat(PlanNode.parse(PATH, bytes(plan + ",\"standsBy4\":\"3\"}")).standsBy()).isEmpty();
    String twice = ",\"reasons\":{\"a\":\"0-99999\",\"b\":\"0-99999\"";
    assertThat(PlanNode.parse(PATH, bytes(plan + twice + "}}")).reasons()).hasSize(2);
    refused(() -> PlanNode.parse(PATH, bytes(plan + twice + ",\"c\":\"0\"}}")), "more than 200000");
  }

  @Test
  void aPlanAndARegistrationBelongWhereTheyStand() {
    byte[] plan = bytes("{\"format\":1,\"worker\":\"w-1\",\"incarnation\":7}");
    assertThat(PlanNode.parse(PATHS, PATH, plan).workerId()).isEqualTo("w-1");
    refused(() -> PlanNode.parse(PATHS, "/orders/plan/w-2", plan), "w-2 is the plan of worker w-1");
    WorkerNode worker = StillGroup.node("w-1");
    String path = "/orders/workers/w-1-0000000007";
    assertThat(WorkerNode.parse(PATHS, path, worker.bytes(true))).isEqualTo(worker);
    refused(
        () -> WorkerNode.parse(PATHS, "/orders/workers/w-2-0000000007", worker.bytes(true)),
        "tells of worker w-1");
  }

  @Test
  void oneDeathIsTheLeastThatASummaryTells() {
    byte[] once =
        bytes(
            "{\"format\":1,\"version\":3,\"coordinatorEpoch\":1,\"damped\":{\"w-1\":{\"deaths\":1}}}");
    assertThat(PlanSummary.parse(PATH, once).damped())
        .isEqualTo(Map.of("w-1", new Damped(1, Optional.empty())));
  }

  @Test
  void ofTwoDirectivesForOneShardTheLastByPathCountsInWhateverOrderTheyWereRead() {
    Directives.Written escaped = new Directives.Written("/g/directives/pin-%33", bytes("w-1"));
    Directives.Written plain = new Directives.Written("/g/directives/pin-3", bytes("w-2"));
    for (List<Directives.Written> both :
        List.of(List.of(escaped, plain), List.of(plain, escaped))) {
      assertThat(Directives.parse(both).pins()).isEqualTo(Map.of("3", "w-2"));
      assertThat(Directives.parse(both).paths()).isEqualTo(Map.of("pin-3", "/g/directives/pin-3"));
    }
  }

  // ---------------------------------------------------------------- what fits into a registration

  @Test
  void namedShardsAreToldAsLongAsTheyFit() {
    List<String> short1 = Collections.nCopies(5_000, "x"); // Six bytes each, at most.
    assertThat(WorkerNode.fitting(short1, false)).hasSize(WorkerNode.MAX_LIST_BYTES / 6);
  }

  @Test
  void numberedShardsAreToldIfTheirRangesFitExactly() {
    List<String> odd =
        Stream.concat(
                IntStream.range(0, 2047).mapToObj(i -> Integer.toString(1000 + 2 * i)),
                Stream.of("10001"))
            .toList();
    assertThat(ShardList.ranges(odd)).hasSize(WorkerNode.MAX_LIST_BYTES);
    assertThat(WorkerNode.fitting(odd, true)).isEqualTo(odd);
    List<String> more = Stream.concat(odd.stream(), Stream.of("10003")).toList();
    assertThat(WorkerNode.fitting(more, true)).hasSize(more.size() / 2);
  }

  @Test
  void errorsAreToldIfTheyFitExactly() {
    FailingShard one =
        new FailingShard(
            "7", FailingShard.Phase.WARM_UP, "error", Instant.parse("2026-03-01T02:00:00Z"), 3);
    ObjectNode json = ZnodeJson.create();
    FailingShard.put(json, "", List.of(one));
    int length = ZnodeJson.bytes(json).length;
    assertThat(FailingShard.fitting(List.of(one), length)).containsExactly(one);
    assertThat(FailingShard.fitting(List.of(one), length - 1)).isEmpty();
    assertThat(FailingShard.fitting(List.of(one, one), 2 * length)).hasSize(2);
    assertThat(one.in().word()).isEqualTo("warmUp");
    WorkerNode node = StillGroup.node("w-1");
    assertThat(node.zone()).isEmpty();
    assertThat(node.errors()).isEmpty();
    WorkerNode fails =
        new WorkerNode(
            node.candidate(),
            "nonce",
            "zone-1",
            1,
            9,
            false,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(one),
            0);
    assertThat(fails.zone()).isEqualTo("zone-1");
    assertThat(fails.errors()).containsExactly(one);
  }
}
