package io.tenure.audit;

import io.tenure.audit.Finding.Rule;
import io.tenure.internal.AuditFormat;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.TrailRules;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import io.tenure.scope.Transition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
  private final long first;
  private final long next;
  private final List<Finding> findings = new ArrayList<>();
  private final TrailRules rules;

  TrailVerifier(Scope scope, ScopeRecord before, ScopeRecord after) {
    this.scope = scope;
    this.before = before;
    this.first = Math.max(before.auditFirst(), after.auditFirst());
    this.next = before.auditNext();
    this.rules =
        new TrailRules(
            scope.auditPath(), (path, rule, what) -> find(path, Rule.valueOf(rule.name()), what));
  }

  /** Names that were listed, and the znodes that could be read, in order of their names. */
  List<Finding> verify(List<String> names, List<ZnodeReader.Znode> nodes) {
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
    rules.check(entries.stream().map(TrailVerifier::link).toList(), first, next, before.digest());
    tenures(entries);
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

  private void find(String path, Rule rule, String detail) {
    findings.add(new Finding(path, rule, detail));
  }
}
