package io.tenure.audit;

import io.tenure.audit.Finding.Rule;
import io.tenure.internal.AuditFormat;
import io.tenure.internal.ScopeRecord;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.zookeeper.data.Stat;

/**
 * Holds a trail against its rules. Pure; used for one verification, on one thread.
 *
 * <p>The trail may have moved on while it was read. What counts is what was there all the time:
 * entries from the first that the record knew <em>after</em> the reading to the last that it knew
 * <em>before</em>.
 */
final class TrailVerifier {

  private final Scope scope;
  private final ScopeRecord before;
  private final Stat recordStat;
  private final ScopeRecord after;
  private final long first;
  private final long next;
  private final List<Finding> findings = new ArrayList<>();

  TrailVerifier(Scope scope, TrailReader.Recorded before, ScopeRecord after) {
    this.scope = scope;
    this.before = before.record();
    this.recordStat = before.stat();
    this.after = after;
    this.first = Math.max(this.before.auditFirst(), after.auditFirst());
    this.next = this.before.auditNext();
  }

  /**
   * Holds what was read against the rules.
   *
   * @param parent that of the entries, if it is there
   * @param names that were listed
   * @param nodes the znodes that could be read, in order of their names
   */
  List<Finding> verify(
      List<ZnodeReader.Znode> parent, List<String> names, List<ZnodeReader.Znode> nodes) {
    names.stream()
        .filter(name -> AuditFormat.index(name).isEmpty())
        .forEach(
            name ->
                find(
                    scope.auditPath() + "/" + name,
                    Rule.ENTRY_READABLE,
                    "is no entry's name; Tenure did not write it"));
    List<RecordedEntry> entries = new ArrayList<>();
    for (ZnodeReader.Znode node : nodes) {
      parse(node).ifPresent(entries::add);
    }
    indexes(entries);
    chain(entries);
    tenures(entries);
    times(entries);
    written(entries);
    parent.forEach(this::added);
    return List.copyOf(findings);
  }

  private Optional<RecordedEntry> parse(ZnodeReader.Znode node) {
    String name = node.path().substring(node.path().lastIndexOf('/') + 1);
    long index = AuditFormat.index(name).orElse(-1);
    if (index < 0 || index >= next || index < before.auditFirst()) {
      if (index >= 0 && index < before.auditFirst()) {
        find(node.path(), Rule.INDEXES_DENSE, "is older than the oldest that the record counts");
      }
      return Optional.empty();
    }
    if (index < first) {
      return Optional.empty(); // Retention deleted it while the trail was read.
    }
    AuditEntry entry;
    try {
      entry = AuditFormat.parse(node.path(), node.data());
    } catch (TenureException e) {
      find(node.path(), Rule.ENTRY_READABLE, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
    if (!AuditFormat.name(entry).equals(name)) {
      find(node.path(), Rule.ENTRY_READABLE, "its data belongs to " + AuditFormat.name(entry));
    }
    if (node.stat().getVersion() != 0) {
      find(
          node.path(),
          Rule.ENTRY_IMMUTABLE,
          "was rewritten " + node.stat().getVersion() + " times");
    }
    return Optional.of(AuditLog.recorded(entry, node));
  }

  private void indexes(List<RecordedEntry> entries) {
    long expected = first;
    for (RecordedEntry entry : entries) {
      long index = entry.entry().index();
      if (index < expected) {
        find(entry.path(), Rule.INDEXES_DENSE, "index " + index + " stands more than once");
        continue;
      }
      missing(expected, index);
      expected = index + 1;
    }
    missing(expected, next);
  }

  private void missing(long from, long to) {
    if (from < to) {
      find(
          scope.auditPath() + "/" + String.format("%010d", from),
          Rule.INDEXES_DENSE,
          from == to - 1 ? "is missing" : "and all up to index " + (to - 1) + " are missing");
    }
  }

  private void chain(List<RecordedEntry> entries) {
    if (!entries.isEmpty() && entries.get(0).entry().index() == 1) {
      linked(entries.get(0), ScopeRecord.GENESIS, "the first entry's, 64 zeros");
    }
    for (int i = 1; i < entries.size(); i++) {
      RecordedEntry last = entries.get(i - 1);
      if (entries.get(i).entry().index() == last.entry().index() + 1) {
        linked(entries.get(i), last.digest(), "that of " + last.path());
      }
    }
    if (!entries.isEmpty()) {
      RecordedEntry last = entries.get(entries.size() - 1);
      if (last.entry().index() == next - 1 && !last.digest().equals(before.digest())) {
        find(last.path(), Rule.DIGESTS_CHAINED, "its digest is not the one in the record");
      }
    }
  }

  private void linked(RecordedEntry entry, String expected, String of) {
    if (!entry.entry().previousDigest().equals(expected)) {
      find(
          entry.path(),
          Rule.DIGESTS_CHAINED,
          "it repeats digest "
              + shortened(entry.entry().previousDigest())
              + ", but "
              + of
              + " is "
              + shortened(expected));
    }
  }

  private static String shortened(String digest) {
    return digest.length() > 12 ? digest.substring(0, 12) + "…" : digest;
  }

  private void tenures(List<RecordedEntry> entries) {
    long epoch = -1;
    boolean led = false;
    for (RecordedEntry recorded : entries) {
      AuditEntry entry = recorded.entry();
      boolean begins = entry.transition() instanceof Transition.Elected;
      if (epoch >= 0) {
        long expected = begins ? epoch + 1 : epoch;
        if (entry.epoch() != expected) {
          find(
              recorded.path(),
              Rule.EPOCHS_DENSE,
              "its epoch is " + entry.epoch() + " where " + expected + " follows");
        }
        if (begins && led) {
          find(
              recorded.path(),
              Rule.TENURES_ALTERNATE,
              "a tenure begins before the end of epoch " + epoch + " is recorded");
        } else if (!begins && !led) {
          find(
              recorded.path(),
              Rule.TENURES_ALTERNATE,
              "a tenure ends that had ended or never began");
        }
      } else if (entry.index() == 1 && (!begins || entry.epoch() != 1)) {
        find(recorded.path(), Rule.EPOCHS_DENSE, "the first entry is not the election of epoch 1");
      }
      epoch = entry.epoch();
      led = begins;
    }
    boolean complete =
        !entries.isEmpty() && entries.get(entries.size() - 1).entry().index() == next - 1;
    if (complete && (epoch != before.epoch() || led != before.isLed())) {
      find(
          scope.path(),
          Rule.RECORD_MATCHES,
          "the record tells of epoch "
              + before.epoch()
              + (before.isLed() ? ", led" : ", vacant")
              + "; the last entry of epoch "
              + epoch
              + (led ? ", led" : ", vacant"));
    }
  }

  private void times(List<RecordedEntry> entries) {
    for (int i = 1; i < entries.size(); i++) {
      RecordedEntry last = entries.get(i - 1);
      RecordedEntry entry = entries.get(i);
      if (entry.serverTime().isBefore(last.serverTime())) {
        find(
            entry.path(),
            Rule.TIMES_IN_ORDER,
            "its server time "
                + entry.serverTime()
                + " is before the "
                + last.serverTime()
                + " of "
                + last.path()
                + ": a server's clock went back, or the entry was written anew");
      }
      if (entry.zxid() < last.zxid()) {
        find(
            entry.path(),
            Rule.TIMES_IN_ORDER,
            "its transaction 0x"
                + Long.toHexString(entry.zxid())
                + " is before that of "
                + last.path());
      }
    }
  }

  /** Nothing but a transition writes the record, and each one adds an entry. */
  private void written(List<RecordedEntry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    RecordedEntry last = entries.get(entries.size() - 1);
    if (last.entry().index() == next - 1 && last.zxid() != recordStat.getMzxid()) {
      find(
          scope.path(),
          Rule.RECORD_MATCHES,
          "was last written by transaction 0x"
              + Long.toHexString(recordStat.getMzxid())
              + ", and the last entry by 0x"
              + Long.toHexString(last.zxid())
              + ": one of them was written anew");
    }
  }

  /**
   * The server counts the children that a znode has ever had. Somebody with every permission can
   * replace an entry, the last one and the record even in one transaction, but then one child more
   * was made than there were transitions. Fewer are no finding: the parent itself may have been
   * deleted, and made again.
   */
  private void added(ZnodeReader.Znode parent) {
    // A Stat's cversion counts creations and deletions.
    Stat stat = parent.stat();
    long made = ((long) stat.getCversion() + stat.getNumChildren()) / 2;
    long more = made - (after.auditNext() - 1);
    if (more > 0) {
      find(
          parent.path(),
          Rule.ADDED_ONCE,
          made
              + " children were made in it, and the record counts "
              + (made - more)
              + " entries: "
              + more
              + " came from somewhere else, or took the place of deleted ones");
    }
  }

  private void find(String path, Rule rule, String detail) {
    findings.add(new Finding(path, rule, detail));
  }
}
