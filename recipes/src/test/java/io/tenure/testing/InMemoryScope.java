package io.tenure.testing;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.Commit;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Transition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** A slow and obvious twin of a scope in ZooKeeper: all operations of a commit, or none. */
public final class InMemoryScope {

  private boolean exists = true;
  private boolean auditExists = true;
  private byte[] record = ScopeRecord.empty().bytes();
  private int version;
  public Optional<ScopeView.LeaderData> leader = Optional.empty();
  public final TreeMap<String, byte[]> audit = new TreeMap<>();
  public final List<AuditEntry> history = new ArrayList<>();
  private final Set<String> forged = new HashSet<>();

  /** A scope whose znode no client has created yet. */
  public static InMemoryScope absent() {
    InMemoryScope scope = new InMemoryScope();
    scope.exists = false;
    scope.auditExists = false;
    return scope;
  }

  /** A znode without data, as a client creates it as a parent. */
  public static InMemoryScope emptyZnode() {
    InMemoryScope scope = new InMemoryScope();
    scope.auditExists = false;
    scope.record = new byte[0];
    return scope;
  }

  public boolean exists() {
    return exists;
  }

  /** What a reading finds that is served at one instant; empty if there is no such znode. */
  public Optional<ScopeView> find() {
    return exists ? Optional.of(read()) : Optional.empty();
  }

  public ScopeView read() {
    return new ScopeView(record(), version, leader, List.copyOf(audit.keySet()));
  }

  private ScopeRecord record() {
    return record.length == 0 ? ScopeRecord.empty() : ScopeRecord.parse("/scope", record);
  }

  public boolean apply(Commit commit, long session) {
    if (obstacle(commit).isPresent()) {
      return false;
    }
    for (ScopeOp op : commit.ops()) {
      if (op instanceof ScopeOp.CreateScope create) {
        exists = true;
        record = create.data();
        version = 0;
      } else if (op instanceof ScopeOp.CreateAudit) {
        auditExists = true;
      } else if (op instanceof ScopeOp.SetRecord set) {
        record = set.data();
        version++;
      } else if (op instanceof ScopeOp.CreateLeader create) {
        leader = Optional.of(new ScopeView.LeaderData(create.data(), session));
      } else if (op instanceof ScopeOp.DeleteLeader) {
        leader = Optional.empty();
      } else if (op instanceof ScopeOp.CreateEntry create) {
        audit.put(create.name(), create.data());
        history.add(AuditFormat.parse(create.name(), create.data()));
      } else if (op instanceof ScopeOp.DeleteEntry delete) {
        audit.remove(delete.name());
        forged.remove(delete.name());
      }
    }
    return true;
  }

  /** The first operation of a commit that the server would refuse now. */
  public Optional<ScopeOp> obstacle(Commit commit) {
    boolean scopeThere = exists;
    boolean auditThere = auditExists;
    for (ScopeOp op : commit.ops()) {
      boolean possible;
      if (op instanceof ScopeOp.CreateScope) {
        possible = !scopeThere;
        scopeThere = true;
      } else if (op instanceof ScopeOp.CreateAudit) {
        possible = scopeThere && !auditThere;
        auditThere = true;
      } else if (op instanceof ScopeOp.SetRecord set) {
        possible = scopeThere && set.version() == version;
      } else if (op instanceof ScopeOp.CreateLeader) {
        possible = scopeThere && leader.isEmpty();
      } else if (op instanceof ScopeOp.DeleteLeader) {
        possible = leader.isPresent();
      } else if (op instanceof ScopeOp.CreateEntry create) {
        possible = auditThere && !audit.containsKey(create.name());
      } else {
        possible = audit.containsKey(((ScopeOp.DeleteEntry) op).name());
      }
      if (!possible) {
        return Optional.of(op);
      }
    }
    return Optional.empty();
  }

  public void sessionEnds(long session) {
    if (leader.isPresent() && leader.get().owner() == session) {
      leader = Optional.empty();
    }
  }

  /**
   * A client that may add to the trail creates a znode in it: in the place of the next entry or
   * anywhere, under a name that can be guessed.
   */
  public void forgeEntry(Random random, List<String> ids) {
    List<String> words = List.of("elected", "resigned", "failed", "lapsed", "revoked", "lost");
    long next = record().auditNext();
    List<Long> indexes = List.of(next, next, next, next + 1, next + 1, 1L, 9_999_999_999L);
    String name =
        AuditFormat.indexText(indexes.get(random.nextInt(indexes.size())))
            + "-"
            + words.get(random.nextInt(words.size()))
            + "-"
            + ids.get(random.nextInt(ids.size()));
    if (auditExists && exists && !audit.containsKey(name)) {
      audit.put(name, new byte[] {'x'});
      forged.add(name);
    }
  }

  /** Whether a znode in the trail was made by no transition. */
  public boolean isForged(String name) {
    return forged.contains(name);
  }

  /** How many entries of transitions are kept. */
  public int kept() {
    return (int) audit.keySet().stream().filter(name -> !forged.contains(name)).count();
  }

  /** An operator deletes the parent of the entries, and them with it. */
  public void deleteAudit() {
    auditExists = false;
    audit.clear();
    forged.clear();
  }

  /** Indexes and epochs dense, digests chained, each tenure elected once and ended at most once. */
  public void check() {
    String digest = ScopeRecord.GENESIS;
    long epoch = 0;
    boolean led = false;
    for (int i = 0; i < history.size(); i++) {
      AuditEntry entry = history.get(i);
      boolean begins = entry.transition() instanceof Transition.Elected;
      require(entry.index() == i + 1, "index", entry);
      require(entry.previousDigest().equals(digest), "digest", entry);
      require(begins != led, "a tenure begins or ends twice", entry);
      epoch = begins ? epoch + 1 : epoch;
      require(entry.epoch() == epoch, "epoch", entry);
      led = begins;
      digest = AuditFormat.digest(AuditFormat.bytes(entry));
    }
    ScopeRecord now = record();
    require(now.epoch() == epoch && now.isLed() == led, "record", now);
    require(now.digest().equals(digest), "digest of the record", now);
    require(now.auditNext() == history.size() + 1, "next index", now);
  }

  private static void require(boolean holds, String what, Object where) {
    if (!holds) {
      throw new AssertionError(what + ": " + where);
    }
  }
}
