package io.tenure.testing;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.Commit;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Transition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** A slow and obvious twin of a scope in ZooKeeper: all operations of a commit, or none. */
public final class InMemoryScope {

  private byte[] record = ScopeRecord.empty().bytes();
  private int version;
  public Optional<ScopeView.LeaderData> leader = Optional.empty();
  public final TreeMap<String, byte[]> audit = new TreeMap<>();
  public final List<AuditEntry> history = new ArrayList<>();

  public ScopeView read() {
    return new ScopeView(
        ScopeRecord.parse("/scope", record), version, leader, List.copyOf(audit.keySet()));
  }

  public boolean apply(Commit commit, long session) {
    for (ScopeOp op : commit.ops()) {
      boolean possible =
          op instanceof ScopeOp.SetRecord set
              ? set.version() == version
              : op instanceof ScopeOp.CreateLeader
                  ? leader.isEmpty()
                  : op instanceof ScopeOp.DeleteLeader
                      ? leader.isPresent()
                      : op instanceof ScopeOp.CreateEntry create
                          ? !audit.containsKey(create.name())
                          : audit.containsKey(((ScopeOp.DeleteEntry) op).name());
      if (!possible) {
        return false;
      }
    }
    for (ScopeOp op : commit.ops()) {
      if (op instanceof ScopeOp.SetRecord set) {
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
      }
    }
    return true;
  }

  public void sessionEnds(long session) {
    if (leader.isPresent() && leader.get().owner() == session) {
      leader = Optional.empty();
    }
  }

  /** Indexes and epochs dense, digests chained, each tenure elected once and ended at most once. */
  public void check() {
    String digest = ScopeRecord.GENESIS;
    long epoch = 0;
    boolean led = false;
    for (int i = 0; i < history.size(); i++) {
      AuditEntry entry = history.get(i);
      boolean begins = entry.transition() instanceof Transition.Elected;
      require(entry.index() == i + 1, "index " + entry);
      require(entry.previousDigest().equals(digest), "digest " + entry);
      require(begins != led, "a tenure begins or ends twice: " + entry);
      epoch = begins ? epoch + 1 : epoch;
      require(entry.epoch() == epoch, "epoch " + entry);
      led = begins;
      digest = AuditFormat.digest(AuditFormat.bytes(entry));
    }
    ScopeRecord now = ScopeRecord.parse("/scope", record);
    require(now.epoch() == epoch && now.isLed() == led, "record " + now);
    require(now.digest().equals(digest), "digest of the record");
    require(now.auditNext() == history.size() + 1, "next index");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
