package io.tenure.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The paths of a group's znodes, which are public. */
class GroupPathsTest {

  private static final GroupPaths PATHS = new GroupPaths("/a/orders");

  @Test
  void thePathsArePinned() {
    assertThat(PATHS.workers()).isEqualTo("/a/orders/workers");
    assertThat(PATHS.coordinator().path()).isEqualTo("/a/orders/coordinator");
    assertThat(PATHS.plans()).isEqualTo("/a/orders/plan");
    assertThat(PATHS.plan("a/b")).isEqualTo("/a/orders/plan/a%2Fb");
    assertThat(PATHS.plan("..")).isEqualTo("/a/orders/plan/%2E%2E");
    assertThat(PATHS.refused()).isEqualTo("/a/orders/refused");
    assertThat(PATHS.refused("..")).isEqualTo("/a/orders/refused/%2E%2E");
    assertThat(PATHS.directives()).isEqualTo("/a/orders/directives");
    assertThat(PATHS.audit()).isEqualTo("/a/orders/audit");
    assertThat(PATHS.shards()).isEqualTo("/a/orders/shards");
    assertThat(PATHS.shard("7").path()).isEqualTo("/a/orders/shards/7");
  }

  @Test
  void aRegistrationIsTheWorkersIdAndTenDigits() {
    String path = PATHS.workerPrefix("w-1") + "0000000007";
    assertThat(PATHS.isRegistration(path, "w-1")).isTrue();
    assertThat(PATHS.isRegistration(path, "w")).as("the id ends in a number").isFalse();
    assertThat(PATHS.isRegistration(path, "w-2")).isFalse();
    assertThat(PATHS.isRegistration(path.substring(1), "w-1")).isFalse();
    assertThat(PATHS.isRegistration(PATHS.workerPrefix("w-1") + "7", "w-1")).isFalse();
    assertThat(PATHS.isRegistration(path + "0", "w-1")).isFalse();
    assertThat(GroupPaths.persistentRegistration(path))
        .startsWith(path)
        .contains("no ephemeral node", "Delete it");
    assertThat(GroupPaths.incarnation("-7")).isEqualTo(7);
  }

  @Test
  void aGoodbyeIsOfTheIncarnationThatItNames() {
    assertThat(PATHS.goodbye(7)).isEqualTo("/a/orders/workers/goodbye-7");
    assertThat(PATHS.goodbyeOf(PATHS.goodbye(7))).isEqualTo(7);
    assertThat(PATHS.goodbyeOf("/a/orders/workers/w-1-0000000007")).isEqualTo(-1);
    assertThat(PATHS.goodbyeOf("/a/orders/workers/goodbye-x")).isEqualTo(-1);
  }
}
