package io.tenure.cli.timeline;

import io.tenure.audit.AuditTrail;
import io.tenure.audit.RecordedEntry;
import io.tenure.cli.timeline.TimelineData.Absence;
import io.tenure.cli.timeline.TimelineData.End;
import io.tenure.cli.timeline.TimelineData.Hole;
import io.tenure.cli.timeline.TimelineData.Office;
import io.tenure.cli.timeline.TimelineData.Row;
import io.tenure.scope.Candidate;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Folds the entries of one scope into tenures, one entry at a time: an election opens one, an end
 * closes it. What {@link AuditTrail#tenures()} makes of the same entries it makes as well, and says
 * besides where entries are missing.
 *
 * <p>Each row carries the version in which it last changed, so that a reader can be told what is
 * new. Confined to its thread, or guarded by its owner's lock.
 */
final class ShardFold {

  /** Enough to tell what kind of trouble it is; the rest is in {@code tenure doctor}. */
  private static final int MAX_PROBLEMS = 20;

  /** What an entry was. */
  enum Taken {
    /** The next one, maybe after a hole. */
    NEW,
    /** One that was taken before. */
    REPEATED,
    /** The first of a trail that was deleted and begins anew. */
    RESTARTED
  }

  private record Slot(Row row, long version) {}

  private final ShardName name;
  private final Deque<Slot> slots = new ArrayDeque<>();
  private final Deque<Hole> holes = new ArrayDeque<>();
  private final List<AuditTrail.Unreadable> problems = new ArrayList<>();
  private Office office = Office.UNKNOWN;
  private boolean removed;
  private long lastIndex;
  private long lastZxid = Long.MIN_VALUE;
  private Optional<Instant> lastTime = Optional.empty();
  private long changed;
  private long replaced = -1;

  /** A scope of which nothing is known, and that this is so is known since a version. */
  ShardFold(ShardName name, long version) {
    this.name = name;
    this.changed = version;
  }

  /** Takes a whole trail as it was read, over what is here already. */
  void load(AuditTrail trail, long version) {
    trail.entries().forEach(entry -> add(entry, version));
    if (trail.next() > 0) {
      missingUntil(trail.next() - 1, version);
    }
    problems.clear();
    trail.unreadable().forEach(problem -> problem(problem, version));
    boolean endIsLast = !slots.isEmpty() && isEnd(slots.getLast().row().end());
    boolean nothingMissing = trail.next() == lastIndex + 1;
    if (endIsLast && nothingMissing) {
      office(false, version); // If a leader was seen, that was before the last entry.
    } else if (trail.led()) {
      office(true, version);
    } else if (trail.exists()) {
      // A leader node that must not be read looks like one that is not there.
      office(trail.unreadable().isEmpty() ? Office.VACANT : Office.UNKNOWN, version);
    }
    if (trail.led() && nothingMissing) {
      reopen(version);
    }
  }

  /** Takes an entry. */
  Taken add(RecordedEntry recorded, long version) {
    long index = recorded.entry().index();
    Taken taken = Taken.NEW;
    if (index <= lastIndex) {
      if (recorded.zxid() <= lastZxid) {
        return Taken.REPEATED;
      }
      restart(version);
      taken = Taken.RESTARTED;
    }
    Instant time = recorded.serverTime();
    closeHole();
    if (index > lastIndex + 1) {
      Absence absence = lastIndex == 0 ? Absence.NOT_KEPT : Absence.MISSING;
      holes.add(new Hole(lastIndex + 1, index - 1, lastTime, Optional.of(time), absence));
    }
    fold(recorded, version);
    lastIndex = index;
    lastZxid = recorded.zxid();
    lastTime = Optional.of(time);
    changed = version;
    return taken;
  }

  /** Entries up to this one are known to have been written, and are not here. */
  void missingUntil(long last, long version) {
    if (last <= lastIndex || (openHole() && holes.getLast().last() >= last)) {
      return;
    }
    closeHole();
    holes.add(new Hole(lastIndex + 1, last, lastTime, Optional.empty(), Absence.MISSING));
    endUnseen(Optional.empty(), version);
    changed = version;
  }

  void problem(AuditTrail.Unreadable problem, long version) {
    if (problems.size() < MAX_PROBLEMS && !problems.contains(problem)) {
      problems.add(problem);
      changed = version;
    }
  }

  /** What is known of the office beside the last entry. */
  void office(boolean led, long version) {
    office(led ? Office.LED : Office.VACANT, version);
  }

  private void office(Office now, long version) {
    if (now != office) {
      office = now;
      changed = version;
    }
    if (now != Office.LED) {
      // Its session is over, or its node deleted: how, the successor will record.
      endUnseen(Optional.empty(), version);
    }
  }

  /** Whether the group has this shard no longer. */
  void removed(boolean now, long version) {
    if (now != removed) {
      removed = now;
      changed = version;
    }
  }

  int size() {
    return slots.size();
  }

  /** Forgets the oldest tenure; the last one stays. */
  boolean forgetOldest(long version) {
    if (slots.size() < 2) {
      return false;
    }
    slots.removeFirst();
    Row oldest = slots.getFirst().row();
    Optional<Instant> begins = oldest.from().or(oldest::to);
    for (Iterator<Hole> all = holes.iterator(); all.hasNext(); ) {
      if (all.next().last() < oldest.index()) {
        all.remove();
      }
    }
    holes.addFirst(new Hole(1, oldest.index() - 1, Optional.empty(), begins, Absence.FORGOTTEN));
    changed = version;
    return true;
  }

  boolean changedSince(long version) {
    return changed > version;
  }

  /** What has changed since a version; everything, if that is negative. */
  TimelineData.Shard changesSince(long version) {
    List<Row> rows = new ArrayList<>();
    boolean all = version < 0 || replaced > version;
    for (Slot slot : slots) {
      if (all || slot.version() > version) {
        rows.add(slot.row());
      }
    }
    return new TimelineData.Shard(
        name.scope(),
        name.name(),
        name.ofShard() && !removed,
        removed && office == Office.VACANT ? Office.REMOVED : office,
        all,
        slots.isEmpty() ? 0 : slots.getFirst().row().index(),
        rows,
        List.copyOf(holes),
        problems);
  }

  private void fold(RecordedEntry recorded, long version) {
    if (!(recorded.entry().transition() instanceof Transition.End end)) {
      endUnseen(Optional.of(recorded.serverTime()), version);
      slots.add(new Slot(elected(recorded), version));
      office = Office.LED;
      return;
    }
    boolean ofLast = !slots.isEmpty() && slots.getLast().row().epoch() == recorded.entry().epoch();
    if (ofLast) {
      Row open = slots.removeLast().row();
      slots.add(new Slot(ended(open, recorded, end), version));
    } else {
      endUnseen(Optional.of(recorded.serverTime()), version);
      slots.add(new Slot(ended(unseenElection(recorded), recorded, end), version));
    }
    office = Office.VACANT;
  }

  private static Row elected(RecordedEntry recorded) {
    return row(
        recorded, Optional.of(recorded.serverTime()), recorded.entry().transition().reason());
  }

  private static Row unseenElection(RecordedEntry recorded) {
    return row(recorded, Optional.empty(), "");
  }

  private static Row row(RecordedEntry recorded, Optional<Instant> from, String electedReason) {
    Candidate candidate = recorded.entry().candidate();
    String place =
        candidate.endpoint().map(endpoint -> endpoint + ", ").orElse("")
            + "host "
            + candidate.host()
            + ", pid "
            + candidate.pid();
    return new Row(
        recorded.entry().index(),
        candidate.id(),
        place,
        recorded.entry().epoch(),
        from,
        Optional.empty(),
        End.ON,
        electedReason,
        "");
  }

  private static Row ended(Row open, RecordedEntry recorded, Transition.End end) {
    End kind =
        switch (end.word()) {
          case "resigned" -> End.RESIGNED;
          case "failed" -> End.FAILED;
          case "lapsed" -> End.LAPSED;
          case "revoked" -> End.REVOKED;
          default -> End.LOST;
        };
    return ended(open, Optional.of(recorded.serverTime()), kind, end.reason());
  }

  private static Row ended(Row open, Optional<Instant> to, End end, String reason) {
    return new Row(
        open.index(),
        open.worker(),
        open.place(),
        open.epoch(),
        open.from(),
        to,
        end,
        open.electedReason(),
        reason);
  }

  private static boolean isEnd(End end) {
    return end != End.ON && end != End.UNKNOWN;
  }

  /** The last tenure is over if it was open, and its end was not seen: a bound at most is known. */
  private void endUnseen(Optional<Instant> bound, long version) {
    if (slots.isEmpty() || isEnd(slots.getLast().row().end())) {
      return;
    }
    Row open = slots.removeLast().row();
    slots.add(new Slot(ended(open, bound, End.UNKNOWN, ""), version));
    changed = version;
  }

  /** There is a leader, and nothing was written after this election: so it is this tenure. */
  private void reopen(long version) {
    if (!slots.isEmpty()
        && slots.getLast().row().end() == End.UNKNOWN
        && slots.getLast().row().to().isEmpty()) {
      Row gone = slots.removeLast().row();
      slots.add(new Slot(ended(gone, Optional.empty(), End.ON, ""), version));
      changed = version;
    }
  }

  private boolean openHole() {
    return !holes.isEmpty() && holes.getLast().first() == lastIndex + 1;
  }

  /** The hole at the end turned out to be one in the middle, or none. */
  private void closeHole() {
    if (openHole()) {
      holes.removeLast();
    }
  }

  private void restart(long version) {
    slots.clear();
    holes.clear();
    problems.clear();
    office = Office.UNKNOWN;
    lastIndex = 0;
    lastTime = Optional.empty();
    replaced = version;
    changed = version;
  }
}
