package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a plan is said to be for: the last change of what there is. */
class TriggerTest {

  private final Trigger trigger = new Trigger("");
  private final List<Directives.Written> directives = new ArrayList<>();
  private ShardSet shards = ShardSet.numbered(4);

  private void directive(String name, String data) {
    directives.add(
        new Directives.Written(
            "/orders/directives/" + name, data.getBytes(StandardCharsets.UTF_8)));
  }

  private String after(Set<String> damped, String... ids) {
    return after(damped, List.of(), List.of(), List.of(), ids);
  }

  private String after(
      Set<String> damped,
      List<String> joined,
      List<String> gone,
      List<String> tookOver,
      String... ids) {
    NavigableMap<String, CoordinatorMachine.Worker> byId = new TreeMap<>();
    for (String id : ids) {
      byId.put(id, new CoordinatorMachine.Worker(StillGroup.node(id), 1));
    }
    Directives wishes = Directives.parse(directives);
    trigger.note(new Members(byId, wishes, shards, damped), wishes, shards, joined, gone, tookOver);
    return trigger.text();
  }

  @Test
  void withoutAnyChangeItIsTheLastOneOrMerelyRebalance() {
    assertThat(after(Set.of(), "w-1")).isEqualTo("rebalance");
    trigger.set("first placement");
    assertThat(after(Set.of(), "w-1")).isEqualTo("first placement");
    assertThat(new Trigger("rebalance after w-1 left").text())
        .isEqualTo("rebalance after w-1 left");
  }

  @Test
  void whoCameWentAndTookOverIsNamed() {
    assertThat(after(Set.of(), List.of("w-1"), List.of("a", "b"), List.of("w-2"), "w-1", "w-2"))
        .isEqualTo("rebalance after w-1 joined, a and b left, w-2 took over");
    assertThat(after(Set.of(), List.of("a", "b", "c", "d", "e"), List.of(), List.of(), "w-1"))
        .isEqualTo("rebalance after a, b, c and 2 others joined");
  }

  @Test
  void whoKeepsDyingIsToldApartFromWhoDrainsAlsoLater() {
    after(Set.of(), "w-1", "w-2");
    assertThat(after(Set.of("w-1"), "w-1", "w-2")).isEqualTo("rebalance after w-1 keeps dying");
    assertThat(after(Set.of("w-1", "w-2"), "w-1", "w-2"))
        .isEqualTo("rebalance after w-2 keeps dying");
    assertThat(after(Set.of(), "w-1", "w-2"))
        .isEqualTo("rebalance after w-1 and w-2 have stopped dying");
    directive("drain-w-1", "");
    assertThat(after(Set.of(), "w-1", "w-2")).isEqualTo("rebalance after w-1 drains");
    directives.clear();
    assertThat(after(Set.of(), "w-1", "w-2")).isEqualTo("rebalance after w-1 drains no more");
    assertThat(after(Set.of("w-1", "w-2"), "w-1", "w-2"))
        .isEqualTo("rebalance after w-1 and w-2 keep dying");
  }

  @Test
  void whatOperatorsChangedIsNamedAndOnlyThat() {
    directive("pin-0", "w-1");
    assertThat(after(Set.of(), "w-1"))
        .as("of the first time nothing is known")
        .isEqualTo("rebalance");
    directive("pin-1", "w-1");
    directive("pin-2", "w-1");
    directive("move-3", "w-1");
    assertThat(after(Set.of(), "w-1"))
        .isEqualTo("rebalance after shards 1 and 2 were pinned, shard 3 was moved");
    directives.remove(0);
    assertThat(after(Set.of(), "w-1")).isEqualTo("rebalance after shard 0 was unpinned");
    directives.clear();
    directive("move-3", "w-2");
    shards = ShardSet.numbered(5);
    assertThat(after(Set.of(), "w-1"))
        .isEqualTo(
            "rebalance after shards 1 and 2 were unpinned, shard 3 was moved,"
                + " the set of shards changed");
    directive("capacity-w-1", "7");
    assertThat(after(Set.of(), "w-1")).isEqualTo("rebalance after the capacity of w-1 changed");
    assertThat(after(Set.of(), List.of("w-2"), List.of(), List.of(), "w-1", "w-2"))
        .isEqualTo("rebalance after w-2 joined");
  }
}
