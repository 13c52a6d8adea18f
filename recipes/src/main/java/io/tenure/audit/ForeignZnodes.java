package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.RecordCheck;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.session.Quarantine;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.curator.framework.CuratorFramework;

/** The znodes in a scope's trail that no transition made. Blocks; confined to one thread. */
final class ForeignZnodes {

  /** What a reading found. */
  record Found(TrailReading reading, List<ForeignEntry> foreign) {}

  private final Scope scope;
  private final TrailReader reader;
  private final Quarantine quarantine;

  ForeignZnodes(CuratorFramework client, Scope scope) {
    this.scope = scope;
    this.reader = new TrailReader(client, scope);
    this.quarantine = new Quarantine(client, scope.quarantinePath());
  }

  Found find() throws InterruptedException {
    TrailReading reading = TrailReading.of(reader, scope.auditPath());
    if (reading.before().isEmpty()) {
      return new Found(reading, List.of()); // Without a record nothing is known.
    }
    Map<String, String> foreign = new TreeMap<>(reading.told().foreign());
    reading.names().stream()
        .filter(name -> AuditFormat.index(name).isEmpty())
        .forEach(name -> foreign.put(scope.auditPath() + "/" + name, "is no entry's name"));
    List<ForeignEntry> found = new ArrayList<>(foreign.size());
    foreign.forEach((path, why) -> found.add(new ForeignEntry(path, why)));
    return new Found(reading, List.copyOf(found));
  }

  List<Quarantined> quarantine(String by, String reason, boolean recordIsRight)
      throws InterruptedException {
    Instant time = Instant.now();
    return quarantine.move(() -> still(recordIsRight), by, reason, time).stream()
        .map(
            one ->
                new Quarantined(
                    one.from(), one.to(), by, one.to().isPresent() ? reason : one.problem(), time))
        .toList();
  }

  /** A reading during which no transition was made. */
  private Optional<Quarantine.Found> still(boolean recordIsRight) throws InterruptedException {
    reader.sync();
    Found found = find();
    Optional<TrailVerifier.Bounds> before = found.reading().before();
    Optional<TrailVerifier.Bounds> after = found.reading().after();
    if (before.isEmpty() || after.isEmpty()) {
      throw new ForeignDataException(
          scope + " has no record: nobody knows which znodes transitions made");
    }
    int version = before.get().recorded().stat().getVersion();
    if (version != after.get().recorded().stat().getVersion()
        || before.get().recorded().stat().getCzxid() != after.get().recorded().stat().getCzxid()) {
      return Optional.empty();
    }
    if (!recordIsRight) {
      refuseIfOlder(before.get(), found.reading());
    }
    return Optional.of(
        new Quarantine.Found(
            scope.path(), version, found.foreign().stream().map(ForeignEntry::path).toList()));
  }

  /** To move away what is newer than a record that was set back would lose what happened. */
  private void refuseIfOlder(TrailVerifier.Bounds bounds, TrailReading reading) {
    ScopeRecord record = bounds.record();
    List<RecordCheck.Seen> seen = new ArrayList<>();
    for (Read<Znode> read : reading.reads()) {
      String name = read.path().substring(scope.auditPath().length() + 1);
      if (AuditFormat.index(name).orElse(-1) >= record.auditNext() - 1) {
        read.found()
            .ifPresent(
                node -> seen.add(new RecordCheck.Seen(name, node.data(), node.stat().getCzxid())));
      }
    }
    RecordCheck.older(scope, record, bounds.recorded().stat().getMzxid(), seen)
        .ifPresent(
            older -> {
              throw older;
            });
  }

  List<Quarantined> quarantined() throws InterruptedException {
    return quarantine.standing().stream().map(ForeignZnodes::of).toList();
  }

  private static Quarantined of(Quarantine.Standing one) {
    return one.note()
        .map(
            note ->
                new Quarantined(
                    note.from(), Optional.of(one.path()), note.by(), note.reason(), note.time()))
        .orElseGet(
            () ->
                new Quarantined(
                    "", Optional.of(one.path()), "", "its note cannot be read", Instant.EPOCH));
  }
}
