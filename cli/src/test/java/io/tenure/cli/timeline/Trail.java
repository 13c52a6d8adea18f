package io.tenure.cli.timeline;

import io.tenure.audit.AuditTrail;
import io.tenure.audit.RecordedEntry;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Candidate;
import io.tenure.scope.Scope;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes an audit trail without a server. Times are milliseconds after {@link #BEGIN}. */
public final class Trail {

  public static final Instant BEGIN = Instant.parse("2026-03-01T00:00:00Z");

  private final String scope;
  private final List<RecordedEntry> entries = new ArrayList<>();
  private final List<AuditTrail.Unreadable> unreadable = new ArrayList<>();
  private long index = 1;
  private long epoch;
  private String leader = "";

  public Trail(String scope) {
    this.scope = scope;
  }

  public static Instant at(long millis) {
    return BEGIN.plusMillis(millis);
  }

  public Trail elected(long millis, String worker, String reason) {
    epoch++;
    leader = worker;
    return add(millis, new Transition.Elected(reason));
  }

  public Trail resigned(long millis, String reason) {
    return add(millis, new Transition.Resigned(reason));
  }

  public Trail failed(long millis, String reason) {
    return add(millis, new Transition.Failed(reason));
  }

  public Trail lapsed(long millis, String reason) {
    return add(millis, new Transition.Lapsed(reason));
  }

  public Trail revoked(long millis, String reason) {
    return add(millis, new Transition.Revoked(reason));
  }

  public Trail lost(long millis, String reason) {
    return add(millis, new Transition.Lost(reason));
  }

  /** Entries that stand nowhere, of that many epochs. */
  public Trail missing(int count, int epochs) {
    index += count;
    epoch += epochs;
    return this;
  }

  /** Entries that retention has deleted: all that were written until now. */
  public Trail trimmed() {
    entries.clear();
    return this;
  }

  public Trail unreadable(String name, String problem) {
    unreadable.add(new AuditTrail.Unreadable(scope + "/audit/" + name, problem));
    return this;
  }

  public List<RecordedEntry> entries() {
    return List.copyOf(entries);
  }

  public RecordedEntry last() {
    return entries.get(entries.size() - 1);
  }

  public AuditTrail read(boolean led) {
    return new AuditTrail(new Scope(scope), entries, unreadable, led, index);
  }

  private Trail add(long millis, Transition transition) {
    Candidate candidate =
        new Candidate(
            leader, "node-" + Math.floorMod(leader.hashCode(), 7), 4711, Optional.empty());
    AuditEntry entry =
        new AuditEntry(
            index,
            transition,
            epoch,
            candidate,
            "0x1000",
            at(millis),
            Optional.empty(),
            Optional.empty(),
            "0".repeat(64));
    String path = "%s/audit/%010d-%s".formatted(scope, index, transition.word());
    entries.add(
        new RecordedEntry(entry, path, at(millis), millis * 100_000 + index, "0".repeat(64)));
    index++;
    return this;
  }
}
