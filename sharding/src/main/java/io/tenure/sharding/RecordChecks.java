package io.tenure.sharding;

import io.tenure.internal.RecordCheck;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import java.util.HashMap;
import java.util.Map;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.data.Stat;

/**
 * Which shards' records fit to their trails, as far as they were read: what is known need not be
 * looked at again, unless a later reading finds less, see {@link RecordCheck}.
 *
 * <p>Confined to the monitor's event thread.
 */
final class RecordChecks {

  private record Known(long created, long epoch, long next) {}

  private final Map<String, Known> known = new HashMap<>();

  /**
   * Whether the entries of a vacant shard have to be listed, because its record may be older than
   * they are.
   *
   * @param audit the parent of the entries
   */
  boolean isSuspect(String shard, ScopeView view, Stat read, OpResult.GetDataResult audit) {
    if (view.leader().isPresent() || isKnown(shard, view.record(), read)) {
      return false;
    }
    Stat trail = audit.getStat();
    if (RecordCheck.isSuspect(read.getMzxid(), trail.getPzxid(), trail.getNumChildren())) {
      return true;
    }
    fits(shard, view.record(), read);
    return false;
  }

  private boolean isKnown(String shard, ScopeRecord record, Stat read) {
    Known before = known.get(shard);
    boolean grown =
        before != null
            && before.created() == read.getCzxid()
            && before.epoch() <= record.epoch()
            && before.next() <= record.auditNext();
    if (grown) {
      fits(shard, record, read);
    }
    return grown;
  }

  /** The record is as new as the trail. */
  void fits(String shard, ScopeRecord record, Stat read) {
    known.put(shard, new Known(read.getCzxid(), record.epoch(), record.auditNext()));
  }
}
