package io.tenure.sharding;

import io.tenure.audit.AuditTrail;
import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ZnodeJson;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.Bounds;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.scope.Tenure;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;

/**
 * Puts a group's status together: what the coordinator goes by, the leader node of each shard, and
 * the record of each shard without a leader. Reads of one kind are under way together. Confined to
 * one reading on one thread.
 */
final class GroupStatusReading {

  private final GroupReads reads;
  private final GroupPaths paths;
  private final List<AuditTrail.Unreadable> unreadable = new ArrayList<>();
  private final Map<String, ShardLeader> leaders = new HashMap<>();
  private final Map<String, ScopeRecord> vacant = new HashMap<>();

  GroupStatusReading(GroupReads reads) {
    this.reads = reads;
    this.paths = reads.paths;
  }

  GroupStatus read() throws InterruptedException {
    reads.sync();
    Optional<GroupSettings> settings = settings();
    GroupPicture picture = reads.picture();
    unreadable.addAll(picture.unreadable());
    List<String> names =
        settings.map(known -> known.shards().names()).orElseGet(() -> planned(picture));
    readLeaders(names);
    readRecords(names.stream().filter(shard -> !leaders.containsKey(shard)).toList());
    Optional<Tenure> coordinator = coordinator();
    Directives directives =
        Directives.parse(
            picture.directives().stream()
                .filter(GroupFacts.Standing::counts)
                .map(GroupFacts.Standing::written)
                .toList());
    directives
        .unclear()
        .forEach((path, problem) -> unreadable.add(new AuditTrail.Unreadable(path, problem)));
    return new GroupStatus(
        settings,
        picture.summary().version(),
        picture.summary().reason(),
        picture.summary().unplaced(),
        picture.summary().unplacedReason(),
        coordinator,
        workers(picture, directives),
        shards(names, picture, directives),
        picture.directives().stream().map(one -> name(one.path())).toList(),
        refused(),
        unreadable);
  }

  /** Damaged settings hide neither leaders nor workers, which go on. */
  private Optional<GroupSettings> settings() throws InterruptedException {
    try {
      return Optional.of(reads.settings());
    } catch (ForeignDataException e) {
      problem(paths.group(), e);
      return Optional.empty();
    }
  }

  /** The shards that the plan names, which the coordinator keeps by the settings that it knows. */
  private static List<String> planned(GroupPicture picture) {
    Set<String> names = new HashSet<>(picture.summary().unplaced());
    for (PlanNode plan : picture.plan()) {
      names.addAll(plan.leads());
      names.addAll(plan.takesOver());
    }
    // Numbers in their order.
    return names.stream()
        .sorted(Comparator.comparingInt(String::length).thenComparing(name -> name))
        .toList();
  }

  private List<GroupStatus.Refused> refused() throws InterruptedException {
    List<GroupStatus.Refused> refused = new ArrayList<>();
    for (Znode node : reads.childNodes(paths.refused())) {
      try {
        ZnodeJson note = ZnodeJson.parse(node.path(), node.data());
        refused.add(
            new GroupStatus.Refused(
                note.text("worker", Bounds.ID_BYTES),
                note.text("host", Bounds.HOST_BYTES),
                note.number("pid", 0),
                note.text("why", Bounds.EXPLANATION_CHARS)));
      } catch (TenureException e) {
        problem(node.path(), e);
      }
    }
    return refused;
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private void readLeaders(List<String> names) throws InterruptedException {
    List<Scope> scopes = names.stream().map(paths::shard).toList();
    List<ZnodeReader.Read<Znode>> found =
        reads.znodes.readEach(scopes.stream().map(Scope::leaderPath).toList());
    List<String> unclear = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (isDenied(found.get(i)) || found.get(i).found().isEmpty()) {
        continue;
      }
      Znode node = found.get(i).found().get();
      try {
        Tenure tenure = LeaderNode.parse(node.path(), node.data()).tenure(scopes.get(i));
        leaders.put(names.get(i), ShardLeader.of(names.get(i), tenure));
      } catch (TenureException e) {
        unclear.add(names.get(i)); // An operator's word, most likely: the record tells.
      }
    }
    for (String shard : unclear) {
      recorded(paths.shard(shard))
          .ifPresentOrElse(
              tenure -> leaders.put(shard, ShardLeader.of(shard, tenure)),
              () ->
                  unreadable.add(
                      new AuditTrail.Unreadable(
                          paths.shard(shard).leaderPath(), "says nothing that can be read")));
    }
  }

  private void readRecords(List<String> names) throws InterruptedException {
    List<ZnodeReader.Read<Znode>> found =
        reads.znodes.readEach(names.stream().map(name -> paths.shard(name).path()).toList());
    for (int i = 0; i < names.size(); i++) {
      if (isDenied(found.get(i)) || found.get(i).found().isEmpty()) {
        continue;
      }
      Znode node = found.get(i).found().get();
      try {
        if (node.data().length > 0) {
          vacant.put(names.get(i), ScopeRecord.parse(node.path(), node.data()));
        }
      } catch (TenureException e) {
        problem(node.path(), e);
      }
    }
  }

  /** The tenure in office in a scope whose leader node does not say. */
  private Optional<Tenure> recorded(Scope scope) throws InterruptedException {
    try {
      return reads
          .node(scope.path())
          .filter(node -> node.data().length > 0)
          .flatMap(node -> ScopeRecord.parse(node.path(), node.data()).tenure(scope));
    } catch (TenureException e) {
      problem(scope.path(), e);
      return Optional.empty();
    }
  }

  private Optional<Tenure> coordinator() throws InterruptedException {
    Scope scope = paths.coordinator();
    try {
      Optional<Znode> node = reads.node(scope.leaderPath());
      if (node.isEmpty()) {
        return Optional.empty();
      }
      return LeaderNode.revocation(node.get().data()).isPresent()
          ? recorded(scope)
          : Optional.of(LeaderNode.parse(node.get().path(), node.get().data()).tenure(scope));
    } catch (TenureException e) {
      problem(scope.leaderPath(), e);
      return Optional.empty();
    }
  }

  private boolean isDenied(ZnodeReader.Read<Znode> read) {
    if (read.denied()) {
      unreadable.add(new AuditTrail.Unreadable(read.path(), ZnodeReader.deniedText(read.path())));
    }
    return read.denied();
  }

  private void problem(String path, TenureException cause) {
    unreadable.add(new AuditTrail.Unreadable(path, String.valueOf(cause.getMessage())));
  }

  private List<GroupStatus.Worker> workers(GroupPicture picture, Directives directives) {
    Map<String, Integer> leads = new HashMap<>();
    leaders.values().forEach(leader -> leads.merge(leader.workerId(), 1, Integer::sum));
    Map<String, PlanNode> plans = new HashMap<>();
    picture.plan().forEach(plan -> plans.put(plan.workerId(), plan));
    List<GroupStatus.Worker> workers = new ArrayList<>();
    picture
        .present()
        .forEach(
            (id, worker) -> {
              Optional<PlanNode> plan = Optional.ofNullable(plans.get(id));
              Double capacity = directives.capacities().get(id);
              workers.add(
                  new GroupStatus.Worker(
                      WorkerInfo.of(worker.node(), worker.incarnation()),
                      Optional.ofNullable(directives.drains().get(id)),
                      capacity == null ? OptionalDouble.empty() : OptionalDouble.of(capacity),
                      leads.getOrDefault(id, 0),
                      plan.map(of -> of.leads().size()).orElse(0),
                      plan.map(of -> of.takesOver().size()).orElse(0),
                      plan.filter(of -> !of.standsBy().isEmpty())
                          .map(of -> of.standsBy().get(0).size())
                          .orElse(0),
                      Optional.ofNullable(picture.summary().damped().get(id))));
            });
    return workers;
  }

  private List<GroupStatus.Shard> shards(
      List<String> names, GroupPicture picture, Directives directives) {
    Map<String, String> planned = new HashMap<>();
    Map<String, String> movesTo = new HashMap<>();
    Map<String, TreeMap<Integer, String>> standbys = new HashMap<>();
    for (PlanNode plan : picture.plan()) {
      plan.leads().forEach(shard -> planned.put(shard, plan.workerId()));
      plan.takesOver().forEach(shard -> movesTo.put(shard, plan.workerId()));
      for (int rank = 0; rank < plan.standsBy().size(); rank++) {
        for (String shard : plan.standsBy().get(rank)) {
          standbys.computeIfAbsent(shard, any -> new TreeMap<>()).put(rank, plan.workerId());
        }
      }
    }
    return names.stream()
        .map(
            shard -> {
              Optional<ScopeRecord> record = Optional.ofNullable(vacant.get(shard));
              Optional<Transition.End> end = record.flatMap(ScopeRecord::end);
              return new GroupStatus.Shard(
                  shard,
                  Optional.ofNullable(leaders.get(shard)),
                  end,
                  record.map(ScopeRecord::epoch).orElse(0L),
                  Optional.ofNullable(planned.get(shard)),
                  Optional.ofNullable(movesTo.get(shard)),
                  List.copyOf(standbys.getOrDefault(shard, new TreeMap<>()).values()),
                  Optional.ofNullable(directives.pins().get(shard)));
            })
        .toList();
  }
}
