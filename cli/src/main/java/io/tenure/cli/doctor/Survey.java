package io.tenure.cli.doctor;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.ZnodeJson;
import io.tenure.internal.ZnodeName;
import io.tenure.internal.session.PacketLimit;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import io.tenure.sharding.GroupSettings;
import io.tenure.sharding.ShardGroup;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.zookeeper.data.Stat;

/**
 * What stands in ZooKeeper, read once for all checks: behind everything that the quorum has
 * applied, many znodes at a time, and nothing that is longer than an answer may be, which would
 * cost the connection. Immutable.
 *
 * @param groups all that were asked for
 * @param scopes all that were asked for, and those of the groups
 * @param leftOut how many scopes of groups were not read, because there are too many
 */
record Survey(List<GroupFacts> groups, List<ScopeFacts> scopes, int leftOut) {

  /** More are not looked at one by one. */
  static final int MAX_SCOPES = 20_000;

  static Survey read(Examination examination, ZnodeReader znodes) throws InterruptedException {
    return new Reading(examination, znodes).survey();
  }

  /** One reading. Confined to its thread. */
  private static final class Reading {
    private final Examination examination;
    private final ZnodeReader znodes;
    private final Stats stats;
    private final long limit;
    private final Map<Scope, ScopeFacts> read = new HashMap<>();
    private int leftOut;

    Reading(Examination examination, ZnodeReader znodes) {
      this.examination = examination;
      this.znodes = znodes;
      this.stats = new Stats(examination.client());
      this.limit = PacketLimit.of(examination.client());
    }

    Survey survey() throws InterruptedException {
      if (examination.groups().isEmpty() && examination.scopes().isEmpty()) {
        return new Survey(List.of(), List.of(), 0);
      }
      znodes.sync(
          examination.groups().isEmpty()
              ? examination.scopes().get(0).path()
              : examination.groups().get(0));
      List<GroupFacts> groups = new ArrayList<>();
      for (String path : examination.groups()) {
        groups.add(group(path));
      }
      readScopes(examination.scopes(), Optional.empty());
      List<ScopeFacts> scopes = new ArrayList<>(read.values());
      scopes.sort(Comparator.comparing(ScopeFacts::scope));
      return new Survey(List.copyOf(groups), List.copyOf(scopes), leftOut);
    }

    private GroupFacts group(String path) throws InterruptedException {
      Map<String, GroupFacts.Listed> lists = new LinkedHashMap<>();
      for (String name : List.of("workers", "plan", "directives", "shards")) {
        lists.put(name, list(path + "/" + name));
      }
      Optional<GroupSettings> settings = Optional.empty();
      String problem = "";
      try {
        settings = Optional.of(ShardGroup.of(examination.client(), path).settings());
      } catch (TenureException e) {
        if (Doctor.isDisconnected(e)) {
          throw e;
        }
        problem = String.valueOf(e.getMessage());
      }
      List<GroupFacts.Worker> workers = new ArrayList<>();
      for (Read<Znode> node : nodes(path + "/workers", lists)) {
        // One that is gone since the list was read is no longer a worker.
        if (node.denied() || node.found().isPresent()) {
          workers.add(worker(node));
        }
      }
      List<Read<Znode>> plan = nodes(path + "/plan", lists);
      List<Read<Znode>> directives = nodes(path + "/directives", lists);
      Read<Znode> summary = znodes.readEach(List.of(path + "/plan")).get(0);
      // After the workers, so that who has registered and was elected since is not taken for
      // nobody's.
      Scope coordinator = new Scope(path + "/coordinator");
      List<Scope> scopes = new ArrayList<>(List.of(coordinator));
      for (String name : listed(lists, "shards")) {
        shardScope(path, name).ifPresent(scopes::add);
      }
      int room = Math.max(1, MAX_SCOPES - read.size());
      leftOut += Math.max(0, scopes.size() - room);
      readScopes(scopes.subList(0, Math.min(room, scopes.size())), Optional.of(path));
      Map<String, ScopeFacts> shards = new TreeMap<>();
      for (Scope scope : scopes.subList(1, scopes.size())) {
        Optional.ofNullable(read.get(scope))
            .ifPresent(facts -> shards.put(Words.last(scope.path()), facts));
      }
      return new GroupFacts(
          path,
          settings,
          problem,
          workers,
          refused(path + "/refused"),
          plan,
          summary,
          directives,
          lists,
          java.util.Objects.requireNonNull(read.get(coordinator)),
          shards);
    }

    private List<Znode> refused(String path) throws InterruptedException {
      List<String> notes =
          znodes.childrenOfEach(List.of(path)).get(0).found().orElse(List.of()).stream()
              .map(name -> path + "/" + name)
              .toList();
      return znodes.read(notes);
    }

    private static Optional<Scope> shardScope(String group, String name) {
      try {
        return Optional.of(new Scope(group + "/shards/" + name));
      } catch (IllegalArgumentException e) {
        return Optional.empty(); // A hand put it there; it can be no shard's name.
      }
    }

    private static List<String> listed(Map<String, GroupFacts.Listed> lists, String name) {
      return Optional.ofNullable(lists.get(name)).map(GroupFacts.Listed::names).orElse(List.of());
    }

    private GroupFacts.Listed list(String path) throws InterruptedException {
      Optional<Stat> stat = stats.each(List.of(path)).get(0).found();
      int children = stat.map(Stat::getNumChildren).orElse(0);
      if (ListBytes.leastListBytes(children) > limit) {
        return new GroupFacts.Listed(stat, List.of(), ListBytes.likelyListBytes(children), false);
      }
      ZnodeReader.Listed list = znodes.listEach(List.of(path)).get(0);
      if (list.tooLong().isPresent()) {
        return new GroupFacts.Listed(stat, List.of(), ListBytes.likelyListBytes(children), false);
      }
      List<String> names = list.found().map(ZnodeReader.Listing::names).orElse(List.of());
      return new GroupFacts.Listed(stat, names, ListBytes.listBytes(names), true);
    }

    private List<Read<Znode>> nodes(String parent, Map<String, GroupFacts.Listed> lists)
        throws InterruptedException {
      List<String> names = listed(lists, Words.last(parent));
      return znodes.readEach(names.stream().map(name -> parent + "/" + name).toList());
    }

    private static GroupFacts.Worker worker(Read<Znode> node) {
      String name = Words.last(node.path());
      int dash = name.lastIndexOf('-');
      String encoded = dash < 0 ? name : name.substring(0, dash);
      String id = ZnodeName.decode(encoded).orElse(encoded);
      long incarnation = -1;
      try {
        incarnation = dash < 0 ? -1 : Long.parseLong(name.substring(dash + 1));
      } catch (NumberFormatException e) {
        // A worker did not make it; its data will not be a worker's either.
      }
      long session = node.found().map(znode -> znode.stat().getEphemeralOwner()).orElse(0L);
      if (node.denied()) {
        return new GroupFacts.Worker(node, id, incarnation, session, Optional.empty(), "");
      }
      try {
        byte[] data = node.found().map(Znode::data).orElse(new byte[0]);
        String host = ZnodeJson.parse(node.path(), data).candidate().host();
        return new GroupFacts.Worker(node, id, incarnation, session, Optional.of(host), "");
      } catch (TenureException e) {
        return new GroupFacts.Worker(
            node, id, incarnation, session, Optional.empty(), String.valueOf(e.getMessage()));
      }
    }

    private void readScopes(List<Scope> scopes, Optional<String> group)
        throws InterruptedException {
      List<Read<Stat>> audits = stats.each(scopes.stream().map(Scope::auditPath).toList());
      List<Read<Stat>> latches = stats.each(scopes.stream().map(Scope::latchPath).toList());
      List<Read<Stat>> checkpoints =
          stats.each(scopes.stream().map(Scope::checkpointPath).toList());
      List<String> lists = new ArrayList<>();
      for (Read<Stat> audit : audits) {
        int children = audit.found().map(Stat::getNumChildren).orElse(0);
        if (ListBytes.leastListBytes(children) <= limit) {
          lists.add(audit.path());
        }
      }
      Map<String, ZnodeReader.Listed> entries = new HashMap<>();
      znodes.listEach(lists).forEach(list -> entries.put(list.path(), list));
      // The leader nodes first: a record that is read later tells of them, or of later ones.
      var leaders = znodes.readEach(scopes.stream().map(Scope::leaderPath).toList());
      var records = znodes.readEach(scopes.stream().map(Scope::path).toList());
      for (int i = 0; i < scopes.size(); i++) {
        Scope scope = scopes.get(i);
        Optional<List<String>> names =
            Optional.ofNullable(entries.get(scope.auditPath()))
                .flatMap(ZnodeReader.Listed::found)
                .map(ZnodeReader.Listing::names);
        read.put(
            scope,
            new ScopeFacts(
                scope,
                group,
                records.get(i),
                leaders.get(i),
                audits.get(i),
                names.orElse(List.of()).stream()
                    .filter(name -> AuditFormat.index(name).isPresent())
                    .toList(),
                names.isPresent() || audits.get(i).found().isEmpty(),
                latches.get(i),
                checkpoints.get(i)));
      }
    }
  }
}
