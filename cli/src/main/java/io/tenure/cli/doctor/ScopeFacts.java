package io.tenure.cli.doctor;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.util.List;
import java.util.Optional;
import org.apache.zookeeper.data.Stat;

/**
 * One scope as it was read: each znode as it stood when it was read, not all at one instant.
 * Immutable.
 *
 * @param scope which
 * @param group whose; empty if it belongs to none
 * @param record the scope's own znode
 * @param leader the leader node
 * @param audit the trail's parent
 * @param entries names of its entries, by index; empty if they could not be listed
 * @param listed whether they could be
 * @param latch the parent of the latch's queue
 * @param checkpoint what a leader left for its successor
 */
record ScopeFacts(
    Scope scope,
    Optional<String> group,
    Read<Znode> record,
    Read<Znode> leader,
    Read<Stat> audit,
    List<String> entries,
    boolean listed,
    Read<Stat> latch,
    Read<Stat> checkpoint) {

  /** Copies the list. */
  ScopeFacts {
    entries = List.copyOf(entries);
  }

  String path() {
    return scope.path();
  }

  /** Whether the record has data; a znode without was made as a parent of something. */
  boolean hasRecord() {
    return record.found().filter(node -> node.data().length > 0).isPresent();
  }

  /** The record; empty if there is none, or none that can be read. */
  Optional<ScopeRecord> parsed() {
    return hasRecord() && problem().isEmpty()
        ? record.found().map(node -> ScopeRecord.parse(path(), node.data()))
        : Optional.empty();
  }

  /** What is wrong with the record. */
  Optional<String> problem() {
    if (!hasRecord()) {
      return Optional.empty();
    }
    try {
      record.found().ifPresent(node -> ScopeRecord.parse(path(), node.data()));
      return Optional.empty();
    } catch (TenureException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  boolean isLed() {
    return leader.found().isPresent();
  }

  /** Whether a candidate stands in the latch's queue. */
  boolean hasCandidates() {
    return latch.found().map(stat -> stat.getNumChildren() > 0).orElse(false);
  }

  /** The index of the oldest entry that is kept; 0 if there is none. */
  long firstIndex() {
    return entries.isEmpty() ? 0 : AuditFormat.index(entries.get(0)).orElse(0);
  }

  String entryPath(int place) {
    return scope.auditPath() + "/" + entries.get(place);
  }
}
