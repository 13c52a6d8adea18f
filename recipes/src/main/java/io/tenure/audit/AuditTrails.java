package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.EntryChain;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrimMarker;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.curator.framework.CuratorFramework;

/**
 * Reads many trails at once, as a group of shards has them. What cannot be read is said, and hides
 * nothing else.
 *
 * <p>The trails are not read at one instant: each is as it stood when its own znodes were read.
 */
public final class AuditTrails {

  private AuditTrails() {}

  /**
   * The trails of scopes, in their order. Blocks; not to be called on ZooKeeper's event thread.
   *
   * @param scopes paths; one that does not exist yields a trail that does not {@link
   *     AuditTrail#exists() exist}
   * @throws TenureException if ZooKeeper cannot be asked
   * @throws IllegalArgumentException if a path is no scope
   */
  public static List<AuditTrail> read(CuratorFramework client, Collection<String> scopes)
      throws InterruptedException {
    return new Reading(client, scopes.stream().map(Scope::new).toList()).trails();
  }

  /** One reading of many trails. Confined to its thread. */
  private static final class Reading {
    private final List<Scope> scopes;
    private final ZnodeReader znodes;
    private final List<Scope> owners = new ArrayList<>();
    private final Map<Scope, Long> first = new HashMap<>();
    private final Map<Scope, List<EntryChain.Anchor>> anchors = new HashMap<>();
    private final Map<Scope, List<RecordedEntry>> entries = new HashMap<>();
    private final Map<Scope, List<AuditTrail.Unreadable>> unreadable = new HashMap<>();

    Reading(CuratorFramework client, List<Scope> scopes) {
      this.scopes = scopes;
      this.znodes = new ZnodeReader(client);
    }

    List<AuditTrail> trails() throws InterruptedException {
      if (scopes.isEmpty()) {
        return List.of();
      }
      znodes.sync(scopes.get(0).path());
      // The leader nodes first: where one was there, the last tenure was in office when the trail
      // was read.
      Set<String> led = new HashSet<>();
      znodes
          .readEach(scopes.stream().map(Scope::leaderPath).toList())
          .forEach(read -> read.found().ifPresent(node -> led.add(node.path())));
      readAnchors();
      List<String> paths = listEntries();
      List<ZnodeReader.Read<ZnodeReader.Znode>> reads = znodes.readEach(paths);
      List<Long> next = readRecords();
      takeEntries(reads);
      List<AuditTrail> trails = new ArrayList<>(scopes.size());
      for (int i = 0; i < scopes.size(); i++) {
        Scope scope = scopes.get(i);
        trails.add(
            new AuditTrail(
                scope,
                entries.getOrDefault(scope, List.of()),
                unreadable.getOrDefault(scope, List.of()),
                led.contains(scope.leaderPath()),
                next.get(i)));
      }
      return trails;
    }

    /** What the records say before the entries are read: which of them are entries. */
    private void readAnchors() throws InterruptedException {
      var reads = znodes.readEach(scopes.stream().map(Scope::path).toList());
      for (int i = 0; i < scopes.size(); i++) {
        Scope scope = scopes.get(i);
        reads.get(i).found().ifPresent(node -> anchor(scope, node));
      }
      var audits = znodes.readEach(scopes.stream().map(Scope::auditPath).toList());
      for (int i = 0; i < scopes.size(); i++) {
        Scope scope = scopes.get(i);
        audits.get(i).found().ifPresent(node -> first.merge(scope, taken(node), Math::max));
      }
    }

    /** The first entry that is left where older ones were taken out. */
    private static long taken(ZnodeReader.Znode audit) {
      try {
        return TrimMarker.parse(audit.path(), audit.data()).first();
      } catch (TenureException e) {
        return 1;
      }
    }

    private void anchor(Scope scope, ZnodeReader.Znode node) {
      try {
        if (node.data().length > 0) {
          ScopeRecord record = ScopeRecord.parse(scope.path(), node.data());
          first.putIfAbsent(scope, record.auditFirst());
          anchors
              .computeIfAbsent(scope, any -> new ArrayList<>())
              .add(new EntryChain.Anchor(record.auditNext(), record.digest()));
        }
      } catch (TenureException e) {
        // Said when it is read again.
      }
    }

    private List<String> listEntries() throws InterruptedException {
      List<String> paths = new ArrayList<>();
      var lists = znodes.listEach(scopes.stream().map(Scope::auditPath).toList());
      for (int i = 0; i < scopes.size(); i++) {
        Scope scope = scopes.get(i);
        lists.get(i).problem().ifPresent(problem -> problem(scope, scope.auditPath(), problem));
        for (String name : lists.get(i).found().map(ZnodeReader.Listing::names).orElse(List.of())) {
          String path = scope.auditPath() + "/" + name;
          if (AuditFormat.index(name).isPresent()) {
            owners.add(scope);
            paths.add(path);
          } else {
            problem(scope, path, "is no entry's name; Tenure did not write it");
          }
        }
      }
      return paths;
    }

    private void takeEntries(List<ZnodeReader.Read<ZnodeReader.Znode>> reads) {
      Map<Scope, List<ZnodeReader.Read<ZnodeReader.Znode>>> byScope = new HashMap<>();
      for (int i = 0; i < reads.size(); i++) {
        byScope.computeIfAbsent(owners.get(i), any -> new ArrayList<>()).add(reads.get(i));
      }
      byScope.forEach(
          (scope, own) -> {
            EntryChain.Told told =
                EntryChain.tell(
                    TrailReading.links(own),
                    first.getOrDefault(scope, 0L),
                    anchors.getOrDefault(scope, List.of()));
            for (ZnodeReader.Read<ZnodeReader.Znode> read : own) {
              if (told.doubtful().contains(read.path())) {
                problem(scope, read.path(), "shares its index, and no digest tells which is right");
              } else if (told.isEntry(read.path())) {
                take(scope, read);
              }
            }
          });
    }

    private void take(Scope scope, ZnodeReader.Read<ZnodeReader.Znode> read) {
      if (read.denied()) {
        problem(scope, read.path(), ZnodeReader.deniedText(read.path()));
      } else if (read.found().isPresent()) {
        ZnodeReader.Znode node = read.found().get();
        try {
          RecordedEntry entry =
              AuditLog.recorded(AuditFormat.parse(read.path(), node.data()), node);
          entries.computeIfAbsent(scope, any -> new ArrayList<>()).add(entry);
        } catch (TenureException e) {
          problem(scope, read.path(), String.valueOf(e.getMessage()));
        }
      } // Else: retention was faster.
    }

    /** The index that each scope's next entry gets; 0 where it is not known. */
    private List<Long> readRecords() throws InterruptedException {
      List<Long> next = new ArrayList<>(scopes.size());
      var reads = znodes.readEach(scopes.stream().map(Scope::path).toList());
      for (int i = 0; i < scopes.size(); i++) {
        Scope scope = scopes.get(i);
        long index = 0;
        if (reads.get(i).denied()) {
          problem(scope, scope.path(), ZnodeReader.deniedText(scope.path()));
        } else if (reads.get(i).found().isPresent()) {
          try {
            byte[] data = reads.get(i).found().get().data();
            anchor(scope, reads.get(i).found().get());
            // An empty one was created as a parent of a znode: the scope never had a leader.
            index = data.length == 0 ? 1 : ScopeRecord.parse(scope.path(), data).auditNext();
          } catch (TenureException e) {
            problem(scope, scope.path(), String.valueOf(e.getMessage()));
          }
        }
        next.add(index);
      }
      return next;
    }

    private void problem(Scope scope, String path, String problem) {
      unreadable
          .computeIfAbsent(scope, any -> new ArrayList<>())
          .add(new AuditTrail.Unreadable(path, problem));
    }
  }
}
