package io.tenure.audit;

import io.tenure.audit.Finding.Rule;
import io.tenure.internal.AuditFormat;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrailRules;
import io.tenure.internal.TrimMarker;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.zookeeper.data.Stat;

/**
 * Holds a trail against its rules. Pure; used for one verification, on one thread.
 *
 * <p>The trail may have moved on while it was read. What counts is what was there all the time:
 * entries from the first that the record knew <em>after</em> the reading to the last that it knew
 * <em>before</em>.
 */
final class TrailVerifier {

  /** What counts the entries: the scope's record, and what stands in their parent. */
  record Bounds(TrailReader.Recorded recorded, TrailReader.Parent parent) {
    ScopeRecord record() {
      return recorded.record();
    }

    TrimMarker marker() {
      return parent.marker();
    }

    long first() {
      return Math.max(record().auditFirst(), marker().first());
    }
  }

  private final Scope scope;
  private final ScopeRecord before;
  private final Stat recordStat;
  private final Optional<Stat> parentStat;
  private final long nextAfter;
  private final TrimMarker marker;
  private final long first;
  private final long next;
  private final TrailReading reading;
  private final int quarantined;
  private final List<Finding> findings = new ArrayList<>();
  private final TrailRules rules;

  /**
   * Verifies a reading that found a record.
   *
   * @param quarantined how many znodes were moved out of the trail
   */
  TrailVerifier(Scope scope, TrailReading reading, int quarantined) {
    Bounds before = reading.before().orElseThrow();
    Bounds after = reading.after().orElseThrow();
    this.scope = scope;
    this.reading = reading;
    this.quarantined = quarantined;
    this.before = before.record();
    this.recordStat = before.recorded().stat();
    this.parentStat = before.parent().stat();
    this.nextAfter = after.record().auditNext();
    this.marker = after.marker();
    this.first = Math.max(before.first(), after.first());
    this.next = before.record().auditNext();
    this.rules =
        new TrailRules(
            scope.auditPath(), (path, rule, what) -> find(path, Rule.valueOf(rule.name()), what));
  }

  /** What is wrong. */
  List<Finding> verify(ArchivedTrail archived) {
    reading.names().stream()
        .filter(name -> AuditFormat.index(name).isEmpty())
        .forEach(
            name ->
                find(
                    scope.auditPath() + "/" + name,
                    Rule.ENTRY_READABLE,
                    "is no entry's name; Tenure did not write it"));
    List<RecordedEntry> entries = new ArrayList<>();
    for (ZnodeReader.Read<ZnodeReader.Znode> read : reading.reads()) {
      String foreign = reading.told().foreign().get(read.path());
      if (foreign != null) {
        find(read.path(), Rule.INDEXES_DENSE, foreign + ": no transition made it");
      } else if (read.denied() && !reading.told().unsettled().contains(read.path())) {
        throw ZnodeReader.denied(read.path());
      } else if (read.found().isPresent()) {
        parse(read.found().get()).ifPresent(entries::add);
      }
    }
    trimmed(entries);
    agree(entries, archived);
    List<RecordedEntry> all = joined(entries, archived);
    long start = all.isEmpty() ? first : Math.min(first, all.get(0).entry().index());
    rules.check(all.stream().map(TrailVerifier::link).toList(), start, next, before.digest());
    tenures(all);
    written(entries);
    parentStat.ifPresent(this::added);
    return List.copyOf(findings);
  }

  /** What was taken out leads on to what is kept. */
  private void trimmed(List<RecordedEntry> entries) {
    if (marker.first() == 1 || entries.isEmpty()) {
      return;
    }
    RecordedEntry oldest = entries.get(0);
    if (oldest.entry().index() == marker.first()
        && !oldest.entry().previousDigest().equals(marker.previous())) {
      find(
          oldest.path(),
          Rule.DIGESTS_CHAINED,
          "it does not repeat the digest of the entry before it, which was taken out, as "
              + scope.auditPath()
              + " has it");
    }
  }

  /** What is archived was not changed or taken back. */
  private void agree(List<RecordedEntry> entries, ArchivedTrail archived) {
    Map<Long, RecordedEntry> live = new HashMap<>();
    entries.forEach(entry -> live.putIfAbsent(entry.entry().index(), entry));
    for (RecordedEntry was : archived.entries()) {
      RecordedEntry is = live.get(was.entry().index());
      if (is != null && !is.digest().equals(was.digest())) {
        find(is.path(), Rule.ARCHIVE_AGREES, "another entry is archived under its index: " + was);
      }
      if (was.entry().index() >= next) {
        find(was.path(), Rule.ARCHIVE_AGREES, "is archived, but the record does not count it");
      }
    }
    if (!archived.earlier().isEmpty()) {
      RecordedEntry last = archived.earlier().get(archived.earlier().size() - 1);
      find(
          scope.auditPath(),
          Rule.ARCHIVE_AGREES,
          archived.earlier().size()
              + " entries of another trail that stood here are archived, the last of "
              + last.serverTime()
              + ": the scope was deleted and made anew, or its trail was put in place of that one");
    }
    archived.unreadable().forEach(line -> find(line.path(), Rule.ARCHIVE_AGREES, line.problem()));
  }

  /** Where an entry stands in both, the one in ZooKeeper is held against its neighbours. */
  private List<RecordedEntry> joined(List<RecordedEntry> entries, ArchivedTrail archived) {
    Set<Long> live = new HashSet<>();
    entries.forEach(entry -> live.add(entry.entry().index()));
    List<RecordedEntry> all = new ArrayList<>(entries);
    archived.entries().stream()
        .filter(entry -> entry.entry().index() < next && !live.contains(entry.entry().index()))
        .forEach(all::add);
    all.sort(Comparator.comparingLong(entry -> entry.entry().index()));
    return all;
  }

  private Optional<RecordedEntry> parse(ZnodeReader.Znode node) {
    String name = node.path().substring(node.path().lastIndexOf('/') + 1);
    long index = AuditFormat.index(name).orElse(-1);
    if (index >= next || index < first) {
      return Optional.empty(); // It came, or retention deleted it, while the trail was read.
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

  private static TrailRules.Link link(RecordedEntry recorded) {
    AuditEntry entry = recorded.entry();
    return new TrailRules.Link(
        recorded.path(),
        entry.index(),
        recorded.digest(),
        entry.previousDigest(),
        recorded.serverTime(),
        recorded.zxid());
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
   * The server counts the children that a znode has ever had. A client with every permission can
   * replace an entry, the last one and the record even in one transaction, but then one child more
   * was made than there were transitions. Fewer are no finding: the parent itself may have been
   * deleted, and made again. What is in quarantine was made here as well, and is known.
   */
  private void added(Stat stat) {
    // A Stat's cversion counts creations and deletions.
    long made = ((long) stat.getCversion() + stat.getNumChildren()) / 2 - quarantined;
    long more = made - (nextAfter - 1);
    if (more > 0) {
      find(
          scope.auditPath(),
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
