package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AppendOnlyAclTest {

  private static final String ENTRY = "/audit/0000000012-elected-w-1";

  private static final Id WORKER = new Id("digest", "worker:h4sh");
  private static final Id OPERATOR = new Id("digest", "operator:h4sh");
  private static final Id ARCHIVER = new Id("x509", "CN=archiver");
  private static final Id READER = new Id("ip", "10.0.0.0/8");
  private static final Id ADMIN = new Id("digest", "admin:h4sh");

  private static final AppendOnlyAcl SCHEME =
      AppendOnlyAcl.builder()
          .workers(WORKER)
          .operators(OPERATOR)
          .archivers(ARCHIVER)
          .readers(READER)
          .admin(ADMIN)
          .build();

  private static String letters(int permissions) {
    StringBuilder letters = new StringBuilder();
    letters.append((permissions & Perms.CREATE) != 0 ? "c" : "");
    letters.append((permissions & Perms.DELETE) != 0 ? "d" : "");
    letters.append((permissions & Perms.READ) != 0 ? "r" : "");
    letters.append((permissions & Perms.WRITE) != 0 ? "w" : "");
    letters.append((permissions & Perms.ADMIN) != 0 ? "a" : "");
    return letters.toString();
  }

  private static String granted(String path, Id id) {
    return SCHEME.getAclForPath(path).stream()
        .filter(acl -> acl.getId().equals(id))
        .map(acl -> letters(acl.getPerms()))
        .reduce("", String::concat);
  }

  @ParameterizedTest
  @CsvSource({
    "/orders/shards/7/audit, cr, r, drw",
    "/team/orders/coordinator/audit, cr, r, drw",
    "/orders/audit, cr, crw, drw",
    "/billing/nightly-close/audit, cr, crw, drw",
    "/orders/shards/7/audit/0000000012-elected-w-1, r, r, r",
    "/orders/audit/0000000012-drain-w-3, r, r, r",
    "/orders/shards/7, cdrw, cdrw, r",
    "/orders/shards/7/leader, cdrw, cdrw, r",
    "/orders/shards/7/latch/_c_-latch-, cdrw, cdrw, r",
    "/orders/shards/7/quarantine, r, r, cr",
    "/orders/shards/7/quarantine/0000000012-elected-w-1, r, r, r",
    "/orders/quarantine, r, r, cr",
    "/orders/quarantine/any-name, r, r, r",
    "/quarantine, cdrw, cdrw, r",
    "/quarantine/nightly-close, cdrw, cdrw, r",
    "/orders, cdrw, cdrw, r",
    "/, cdrw, cdrw, r",
    "/audit, cdrw, cdrw, r",
    "/audit/nightly-close, cdrw, cdrw, r",
  })
  void aPathTellsWhoMayDoWhat(String path, String worker, String operator, String archiver) {
    assertThat(granted(path, WORKER)).isEqualTo(worker);
    assertThat(granted(path, OPERATOR)).isEqualTo(operator);
    assertThat(granted(path, ARCHIVER)).isEqualTo(archiver);
    assertThat(granted(path, READER)).isEqualTo("r");
    assertThat(granted(path, ADMIN)).isEqualTo("ra");
  }

  private static final Id COORDINATOR = new Id("x509", "CN=coordinator");

  private static final AppendOnlyAcl STRICT =
      AppendOnlyAcl.builder()
          .workers(WORKER)
          .coordinators(COORDINATOR)
          .operators(OPERATOR)
          .archivers(ARCHIVER)
          .groups("/team/orders", "/payments")
          .build();

  private static String strictly(String path, Id id) {
    return STRICT.getAclForPath(path).stream()
        .filter(acl -> acl.getId().equals(id))
        .map(acl -> letters(acl.getPerms()))
        .reduce("", String::concat);
  }

  @ParameterizedTest
  @CsvSource({
    "/team/orders, cr, crw, cdrw",
    "/namespace/team/orders, cr, crw, cdrw",
    "/payments/audit, r, r, crw",
    "/payments/audit/0000000012-drain-w-3, r, r, r",
    "/team/orders/coordinator, r, cdrw, cdrw",
    "/team/orders/coordinator/leader, r, cdrw, cdrw",
    "/team/orders/coordinator/latch/_c_-latch-, r, cdrw, cdrw",
    "/team/orders/coordinator/audit, r, cr, r",
    "/team/orders/coordinator/audit/0000000001-elected-w-1, r, r, r",
    "/team/orders/plan, r, cdrw, cdrw",
    "/team/orders/plan/w-1, r, cdrw, cdrw",
    "/namespace/team/orders/plan/w-1, r, cdrw, cdrw",
    "/team/orders/directives, r, dr, cdrw",
    "/team/orders/directives/drain-w-1, r, r, rw",
    "/team/orders/workers, cdr, cdr, dr",
    "/team/orders/workers/w-1-0000000007, r, r, r",
    "/team/orders/refused/w-1, r, r, r",
    "/team/orders/shards, cr, cr, cdr",
    "/team/orders/shards/7, cdrw, cdrw, cdrw",
    "/team/orders/shards/7/leader, cdrw, cdrw, cdrw",
    "/team/orders/shards/7/audit, cr, cr, r",
    "/team/orders/shards/7/audit/0000000001-elected-w-1, r, r, r",
    "/team/orders/shards/7/quarantine, r, r, r",
    "/team/orders/shards/7/quarantine/any-name, r, r, r",
    "/team/orders/coordinator/quarantine, r, r, r",
    "/team/orders/quarantine/any-name, r, r, r",
    "/team/orders-2/plan/w-1, cdrw, cdrw, cdrw",
    "/orders/plan/w-1, cdrw, cdrw, cdrw",
    "/team, cdrw, cdrw, cdrw",
  })
  void inAGroupThatIsNamedRolesAreKeptApart(
      String path, String worker, String coordinator, String operator) {
    assertThat(strictly(path, WORKER)).isEqualTo(worker);
    assertThat(strictly(path, COORDINATOR)).isEqualTo(coordinator);
    assertThat(strictly(path, OPERATOR)).isEqualTo(operator);
  }

  @Test
  void whatAWorkerSaysOfItselfItsCreatorAloneMayWrite() {
    String registration = "/payments/workers/w-1-0000000007";
    assertThat(strictly(registration, Ids.AUTH_IDS)).isEqualTo("rw");
    assertThat(strictly("/payments/workers", Ids.AUTH_IDS)).isEmpty();
  }

  @Test
  void coordinatorsAndGroupsAreNamedTogether() {
    assertThatThrownBy(
            () -> AppendOnlyAcl.builder().workers(WORKER).coordinators(COORDINATOR).build())
        .hasMessageContaining("has coordinators and names no groups");
    assertThatThrownBy(() -> AppendOnlyAcl.builder().workers(WORKER).groups("/orders").build())
        .hasMessageContaining("names groups and no coordinators");
    assertThatThrownBy(() -> AppendOnlyAcl.builder().groups("orders"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                AppendOnlyAcl.builder()
                    .coordinators(COORDINATOR)
                    .groups("/orders")
                    .archivers(COORDINATOR)
                    .build())
        .hasMessageContaining("both archiver and coordinator");
  }

  @Test
  void nobodyHasAdminUnlessSomebodyIsNamed() {
    AppendOnlyAcl none = AppendOnlyAcl.builder().workers(WORKER).archivers(ARCHIVER).build();
    for (String path : List.of("/s", "/s/audit", "/s" + ENTRY)) {
      assertThat(none.getAclForPath(path))
          .noneMatch(acl -> (acl.getPerms() & Perms.ADMIN) != 0)
          .hasSize(2);
    }
  }

  @Test
  void whoMayBeTwoOfThemIsOneIdWithBothPermissions() {
    AppendOnlyAcl both = AppendOnlyAcl.builder().workers(WORKER).operators(WORKER).build();
    assertThat(both.getAclForPath("/orders/audit"))
        .containsExactly(new ACL(Perms.READ | Perms.CREATE | Perms.WRITE, WORKER));
  }

  @Test
  void nobodyCanBothWriteHistoryAndDeleteIt() {
    assertThatThrownBy(() -> AppendOnlyAcl.builder().build())
        .hasMessageContaining("has no workers");
    assertThatThrownBy(() -> AppendOnlyAcl.builder().workers(WORKER).archivers(WORKER).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("digest:worker is both archiver and worker")
        .hasMessageNotContaining("h4sh");
    assertThatThrownBy(
            () ->
                AppendOnlyAcl.builder()
                    .workers(WORKER)
                    .operators(OPERATOR)
                    .archivers(OPERATOR)
                    .build())
        .hasMessageContaining("both archiver and operator");
    assertThatThrownBy(() -> AppendOnlyAcl.builder().workers(WORKER).admin(WORKER).build())
        .hasMessageContaining("digest:worker is both admin and");
  }

  @Test
  void whoGetsAnAclCannotChangeTheScheme() {
    SCHEME.getAclForPath("/s/audit").get(0).setPerms(Perms.ALL);
    assertThat(granted("/s/audit", WORKER)).isEqualTo("cr");
  }

  @Test
  void theSchemeItselfIsNoRisk() {
    for (String path : List.of("/s", "/s/leader", "/s/audit", "/s" + ENTRY, "/")) {
      assertThat(AppendOnlyAcl.risks(path, SCHEME.getAclForPath(path))).as(path).isEmpty();
    }
  }

  @Test
  void zooKeepersDefaultIsOneSentence() {
    for (String path : List.of("/s", "/s/audit", "/s" + ENTRY)) {
      assertThat(AppendOnlyAcl.risks(path, Ids.OPEN_ACL_UNSAFE))
          .containsExactly(
              "world:anyone may do everything with " + path + ": it has no ACL of its own");
    }
  }

  private static List<String> risks(String path, int permissions, Id id) {
    return AppendOnlyAcl.risks(path, List.of(new ACL(permissions, id)));
  }

  @Test
  void whoCouldRewriteHistoryIsNamedWithoutADigest() {
    assertThat(risks("/s/audit", Perms.ALL & ~Perms.ADMIN, WORKER))
        .containsExactly(
            "digest:worker may add entries to /s/audit and delete them, and so rewrite history");
    assertThat(risks("/s/audit", Perms.READ | Perms.DELETE, Ids.ANYONE_ID_UNSAFE))
        .containsExactly("world:anyone may delete the entries of /s/audit");
    assertThat(risks("/s/audit", Perms.READ | Perms.DELETE, ARCHIVER)).isEmpty();
    assertThat(risks("/s/audit", Perms.WRITE, Ids.ANYONE_ID_UNSAFE))
        .containsExactly("world:anyone may change the data of /s/audit");
    assertThat(risks("/s/audit", Perms.CREATE | Perms.ADMIN, WORKER))
        .containsExactly(
            "digest:worker may change the ACL of /s/audit, and so give itself every permission");
    assertThat(risks("/s" + ENTRY, Perms.READ | Perms.WRITE, WORKER))
        .containsExactly("digest:worker may change the entry /s" + ENTRY);
    assertThat(risks("/s" + ENTRY, Perms.CREATE, WORKER))
        .containsExactly(
            "digest:worker may hang a znode below the entry /s"
                + ENTRY
                + ", which then cannot be deleted");
  }

  @Test
  void whatEverybodyMayDoIsSaidOnceAndCountsForEachOfThem() {
    List<ACL> acl =
        List.of(
            new ACL(Perms.READ | Perms.CREATE, Ids.ANYONE_ID_UNSAFE),
            new ACL(Perms.READ | Perms.DELETE, ARCHIVER),
            new ACL(Perms.READ, READER));
    assertThat(AppendOnlyAcl.risks("/s/audit", acl))
        .containsExactly(
            "x509:CN=archiver may add entries to /s/audit and delete them, and so rewrite history");
  }

  @Test
  void anOfficeThatAnybodyCanTakeIsARiskAndOneThatTheNamedCanTakeIsNone() {
    assertThat(risks("/s", Perms.ALL & ~Perms.ADMIN, Ids.ANYONE_ID_UNSAFE))
        .containsExactly(
            "world:anyone may write, create, delete on /s, and so take or end an office");
    assertThat(risks("/s", Perms.READ, Ids.ANYONE_ID_UNSAFE)).isEmpty();
    assertThat(risks("/s", Perms.ALL & ~Perms.ADMIN, WORKER)).isEmpty();
    assertThat(risks("/s", Perms.ALL, WORKER))
        .containsExactly(
            "digest:worker may change the ACL of /s, and so give itself every permission");
  }
}
