package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.Test;

/** The tables of the page on security say what the code does. */
class SecurityPageTest {

  private static final Path PAGE = Path.of("../SECURITY.md");

  private static final Map<String, Id> ROLES = new LinkedHashMap<>();

  static {
    for (String role :
        List.of("worker", "coordinator", "operator", "archiver", "reader", "admin")) {
      ROLES.put(role, new Id("sasl", role));
    }
  }

  private static Id id(String role) {
    return ROLES.getOrDefault(role, Ids.AUTH_IDS);
  }

  private static final AppendOnlyAcl SCHEME =
      AppendOnlyAcl.builder()
          .workers(id("worker"))
          .coordinators(id("coordinator"))
          .operators(id("operator"))
          .archivers(id("archiver"))
          .readers(id("reader"))
          .admin(id("admin"))
          .groups("/named")
          .build();

  private static String letters(List<ACL> acls, Id id) {
    int permissions =
        acls.stream()
            .filter(acl -> acl.getId().equals(id))
            .mapToInt(ACL::getPerms)
            .reduce(0, (a, b) -> a | b);
    Map<String, Integer> all = new LinkedHashMap<>();
    all.put("c", Perms.CREATE);
    all.put("d", Perms.DELETE);
    all.put("r", Perms.READ);
    all.put("w", Perms.WRITE);
    all.put("a", Perms.ADMIN);
    return all.entrySet().stream()
        .filter(one -> (permissions & one.getValue()) != 0)
        .map(Map.Entry::getKey)
        .collect(Collectors.joining());
  }

  private static String table(Map<String, String> paths) {
    StringBuilder table = new StringBuilder("| znode |");
    ROLES.keySet().forEach(role -> table.append(' ').append(role).append(" |"));
    table.append("\n| --- |").append(" --- |".repeat(ROLES.size())).append('\n');
    paths.forEach(
        (znode, path) -> {
          List<ACL> acls = SCHEME.getAclForPath(path);
          table.append("| ").append(znode).append(" |");
          ROLES.values().forEach(id -> table.append(" ").append(letters(acls, id)).append(" |"));
          table.append('\n');
        });
    return table.toString();
  }

  private static void assertOnPage(String name, Map<String, String> paths) throws Exception {
    String expected = "<!-- " + name + ":begin -->\n" + table(paths) + "<!-- " + name + ":end -->";
    assertThat(Files.readString(PAGE).contains(expected))
        .as("%s has to say:\n%s", PAGE, expected)
        .isTrue();
  }

  @Test
  void thePageSaysWhoCanDoWhatEverywhere() throws Exception {
    Map<String, String> paths = new LinkedHashMap<>();
    paths.put("`SCOPE/audit` in a group", "/orders/shards/7/audit");
    paths.put("`SCOPE/audit` in no group, `GROUP/audit`", "/billing/close/audit");
    paths.put("an entry of any trail", "/orders/shards/7/audit/0000000001-elected-w-1");
    paths.put("`SCOPE/quarantine`", "/orders/shards/7/quarantine");
    paths.put("what is in quarantine", "/orders/shards/7/quarantine/0000000001-elected-w-1");
    paths.put("everything else", "/orders/shards/7");
    assertOnPage("everywhere", paths);
  }

  @Test
  void thePageSaysWhoCanDoWhatInAGroupThatIsNamed() throws Exception {
    Map<String, String> paths = new LinkedHashMap<>();
    paths.put("`GROUP`: its settings", "/named");
    paths.put("`GROUP/audit`", "/named/audit");
    paths.put("`GROUP/coordinator` and below", "/named/coordinator/leader");
    paths.put("`GROUP/coordinator/audit`", "/named/coordinator/audit");
    paths.put("`GROUP/plan` and below", "/named/plan/w-1");
    paths.put("`GROUP/directives`", "/named/directives");
    paths.put("a directive", "/named/directives/drain-w-1");
    paths.put("`GROUP/workers`, `GROUP/refused`", "/named/workers");
    paths.put("a registration: its creator, who has `rw`, and", "/named/workers/w-1-0000000001");
    paths.put("`GROUP/shards`", "/named/shards");
    paths.put("`GROUP/shards/SHARD` and below", "/named/shards/7/leader");
    paths.put("`GROUP/shards/SHARD/audit`", "/named/shards/7/audit");
    paths.put("an entry of any trail", "/named/audit/0000000001-drain-w-1");
    paths.put("`quarantine`, of the group or a scope", "/named/shards/7/quarantine");
    paths.put("what is in quarantine", "/named/quarantine/0000000001-drain-w-1");
    assertOnPage("groups", paths);
    assertThat(letters(SCHEME.getAclForPath("/named/workers/w-1-0000000001"), Ids.AUTH_IDS))
        .isEqualTo("rw");
  }

  @Test
  void eachPlaceThatIsToldApartIsInATable() {
    List<String> paths =
        List.of(
            "/orders/shards/7/audit",
            "/billing/close/audit",
            "/named/audit/0000000001-drain-w-1",
            "/named/quarantine",
            "/orders/shards/7",
            "/named",
            "/named/audit",
            "/named/coordinator",
            "/named/coordinator/audit",
            "/named/plan",
            "/named/directives",
            "/named/directives/drain-w-1",
            "/named/workers",
            "/named/workers/w-1-0000000001",
            "/named/shards");
    assertThat(paths.stream().map(path -> AclPlace.of(path, List.of("/named"))))
        .containsExactlyInAnyOrder(AclPlace.values());
  }
}
