package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.internal.ZnodeName;
import io.tenure.scope.Candidate;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Retention;
import io.tenure.scope.TenureException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * What stands in a group's znodes, which is public: round trips, pinned bytes, bounds, and one
 * clear error for anything else.
 */
class GroupFormatsTest {

  private static final String PATH = "/orders/plan/w-1";
  private static final Candidate CANDIDATE =
      new Candidate("w-1", "host-1", 4711, Optional.of("host-1:8080"));

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] data) {
    return new String(data, StandardCharsets.UTF_8);
  }

  // ---------------------------------------------------------------- random values

  private static List<String> shards(Random random, boolean numbered) {
    TreeSet<Integer> numbers = new TreeSet<>();
    for (int i = random.nextInt(12); i > 0; i--) {
      int from = random.nextInt(random.nextBoolean() ? 30 : ShardSet.MAX_SHARDS - 5);
      IntStream.range(from, from + 1 + random.nextInt(5)).forEach(numbers::add);
    }
    return numbered
        ? numbers.stream().map(n -> Integer.toString(n)).toList()
        : numbers.stream().map(n -> word(random) + n).sorted().toList();
  }

  private static String word(Random random) {
    String[] words = {"", "a", "köln ", "\"quoted\\", "0-3,", "中€", "-", "%2F", "{"};
    return words[random.nextInt(words.length)] + words[random.nextInt(words.length)];
  }

  private static PlanNode plan(Random random, boolean numbered) {
    List<List<String>> standsBy = new ArrayList<>();
    for (int rank = random.nextInt(4); rank > 0; rank--) {
      standsBy.add(shards(random, numbered));
    }
    while (!standsBy.isEmpty() && standsBy.get(standsBy.size() - 1).isEmpty()) {
      standsBy.remove(standsBy.size() - 1); // As the coordinator leaves them away.
    }
    Map<String, List<String>> reasons = new TreeMap<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      List<String> some = shards(random, numbered);
      if (!some.isEmpty()) {
        reasons.put("because of " + word(random) + i, some);
      }
    }
    return new PlanNode(
        "w" + word(random),
        random.nextInt(100) - 1,
        random.nextBoolean() ? Optional.empty() : Optional.of("drain of " + word(random)),
        shards(random, numbered),
        shards(random, numbered),
        standsBy,
        reasons);
  }

  private static WorkerNode worker(Random random, boolean numbered) {
    return new WorkerNode(
            random.nextBoolean()
                ? CANDIDATE
                : new Candidate("w" + word(random), "h", 1, Optional.empty()),
            "nonce-" + random.nextInt(),
            random.nextBoolean() ? "" : "zone " + word(random),
            random.nextBoolean() ? 1 : 0.001 + random.nextDouble() * 1000,
            random.nextBoolean() ? Integer.MAX_VALUE : random.nextInt(100),
            random.nextBoolean(),
            shards(random, numbered),
            shards(random, numbered),
            shards(random, numbered),
            shards(random, numbered),
            errors(random),
            random.nextInt(101))
        .withSessionTimeout(random.nextBoolean() ? 0 : random.nextInt(60_000));
  }

  private static List<FailingShard> errors(Random random) {
    List<FailingShard> errors = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      FailingShard.Phase[] phases = FailingShard.Phase.values();
      errors.add(
          new FailingShard(
              "s" + word(random),
              phases[random.nextInt(phases.length)],
              "error " + word(random),
              Instant.ofEpochMilli(random.nextLong(1L << 42)),
              1 + random.nextInt(100)));
    }
    return errors;
  }

  private static PlanSummary summary(Random random, boolean numbered) {
    Map<String, Double> shares = new TreeMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      shares.put("w" + word(random) + i, 0.001 + random.nextDouble() * 3);
    }
    return new PlanSummary(
        random.nextLong(1L << 50),
        word(random),
        random.nextInt(9),
        word(random),
        shards(random, numbered),
        shares);
  }

  private static GroupSettings settings(Random random) {
    List<String> names = shards(random, false);
    boolean named = random.nextBoolean() && !names.isEmpty();
    names = names.stream().map(name -> name.replace("/", "")).toList();
    return new GroupSettings(
        named ? ShardSet.named(names) : ShardSet.numbered(1 + random.nextInt(ShardSet.MAX_SHARDS)),
        random.nextInt(4),
        Duration.ofMillis(random.nextInt(3_600_001)),
        1 + random.nextInt(1000),
        Duration.ofMillis(random.nextInt(86_400_001)),
        random.nextBoolean() ? Retention.KEEP_ALL : Retention.last(2 + random.nextInt(100)),
        random.nextBoolean()
            ? Optional.empty()
            : Optional.of(
                new LoadBalancing(
                    Duration.ofMillis(100 + random.nextInt(1000_000)),
                    (1 + random.nextInt(99)) / 100.0,
                    1 + random.nextInt(9))));
  }

  // ---------------------------------------------------------------- round trips

  @Property(tries = 500)
  void allOfThemComeBackAsTheyWereOnOneLine(@ForAll long seed, @ForAll boolean numbered) {
    Random random = new Random(seed);
    PlanNode plan = plan(random, numbered);
    WorkerNode worker = worker(random, numbered);
    PlanSummary summary = summary(random, numbered);
    GroupSettings settings = settings(random);
    assertThat(PlanNode.parse(PATH, plan.bytes(numbered))).isEqualTo(plan);
    assertThat(WorkerNode.parse(PATH, worker.bytes(numbered))).isEqualTo(worker);
    assertThat(PlanSummary.parse(PATH, summary.bytes(numbered))).isEqualTo(summary);
    assertThat(GroupSettings.parse(PATH, settings.bytes())).isEqualTo(settings);
    for (byte[] data :
        List.of(
            plan.bytes(numbered),
            worker.bytes(numbered),
            summary.bytes(numbered),
            settings.bytes())) {
      assertThat(text(data)).doesNotContain("\n");
    }
  }

  @Property(tries = 500)
  void whatANewerVersionHasAddedIsNoObstacle(@ForAll long seed) {
    Random random = new Random(seed);
    PlanNode plan = plan(random, true);
    WorkerNode worker = worker(random, true);
    PlanSummary summary = summary(random, true);
    GroupSettings settings = settings(random);
    assertThat(PlanNode.parse(PATH, withMore(plan.bytes(true)))).isEqualTo(plan);
    assertThat(WorkerNode.parse(PATH, withMore(worker.bytes(true)))).isEqualTo(worker);
    assertThat(PlanSummary.parse(PATH, withMore(summary.bytes(true)))).isEqualTo(summary);
    assertThat(GroupSettings.parse(PATH, withMore(settings.bytes()))).isEqualTo(settings);
    assertThat(text(settings.bytesOver(PATH, withMore(settings.bytes()))))
        .isEqualTo(text(settings.bytes()).replaceAll("}$", ",\"later\":{\"of\":[1,\"x\"]}}"));
  }

  private static byte[] withMore(byte[] data) {
    return bytes(text(data).replaceAll("}$", ",\"later\":{\"of\":[1,\"x\"]}}"));
  }

  @Property(tries = 600)
  void damagedZnodesAreReadOrRefusedWithThePathAndNothingElse(
      @ForAll long seed,
      @ForAll @IntRange(max = 2000) int at,
      @ForAll byte with,
      @ForAll boolean cut) {
    Random random = new Random(seed);
    List<byte[]> all =
        List.of(
            plan(random, random.nextBoolean()).bytes(false),
            worker(random, true).bytes(true),
            summary(random, true).bytes(true),
            settings(random).bytes(),
            Directives.bytes("w-1", "near the disks"));
    for (byte[] valid : all) {
      byte[] damaged = cut ? Arrays.copyOf(valid, at % valid.length) : valid.clone();
      if (!cut) {
        damaged[at % valid.length] = with;
      }
      readOrRefuse(() -> PlanNode.parse(PATH, damaged));
      readOrRefuse(() -> WorkerNode.parse(PATH, damaged));
      readOrRefuse(() -> PlanSummary.parse(PATH, damaged));
      readOrRefuse(() -> GroupSettings.parse(PATH, damaged));
      for (String name : List.of("drain-w-1", "pin-3", "move-3", "capacity-w-1", "else")) {
        Directives.parse(List.of(new Directives.Written("/orders/directives/" + name, damaged)));
      }
    }
  }

  private static void readOrRefuse(Runnable parse) {
    try {
      parse.run();
    } catch (ForeignDataException e) {
      assertThat(e).hasMessageContaining(PATH);
      assertThat(String.valueOf(e.getMessage())).hasSizeLessThan(400);
    }
  }

  @Example
  void aSmallZnodeCannotFillTheMemory() {
    StringBuilder reasons = new StringBuilder("{");
    for (int i = 0; i < 3; i++) {
      reasons.append(i == 0 ? "" : ",").append("\"r").append(i).append("\":\"0-99999\"");
    }
    String plan =
        "{\"format\":1,\"worker\":\"w-1\",\"incarnation\":7,\"reasons\":" + reasons + "}}";
    assertThatExceptionOfType(ForeignDataException.class)
        .isThrownBy(() -> PlanNode.parse(PATH, plan.getBytes(StandardCharsets.UTF_8)))
        .withMessageContaining("lists more than 200000 shards");
  }

  // ---------------------------------------------------------------- pinned bytes

  @Example
  void theBytesOfAPlanArePinned() {
    PlanNode plan =
        new PlanNode(
            "w-1",
            7,
            Optional.of("drain of w-1 (new version)"),
            List.of("0", "1", "2", "48"),
            List.of("5"),
            List.of(List.of("16", "17"), List.of(), List.of("20")),
            Map.of("first placement", List.of("0", "1"), "w-2 is gone", List.of("48")));
    PlanNode sorted = PlanNode.parse(PATH, plan.bytes(true));
    assertThat(text(sorted.bytes(true)))
        .isEqualTo(
            "{\"format\":1,\"worker\":\"w-1\",\"incarnation\":7,"
                + "\"draining\":\"drain of w-1 (new version)\",\"leads\":\"0-2,48\","
                + "\"takesOver\":\"5\",\"standsBy\":\"16-17\",\"standsBy3\":\"20\","
                + "\"reasons\":{\"first placement\":\"0-1\",\"w-2 is gone\":\"48\"}}");
    PlanNode named =
        new PlanNode(
            "w-1", 7, Optional.empty(), List.of("eu", "us"), List.of(), List.of(), Map.of());
    assertThat(text(named.bytes(false)))
        .isEqualTo("{\"format\":1,\"worker\":\"w-1\",\"incarnation\":7,\"leads\":[\"eu\",\"us\"]}");
    assertThat(
            text(
                new PlanNode("w", 0, Optional.empty(), List.of(), List.of(), List.of(), Map.of())
                    .bytes(true)))
        .isEqualTo("{\"format\":1,\"worker\":\"w\",\"incarnation\":0}");
  }

  @Example
  void theBytesOfAPlansSummaryArePinned() {
    PlanSummary summary =
        new PlanSummary(
            42, "w-2", 3, "rebalance after w-4 joined", List.of("7", "8"), Map.of("w-1", 0.75));
    assertThat(text(summary.bytes(true)))
        .isEqualTo(
            "{\"format\":1,\"version\":42,\"coordinator\":\"w-2\",\"coordinatorEpoch\":3,"
                + "\"reason\":\"rebalance after w-4 joined\",\"unplaced\":\"7-8\","
                + "\"shares\":{\"w-1\":0.75}}");
    assertThat(text(PlanSummary.none().bytes(true)))
        .isEqualTo(
            "{\"format\":1,\"version\":0,\"coordinator\":\"\",\"coordinatorEpoch\":0,\"reason\":\"\"}");
  }

  @Example
  void theBytesOfARegistrationArePinned() {
    WorkerNode worker =
        new WorkerNode(
            CANDIDATE,
            "5f0c2a1e-9d3b",
            "zone-1",
            2.5,
            16,
            true,
            List.of("4"),
            List.of("5", "6"),
            List.of("9"),
            List.of("7", "8", "9"),
            List.of(
                new FailingShard(
                    "9",
                    FailingShard.Phase.OFFICE,
                    "java.lang.IllegalStateException: no such table",
                    Instant.parse("2026-03-01T02:00:00Z"),
                    3)),
            37);
    assertThat(text(worker.bytes(true)))
        .isEqualTo(
            "{\"format\":1,\"candidate\":\"w-1\",\"host\":\"host-1\",\"pid\":4711,"
                + "\"endpoint\":\"host-1:8080\",\"nonce\":\"5f0c2a1e-9d3b\",\"zone\":\"zone-1\","
                + "\"capacity\":2.5,\"maxShards\":16,\"state\":\"draining\",\"ready\":\"4\","
                + "\"tookOver\":\"5-6\",\"unable\":\"9\",\"failing\":\"7-9\",\"errors\":[{\"shard\":\"9\","
                + "\"in\":\"office\",\"error\":\"java.lang.IllegalStateException: no such table\","
                + "\"since\":\"2026-03-01T02:00:00Z\",\"times\":3}],\"utilization\":37}");
    WorkerNode plain =
        new WorkerNode(
            new Candidate("w-1", "h", 1, Optional.empty()),
            "n",
            "",
            1,
            Integer.MAX_VALUE,
            false,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            0);
    String golden =
        "{\"format\":1,\"candidate\":\"w-1\",\"host\":\"h\",\"pid\":1,\"nonce\":\"n\","
            + "\"capacity\":1.0,\"state\":\"active\",\"utilization\":0}";
    assertThat(text(plain.bytes(true))).isEqualTo(golden);
    assertThat(WorkerNode.parse(PATH, bytes(golden.replace("\"capacity\":1.0,", ""))))
        .isEqualTo(plain);
    for (String none : List.of("0", "-1", "\"NaN\"", "1e999")) {
      assertThatExceptionOfType(TenureException.class)
          .as(none)
          .isThrownBy(() -> WorkerNode.parse(PATH, bytes(golden.replace("1.0", none))))
          .withMessageContaining("capacity");
    }
  }

  @Example
  void errorsAreToldInOneShortLineAndAsManyAsFitThoseThatFailedMostOftenFirst() {
    FailingShard long1 = failing("a", "x\n\ty" + "z".repeat(500), 1);
    assertThat(long1.error()).startsWith("x y").endsWith("…").hasSize(200);
    List<FailingShard> many = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      many.add(failing("shard ü " + i, "\"" + "ü".repeat(150), i + 1));
    }
    List<FailingShard> some = FailingShard.fitting(many, WorkerNode.MAX_LIST_BYTES);
    assertThat(some).hasSizeBetween(20, 60);
    assertThat(some.get(0).times()).isEqualTo(1000);
    ObjectNode json = ZnodeJson.create();
    FailingShard.put(json, "errors", some);
    assertThat(ZnodeJson.bytes(json)).hasSizeLessThan(WorkerNode.MAX_LIST_BYTES);
  }

  private static FailingShard failing(String shard, String error, long times) {
    return new FailingShard(
        shard, FailingShard.Phase.OFFICE, error, Instant.parse("2026-03-01T02:00:00Z"), times);
  }

  @Example
  void theBytesOfASummaryWithDampedWorkersArePinned() {
    Map<String, Damped> damped = new TreeMap<>();
    damped.put("w-2", new Damped(4, Optional.of(Instant.parse("2026-03-01T02:00:40Z"))));
    damped.put("w-3", new Damped(2, Optional.empty()));
    PlanSummary summary =
        new PlanSummary(7, "w-1", 3, "why", List.of("5"), Map.of(), damped, "no bytes left");
    assertThat(text(summary.bytes(true)))
        .isEqualTo(
            "{\"format\":1,\"version\":7,\"coordinator\":\"w-1\",\"coordinatorEpoch\":3,"
                + "\"reason\":\"why\",\"unplaced\":\"5\","
                + "\"damped\":{\"w-2\":{\"deaths\":4,\"until\":\"2026-03-01T02:00:40Z\"},"
                + "\"w-3\":{\"deaths\":2}},\"unplacedReason\":\"no bytes left\"}");
    assertThat(PlanSummary.parse(PATH, summary.bytes(true))).isEqualTo(summary);
    String good = text(summary.bytes(true));
    for (String bad : List.of("\"deaths\":0", "\"deaths\":\"x\"", "\"more\":1")) {
      byte[] damaged = bytes(good.replace("\"deaths\":4", bad));
      refused(() -> PlanSummary.parse(PATH, damaged), "damped");
    }
    byte[] noTime = bytes(good.replace("02:00:40Z", "x"));
    refused(() -> PlanSummary.parse(PATH, noTime), "damped");
  }

  @Example
  void theBytesOfTheSettingsArePinned() {
    GroupSettings usual = GroupSettings.of(ShardSet.numbered(12));
    assertThat(text(usual.bytes()))
        .isEqualTo(
            "{\"format\":1,\"shards\":12,\"standbys\":1,\"settleMillis\":3000,\"movesInFlight\":100,"
                + "\"readyMillis\":30000,\"retention\":20}");
    GroupSettings named =
        new GroupSettings(
            ShardSet.named(List.of("us", "eu")),
            2,
            Duration.ZERO,
            1,
            Duration.ofSeconds(5),
            Retention.last(2),
            Optional.of(LoadBalancing.DEFAULT));
    assertThat(text(named.bytes()))
        .isEqualTo(
            "{\"format\":1,\"shards\":[\"eu\",\"us\"],\"standbys\":2,\"settleMillis\":0,"
                + "\"movesInFlight\":1,\"readyMillis\":5000,\"retention\":2,"
                + "\"loadBalancing\":{\"intervalMillis\":30000,\"deadBandPercent\":15,\"moves\":5}}");
  }

  @Example
  void theBytesOfChangedSettingsArePinnedAndThoseOfANewerVersionAreKept() {
    GroupSettings usual = GroupSettings.of(ShardSet.numbered(12));
    byte[] once =
        ChangedSettings.bytesOver(
            usual.withShards(ShardSet.numbered(16)), List.of(Setting.SHARDS), PATH, usual.bytes());
    assertThat(text(once))
        .isEqualTo(
            text(usual.bytes()).replace(":12,", ":16,").replace("}", ",\"changed\":[\"shards\"]}"));
    byte[] later = bytes(text(once).replace("[\"shards\"]", "[\"shards\",\"later\"]"));
    byte[] twice =
        ChangedSettings.bytesOver(
            usual, List.of(Setting.RETENTION, Setting.SETTLE_WINDOW), PATH, later);
    assertThat(text(twice))
        .endsWith(",\"changed\":[\"later\",\"retention\",\"settleWindow\",\"shards\"]}");
    ChangedSettings read = ChangedSettings.parse(PATH, twice);
    assertThat(read.containsAll(List.of(Setting.SHARDS, Setting.RETENTION))).isTrue();
    assertThat(read.contains(Setting.STANDBYS)).isFalse();
    assertThat(text(usual.bytesOver(PATH, twice))).as("an older version's way").contains("later");
    for (String bad : List.of("\"shards\"", "[7]", "{}")) {
      byte[] damaged = bytes(text(once).replace("[\"shards\"]", bad));
      refused(() -> ChangedSettings.parse(PATH, damaged), "changed");
    }
  }

  @Example
  void theBytesOfADirectiveArePinnedAndPlainTextMeansTheSame() {
    assertThat(text(Directives.bytes("w-2", "near the disks")))
        .isEqualTo("{\"format\":1,\"value\":\"w-2\",\"reason\":\"near the disks\"}");
    Directives written =
        directives(
            Map.of(
                "pin-3", "{\"format\":1,\"value\":\"w-2\",\"reason\":\"near the disks\"}",
                "move-4", " w-1\n",
                "capacity-w-1", "2.5",
                "drain-w-3", "new version",
                "drain-w%2F4", "{\"format\":1,\"value\":\"\",\"reason\":\"old disk\"}",
                "drain-w-5", ""));
    assertThat(written.ignored()).isEmpty();
    assertThat(written.pins()).isEqualTo(Map.of("3", "w-2"));
    assertThat(written.moves()).isEqualTo(Map.of("4", "w-1"));
    assertThat(written.capacities()).isEqualTo(Map.of("w-1", 2.5));
    assertThat(written.drains())
        .isEqualTo(Map.of("w-3", "new version", "w/4", "old disk", "w-5", ""));
    assertThat(directives(Map.of())).isEqualTo(Directives.none());
  }

  private static Directives directives(Map<String, String> all) {
    return Directives.parse(
        all.entrySet().stream()
            .map(
                one ->
                    new Directives.Written("/g/directives/" + one.getKey(), bytes(one.getValue())))
            .toList());
  }

  // ---------------------------------------------------------------- what is refused

  @Example
  void aNewerFormatIsRefusedWithTheWayOut() {
    byte[] newer = bytes("{\"format\":2,\"worker\":\"w-1\"}");
    for (Runnable parse :
        List.<Runnable>of(
            () -> PlanNode.parse(PATH, newer),
            () -> PlanSummary.parse(PATH, newer),
            () -> WorkerNode.parse(PATH, newer),
            () -> GroupSettings.parse(PATH, newer))) {
      assertThatExceptionOfType(ForeignDataException.class)
          .isThrownBy(parse::run)
          .withMessageContaining(PATH + " has format 2")
          .withMessageContaining("upgrade this process");
    }
  }

  @Example
  void damagedPlansAreRefusedNamingPathAndField() {
    String plan = "{\"format\":1,\"worker\":\"w-1\",\"incarnation\":7";
    for (String list : List.of("leads", "takesOver", "standsBy", "standsBy2", "standsBy3")) {
      refused(() -> PlanNode.parse(PATH, bytes(plan + ",\"" + list + "\":7}")), list);
      refused(() -> PlanNode.parse(PATH, bytes(plan + ",\"" + list + "\":[7]}")), list);
    }
    refused(() -> PlanNode.parse(PATH, bytes(plan + ",\"reasons\":\"w-2 is gone\"}")), "reasons");
    refused(() -> PlanNode.parse(PATH, bytes(plan + ",\"reasons\":{\"x\":{}}}")), "reasons");
    refused(() -> PlanNode.parse(PATH, bytes("{\"format\":1,\"incarnation\":7}")), "worker");
    refused(() -> PlanNode.parse(PATH, bytes("{\"format\":1,\"worker\":\"w\"}")), "incarnation");
    String summary = "{\"format\":1,\"version\":3,\"coordinatorEpoch\":1";
    refused(() -> PlanSummary.parse(PATH, bytes(summary + ",\"shares\":[]}")), "shares");
    for (String share : List.of("0", "-1", "\"x\"", "null", "1e999")) {
      refused(
          () -> PlanSummary.parse(PATH, bytes(summary + ",\"shares\":{\"w\":" + share + "}}")),
          "shares");
    }
    refused(() -> PlanSummary.parse(PATH, bytes("{\"format\":1,\"version\":-1}")), "version");
  }

  @Example
  void damagedRegistrationsAreRefusedNamingPathAndField() {
    String good =
        "{\"format\":1,\"candidate\":\"w-1\",\"host\":\"h\",\"pid\":1,\"nonce\":\"n\","
            + "\"capacity\":1.0,\"maxShards\":3,\"state\":\"active\",\"utilization\":0}";
    assertThat(WorkerNode.parse(PATH, bytes(good)).maxShards()).isEqualTo(3);
    Map<String, String> bad =
        Map.of(
            "\"capacity\":1.0", "\"capacity\":0",
            "\"capacity\":1", "\"capacity\":-1",
            "\"maxShards\":3", "\"maxShards\":-1",
            "\"state\":\"active\"", "\"state\":7",
            "\"utilization\":0", "\"utilization\":0.5",
            "\"nonce\":\"n\"", "\"nonce\":null",
            "\"pid\":1", "\"pid\":\"1\"",
            "\"host\":\"h\"", "\"hosts\":\"h\"");
    bad.forEach(
        (from, to) ->
            refused(
                () -> WorkerNode.parse(PATH, bytes(good.replace(from, to))),
                from.substring(1, from.indexOf('"', 1))));
    assertThat(WorkerNode.parse(PATH, bytes(good.replace("n\":0", "n\":4294967396"))).utilization())
        .isEqualTo(100);
    assertThat(WorkerNode.parse(PATH, bytes(good.replace(":3", ":4294967396"))).maxShards())
        .isEqualTo(Integer.MAX_VALUE);
  }

  @Example
  void damagedSettingsAreRefusedNamingPathAndField() {
    String good = text(GroupSettings.of(ShardSet.numbered(12)).bytes());
    List<List<String>> bad =
        List.of(
            List.of("shards", ":12,", ":0,"),
            List.of("shards", ":12,", ":100001,"),
            List.of("shards", ":12,", ":\"12\","),
            List.of("shards", ":12,", ":[],"),
            List.of("shards", ":12,", ":[1],"),
            List.of("shards", ":12,", ":[\"a\",\"a\"],"),
            List.of("shards", ":12,", ":[\"leader\"],"),
            List.of("standbys", "s\":1,", "s\":4,"),
            List.of("standbys", "s\":1,", "s\":-1,"),
            List.of("settleMillis", ":3000,", ":3600001,"),
            List.of("movesInFlight", ":100,", ":0,"),
            List.of("readyMillis", ":30000,", ":86400001,"),
            List.of("readyMillis", ":30000,", ":9223372036854775807,"),
            List.of("retention", ":20}", ":1}"),
            List.of("retention", ":20}", ":2147483648}"),
            List.of("loadBalancing", ":20}", ":20,\"loadBalancing\":true}"),
            List.of("intervalMillis", ":20}", ":20,\"loadBalancing\":{}}"),
            List.of("loadBalancing", ":20}", withBalancing(99, 15, 5)),
            List.of("loadBalancing", ":20}", withBalancing(86_400_001, 15, 5)),
            List.of("loadBalancing", ":20}", withBalancing(30_000, 100, 5)),
            List.of("moves", ":20}", withBalancing(30_000, 15, 0)));
    for (List<String> one : bad) {
      String text = good.replace(one.get(1), one.get(2));
      assertThat(text).isNotEqualTo(good);
      refused(() -> GroupSettings.parse(PATH, bytes(text)), one.get(0));
    }
  }

  private static String withBalancing(long interval, long band, int moves) {
    return String.format(
        ":20,\"loadBalancing\":{\"intervalMillis\":%d,\"deadBandPercent\":%d,\"moves\":%d}}",
        interval, band, moves);
  }

  private static void refused(Runnable parse, String field) {
    assertThatExceptionOfType(ForeignDataException.class)
        .isThrownBy(parse::run)
        .withMessageContaining(PATH)
        .withMessageContaining("\"" + field + "\"")
        .satisfies(e -> assertThat(String.valueOf(e.getMessage())).hasSizeLessThan(400));
  }

  // ---------------------------------------------------------------- lists of shards

  private static List<String> ranges(String text) {
    return ShardList.get(
        ZnodeJson.parse(PATH, bytes("{\"format\":1,\"leads\":\"" + text + "\"}")), "leads");
  }

  @Property(tries = 500)
  void rangesAreAsShortAsCanBeAndComeBack(@ForAll long seed) {
    List<String> numbers = new ArrayList<>(shards(new Random(seed), true));
    String text = ShardList.ranges(numbers.stream().mapToInt(Integer::parseInt).toArray());
    assertThat(ranges(text)).isEqualTo(numbers);
    long gaps =
        IntStream.range(1, numbers.size())
            .filter(
                i -> Integer.parseInt(numbers.get(i)) != Integer.parseInt(numbers.get(i - 1)) + 1)
            .count();
    assertThat(text.isEmpty() ? 0 : text.split(",", -1).length)
        .isEqualTo(numbers.isEmpty() ? 0 : gaps + 1);
  }

  @Example
  void rangesThatAreNoneAreRefused() {
    assertThat(ranges("")).isEmpty();
    assertThat(ranges("7")).containsExactly("7");
    assertThat(ranges("0-2,9,99998-99999")).containsExactly("0", "1", "2", "9", "99998", "99999");
    assertThat(ranges("0-99999")).hasSize(ShardSet.MAX_SHARDS);
    String[] bad = {
      "5-3",
      "0-99999999",
      "100000",
      "0-100000",
      "-",
      "-5",
      "5-",
      "5--6",
      "1,,2",
      ",",
      "1,",
      "a",
      "+5",
      "1 - 2",
      "٣",
      "99999999999999999999",
      "0-99999,0",
      "1-2-3",
      "x".repeat(10_000)
    };
    for (String text : bad) {
      refused(() -> ranges(text), "leads");
    }
  }

  @Example
  void aPlanThatNamesWhatIsNoNumberCanBeWrittenInANumberedGroup() {
    PlanNode plan =
        new PlanNode(
            "w-1",
            7,
            Optional.empty(),
            List.of("3"),
            List.of(),
            List.of(),
            Map.of("the shard was removed", List.of("eu", "7")));
    assertThat(PlanNode.parse(PATH, plan.bytes(true)).reasons())
        .isEqualTo(Map.of("the shard was removed", List.of("7", "eu")));
  }

  @Example
  void aRegistrationTellsOnlyAsManyShardsAsFit() {
    List<String> names = Collections.nCopies(1000, "x".repeat(100));
    assertThat(WorkerNode.fitting(names, false)).hasSizeBetween(30, 102);
    assertThat(WorkerNode.fitting(List.of("a", "b"), false)).containsExactly("a", "b");
    List<String> numbers = IntStream.range(0, 100_000).mapToObj(Integer::toString).toList();
    assertThat(WorkerNode.fitting(numbers, true)).isEqualTo(numbers); // One range.
    List<String> odd = numbers.stream().filter(number -> number.endsWith("7")).toList();
    assertThat(WorkerNode.fitting(odd, true).size()).isBetween(850, 2100);
  }

  // ---------------------------------------------------------------- names

  @Property
  void namesOfZnodesComeBackAndAreDifferentForDifferentIds(@ForAll String a, @ForAll String b) {
    String id = text(bytes(a)); // Without half surrogate pairs, which no id has.
    String other = text(bytes(b));
    assertThat(ZnodeName.decode(ZnodeName.encode(id))).contains(id);
    assertThat(ZnodeName.decode(ZnodeName.encodeWhole(id))).contains(id);
    assertThat(ZnodeName.encode(id)).matches("[-._:@%a-zA-Z0-9]*");
    assertThat(ZnodeName.encodeWhole(id).equals(ZnodeName.encodeWhole(other)))
        .isEqualTo(id.equals(other));
  }

  @Example
  void namesOfZnodesArePinned() {
    Map<String, String> names = new TreeMap<>();
    names.put("w-0000000001", "w-0000000001");
    names.put("a/b", "a%2Fb");
    names.put("a%2Fb", "a%252Fb");
    names.put(".", "%2E");
    names.put("..", "%2E%2E");
    names.put("...", "...");
    names.put("a b", "a%20b");
    names.put("ä", "%C3%A4");
    names.put("host:80@x_y", "host:80@x_y");
    names.forEach((id, name) -> assertThat(ZnodeName.encodeWhole(id)).isEqualTo(name));
    assertThat(ZnodeName.decode("köln %41")).contains("köln A");
    for (String bad : List.of("%", "a%4", "%zz", "%4", "%%41")) {
      assertThat(ZnodeName.decode(bad)).as(bad).isEmpty();
    }
  }

  @Example
  void theIncarnationIsTheNumberAtTheEnd() {
    GroupPaths paths = new GroupPaths("/orders");
    assertThat(paths.workerPrefix("a/b-1")).isEqualTo("/orders/workers/a%2Fb-1-");
    assertThat(GroupPaths.incarnation("/or-ders/workers/w-0000000001-0000000007")).isEqualTo(7);
    assertThat(GroupPaths.incarnation("w-x")).isEqualTo(-1);
    assertThat(GroupPaths.incarnation("w")).isEqualTo(-1);
    assertThat(paths.shardOf("/orders/shards/7/leader")).isEqualTo("7");
    assertThat(paths.shardOf("/orders/shards/7")).isEqualTo("7");
    assertThat(paths.shardOf("/orders/shards")).isEmpty();
    assertThat(paths.shardOf("/orders/plan/7")).isEmpty();
  }
}
