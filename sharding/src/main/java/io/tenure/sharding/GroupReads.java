package io.tenure.sharding;

import io.tenure.audit.AuditTrail;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ZnodeName;
import io.tenure.internal.session.EphemeralBytes;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;

/**
 * Reads a group's znodes for operators: behind everything that the quorum has applied, many at a
 * time. To read twice is harmless, and Curator does so if a connection is lost.
 *
 * <p>Blocks; thread-safe, without state of its own.
 */
final class GroupReads {

  final GroupPaths paths;
  private final CuratorFramework client;
  final ZnodeReader znodes;

  GroupReads(CuratorFramework client, GroupPaths paths) {
    this.paths = paths;
    this.client = client;
    this.znodes = new ZnodeReader(client);
  }

  /** What is read next is as new as what the quorum has applied. */
  void sync() throws InterruptedException {
    znodes.sync(paths.group());
  }

  /** The znode of the group. */
  Znode group() throws InterruptedException {
    Optional<Znode> found = node(paths.group());
    if (found.filter(node -> node.data().length > 0).isPresent()) {
      return found.get();
    } else if (found.isPresent() && isPlanned()) {
      throw unreadable(
          new ForeignDataException(paths.group() + " is empty: its data was emptied by hand"));
    }
    throw new CoordinationException(
        "there is no group at "
            + paths.group()
            + ": its first worker makes it; check the path and the client's namespace"
            + (found.isPresent()
                ? ". The znode is there without data: if it was a group, its settings"
                    + " were emptied by hand, and belong there again"
                : ""),
        new KeeperException.NoNodeException(paths.group()));
  }

  /** A group that has a plan had settings. */
  private boolean isPlanned() throws InterruptedException {
    return node(paths.plans()).filter(plan -> plan.data().length > 0).isPresent();
  }

  GroupSettings settings() throws InterruptedException {
    return settings(group().data());
  }

  /** What of the settings belongs to the group, since it was changed while the group ran. */
  ChangedSettings changedSettings() throws InterruptedException {
    byte[] data = group().data();
    return understood(() -> ChangedSettings.parse(paths.group(), data));
  }

  GroupSettings settings(byte[] data) {
    return understood(() -> GroupSettings.parse(paths.group(), data));
  }

  private <T> T understood(Supplier<T> parsing) {
    try {
      return parsing.get();
    } catch (ForeignDataException e) {
      throw unreadable(e);
    }
  }

  /** With the way out: an operator who meets damaged settings can mend them. */
  private ForeignDataException unreadable(ForeignDataException cause) {
    return new ForeignDataException(
        "the settings of group "
            + paths.group()
            + " cannot be read: "
            + cause.getMessage()
            + ". Its coordinator and its workers go on with those that they know, and no worker"
            + " can join. Unless a newer version wrote them, write them again: the coordinator's"
            + " log has them, with zkCli's command, in the line \"its settings cannot be read\"",
        cause);
  }

  Optional<Znode> node(String path) throws InterruptedException {
    return znodes.read(List.of(path)).stream().findFirst();
  }

  /** The children of a znode, sorted; none if it is not there. */
  List<String> children(String path) throws InterruptedException {
    ZnodeReader.Read<List<String>> read = znodes.childrenOfEach(List.of(path)).get(0);
    if (read.denied()) {
      throw ZnodeReader.denied(path);
    }
    return read.found().orElse(List.of());
  }

  /** The children of a znode with what they say, sorted by name. */
  List<Znode> childNodes(String path) throws InterruptedException {
    return znodes.read(children(path).stream().map(name -> path + "/" + name).toList());
  }

  /** What has to be known to say what a change comes down to. */
  GroupFacts facts(GroupChange change) throws InterruptedException {
    return facts(change, workerIds(), directives());
  }

  /** The same, where the rest was read already. */
  GroupFacts facts(GroupChange change, GroupPicture picture) throws InterruptedException {
    return facts(change, picture.registered(), picture.directives());
  }

  private GroupFacts facts(
      GroupChange change, List<String> workers, List<GroupFacts.Standing> directives)
      throws InterruptedException {
    Znode group = group();
    GroupSettings settings = settings(group.data());
    Optional<GroupFacts.Office> office = Optional.empty();
    if (change instanceof GroupChange.Revoke revoke && settings.shards().contains(revoke.shard())) {
      office = office(paths.shard(revoke.shard()));
    }
    return new GroupFacts(
        paths,
        settings,
        group.data(),
        group.stat().getVersion(),
        workers,
        directives,
        office,
        EphemeralBytes.rootBytes(client));
  }

  /** What the coordinator goes by. What cannot be read or understood hides nothing else. */
  GroupPicture picture() throws InterruptedException {
    return new Reading().picture();
  }

  /** One reading of many znodes. Confined to its thread. */
  private final class Reading {
    private final List<String> registered = new ArrayList<>();
    private final List<CoordinatorMachine.Worker> workers = new ArrayList<>();
    private final List<PlanNode> plan = new ArrayList<>();
    private final List<GroupFacts.Standing> directives = new ArrayList<>();
    private final List<AuditTrail.Unreadable> unreadable = new ArrayList<>();
    private PlanSummary summary = PlanSummary.none();

    GroupPicture picture() throws InterruptedException {
      List<String> all = new ArrayList<>();
      all.add(paths.plans());
      for (ZnodeReader.Read<List<String>> read :
          znodes.childrenOfEach(List.of(paths.workers(), paths.plans(), paths.directives()))) {
        denied(read);
        read.found().orElse(List.of()).forEach(name -> all.add(read.path() + "/" + name));
      }
      for (ZnodeReader.Read<Znode> read : znodes.readEach(all)) {
        denied(read);
        read.found().ifPresent(this::take); // Else it went meanwhile.
      }
      return new GroupPicture(registered, workers, plan, summary, directives, unreadable);
    }

    private void denied(ZnodeReader.Read<?> read) {
      if (read.denied()) {
        String why = ZnodeReader.deniedText(read.path());
        unreadable.add(new AuditTrail.Unreadable(read.path(), why));
        if (read.path().startsWith(paths.directives() + "/")) {
          directives.add(GroupFacts.Standing.denied(read.path()));
        }
      }
    }

    private void take(Znode node) {
      String path = node.path();
      byte[] data = node.data();
      try {
        if (path.startsWith(paths.directives() + "/")) {
          directives.add(new GroupFacts.Standing(path, data, node.stat().getVersion()));
        } else if (path.startsWith(paths.workers() + "/")) {
          workerId(path.substring(paths.workers().length() + 1)).ifPresent(registered::add);
          if (node.stat().getEphemeralOwner() == 0) {
            throw new ForeignDataException(GroupPaths.persistentRegistration(path));
          }
          workers.add(
              new CoordinatorMachine.Worker(
                  WorkerNode.parse(paths, path, data), GroupPaths.incarnation(path)));
        } else if (path.startsWith(paths.plans() + "/")) {
          plan.add(PlanNode.parse(paths, path, data));
        } else if (data.length > 0) {
          summary = PlanSummary.parse(path, data);
        }
      } catch (TenureException e) {
        unreadable.add(new AuditTrail.Unreadable(path, String.valueOf(e.getMessage())));
      }
    }
  }

  private List<String> workerIds() throws InterruptedException {
    return children(paths.workers()).stream().flatMap(name -> workerId(name).stream()).toList();
  }

  /** The worker whose registration has this name. */
  private static Optional<String> workerId(String name) {
    int dash = name.lastIndexOf('-');
    return dash > 0 ? ZnodeName.decode(name.substring(0, dash)) : Optional.empty();
  }

  private List<GroupFacts.Standing> directives() throws InterruptedException {
    List<GroupFacts.Standing> all = new ArrayList<>();
    List<String> children =
        children(paths.directives()).stream().map(name -> paths.directives() + "/" + name).toList();
    for (ZnodeReader.Read<Znode> read : znodes.readEach(children)) {
      standing(read).ifPresent(all::add);
    }
    return all;
  }

  private static Optional<GroupFacts.Standing> standing(ZnodeReader.Read<Znode> read) {
    return read.denied()
        ? Optional.of(GroupFacts.Standing.denied(read.path()))
        : read.found()
            .map(
                node ->
                    new GroupFacts.Standing(node.path(), node.data(), node.stat().getVersion()));
  }

  /**
   * The tenure that is in office in a scope. The record is read first: if its version is still the
   * same later, the leader node that was read after it is that of this record's tenure.
   *
   * @throws ForeignDataException if the record is none
   */
  private Optional<GroupFacts.Office> office(Scope scope) throws InterruptedException {
    Optional<Znode> found = node(scope.path()).filter(node -> node.data().length > 0);
    Optional<Znode> leader = node(scope.leaderPath());
    if (found.isEmpty() || leader.isEmpty()) {
      return Optional.empty();
    }
    ScopeRecord record = ScopeRecord.parse(scope.path(), found.get().data());
    return record
        .tenure(scope)
        .map(
            tenure ->
                new GroupFacts.Office(
                    tenure.candidate().id(),
                    tenure.epoch(),
                    found.get().stat().getVersion(),
                    leader.get().stat().getVersion(),
                    leader.get().data()));
  }
}
