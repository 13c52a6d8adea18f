package io.tenure.cli.doctor;

import io.tenure.audit.AppendOnlyAcl;
import io.tenure.internal.session.ZnodeReader.Read;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;

/**
 * Who may rewrite history, or take or end an office.
 *
 * <p>That each client may do everything is ZooKeeper's own default, and one note: it is a decision
 * and no mishap. It is risky where it is an exception.
 */
final class AclCheck implements Check {

  private static final int MAX_TRAILS = 1_000;
  private static final int MAX_SHARDS_OF_EACH = 20;

  /** How well a znode is guarded. */
  private enum Guard {
    /** It has the ACL that everything has by default. */
    OPEN,
    /** A client may do more than a scheme for history that stays would allow. */
    LEAKY,
    TIGHT
  }

  @Override
  public String name() {
    return "acl";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    List<String> trails = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (GroupFacts group : context.groups()) {
      others.add(group.path());
      for (String name : List.of("workers", "plan", "directives", "shards", "coordinator")) {
        others.add(group.path() + "/" + name);
      }
      trails.add(group.path() + "/audit");
      group.shards().values().stream()
          .limit(MAX_SHARDS_OF_EACH)
          .forEach(shard -> others.add(shard.path()));
    }
    for (ScopeFacts scope : context.scopes()) {
      if (trails.size() < MAX_TRAILS) {
        trails.add(scope.scope().auditPath());
      }
      if (scope.group().isEmpty() && others.size() < MAX_TRAILS) {
        others.add(scope.path());
      }
    }
    Judged judgedTrails = judge(context, trails);
    Judged judgedOthers = judge(context, others);
    denied(judgedTrails, judgedOthers, findings);
    trails(judgedTrails, findings);
    others(judgedTrails, judgedOthers, findings);
    if (judgedTrails.of(Guard.TIGHT).size() > 0 && findings.isEmpty()) {
      findings.ok(
          "/",
          Words.count(judgedTrails.of(Guard.TIGHT).size(), "audit trail")
              + " can be added to and not rewritten");
    }
  }

  /** The findings of some znodes. */
  private record Judged(
      Map<Guard, List<String>> paths, Map<String, List<String>> risks, List<String> denied) {
    List<String> of(Guard guard) {
      return paths.getOrDefault(guard, List.of());
    }

    List<String> some(Guard guard) {
      return of(guard).stream()
          .flatMap(path -> risks.getOrDefault(path, List.of()).stream())
          .toList();
    }
  }

  private static Judged judge(Context context, List<String> paths) throws InterruptedException {
    Judged judged = new Judged(new LinkedHashMap<>(), new LinkedHashMap<>(), new ArrayList<>());
    for (Read<List<ACL>> read : new Stats(context.client()).acls(paths)) {
      if (read.denied()) {
        judged.denied().add(read.path());
      }
      read.found()
          .ifPresent(
              acls -> {
                List<String> risks = AppendOnlyAcl.risks(read.path(), acls);
                judged.risks().put(read.path(), risks);
                Guard guard =
                    isOpen(acls) ? Guard.OPEN : risks.isEmpty() ? Guard.TIGHT : Guard.LEAKY;
                judged.paths().computeIfAbsent(guard, any -> new ArrayList<>()).add(read.path());
              });
    }
    return judged;
  }

  private static boolean isOpen(List<ACL> acls) {
    return acls.stream()
        .anyMatch(acl -> acl.getId().equals(Ids.ANYONE_ID_UNSAFE) && acl.getPerms() == Perms.ALL);
  }

  private static void denied(Judged trails, Judged others, Findings findings) {
    List<String> denied = new ArrayList<>(trails.denied());
    denied.addAll(others.denied());
    if (!denied.isEmpty()) {
      findings.unchecked(
          denied.get(0),
          "this client may not read the ACL of " + Words.some(denied),
          "give --auth of an id that may");
    }
  }

  private static void trails(Judged trails, Findings findings) {
    List<String> open = trails.of(Guard.OPEN);
    List<String> leaky = trails.of(Guard.LEAKY);
    boolean scheme = !trails.of(Guard.TIGHT).isEmpty();
    boolean mixed = scheme || !leaky.isEmpty();
    if (!open.isEmpty()) {
      findings.add(
          mixed ? Level.RISKY : Level.NOTE,
          open.get(0),
          "each client that reaches the servers may rewrite "
              + Words.count(open.size(), "audit trail")
              + (mixed
                  ? " (" + Words.some(open) + "), while others are protected"
                  : ", and end offices: ZooKeeper's default ACL"),
          mixed
              ? "setAcl on them as on the others; a client that made them has no aclProvider"
              : "where that matters give the services' clients an aclProvider (AppendOnlyAcl), and"
                  + " setAcl on what is there");
    }
    if (!leaky.isEmpty()) {
      boolean world = trails.some(Guard.LEAKY).stream().anyMatch(risk -> risk.startsWith("world:"));
      findings.add(
          scheme || world ? Level.RISKY : Level.NOTE,
          leaky.get(0),
          Words.count(leaky.size(), "audit trail")
              + " can be rewritten: "
              + Words.some(trails.some(Guard.LEAKY)),
          "let those who lead create there, and not delete (AppendOnlyAcl); an archiver deletes");
    }
  }

  private static void others(Judged trails, Judged others, Findings findings) {
    List<String> leaky = others.of(Guard.LEAKY);
    List<String> open = others.of(Guard.OPEN);
    if (!leaky.isEmpty()) {
      findings.risky(
          leaky.get(0),
          Words.count(leaky.size(), "znode")
              + " let too much: "
              + Words.some(others.some(Guard.LEAKY)),
          "setAcl: let the services' own credentials write, and all others read at most");
    }
    if (!open.isEmpty() && trails.of(Guard.OPEN).isEmpty() && !trails.paths().isEmpty()) {
      findings.risky(
          open.get(0),
          "each client that reaches the servers may change "
              + Words.count(open.size(), "znode")
              + " ("
              + Words.some(open)
              + "), and so take or end offices, while audit trails are protected",
          "setAcl on them as on the others");
    }
  }
}
