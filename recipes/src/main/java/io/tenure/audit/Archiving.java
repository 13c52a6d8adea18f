package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.ForgedEntry;
import io.tenure.internal.session.Log;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.apache.curator.framework.CuratorFramework;

/**
 * Reads trails and hands to the sink what it does not have. A look at a trail lists it, compares
 * the entry at which the archive stands, reads what follows, writes it, and takes out what is no
 * longer wanted.
 *
 * <p>It keeps nothing between looks but a copy of the sink's positions. So a look may be broken off
 * anywhere, by a lost connection, a full disk or the end of the process; the next one goes on from
 * the sink's positions.
 *
 * <p>Confined to one thread, which it blocks.
 */
final class Archiving {

  /** Lets the archiver's thread be told to stop, but not within the sink's work. */
  interface SinkGuard {
    void enter() throws InterruptedException;

    void leave();
  }

  private static final Log log = Log.of(Archiving.class);

  /** How many trails are read side by side, which bounds what is held in memory. */
  private static final int TRAILS_AT_ONCE = 256;

  /** How many entries are written, and forced to the disk, at once. */
  private static final int ENTRIES_AT_ONCE = 512;

  /** Of thousands that no transition made, so many of one trail are named. */
  private static final int MAX_SAID = 20;

  private record Due(TrailState state, String name) {}

  private final String root;
  private final ZnodeReader znodes;
  private final ArchiveSink sink;
  private final SinkGuard guard;
  private final Problems problems;
  private final TrailComparison comparison;
  private final SharedIndexes sharedIndexes;
  private final Optional<TrailTrimmer> trimmer;
  private final Map<String, ArchivePosition> positions = new HashMap<>();
  private boolean positionsKnown;

  /** Entries that no record counted in the last look. */
  private final Set<String> uncounted = new HashSet<>();

  Archiving(
      CuratorFramework client,
      String root,
      ArchiveSink sink,
      SinkGuard guard,
      OptionalInt keep,
      ArchiveListener listener) {
    this.root = root;
    this.znodes = new ZnodeReader(client);
    this.sink = sink;
    this.guard = guard;
    this.problems = new Problems(listener);
    this.comparison = new TrailComparison(znodes);
    this.sharedIndexes = new SharedIndexes(znodes);
    this.trimmer =
        keep.isPresent()
            ? Optional.of(new TrailTrimmer(client, keep.getAsInt(), problems))
            : Optional.empty();
  }

  Problems problems() {
    return problems;
  }

  /**
   * Looks at all trails at or below the root.
   *
   * @return trails to be looked at again soon
   */
  Set<String> lookAtAll() throws IOException, InterruptedException {
    problems.beginRound();
    znodes.sync(root);
    Set<String> trails = find();
    Set<String> again = look(trails);
    problems.endRound();
    problems.tell(listener -> listener.caughtUp(trails.size()));
    return again;
  }

  /** Looks at some trails; as {@link #lookAtAll}. */
  Set<String> look(Collection<String> trails) throws IOException, InterruptedException {
    learnPositions();
    Set<String> again = new TreeSet<>();
    List<String> all = List.copyOf(trails);
    for (int from = 0; from < all.size(); from += TRAILS_AT_ONCE) {
      List<TrailState> states =
          compare(
              read(all.subList(from, Math.min(all.size(), from + TRAILS_AT_ONCE)), again), again);
      deliver(states);
      if (trimmer.isPresent()) {
        again.addAll(trimmer.get().trim(states, positions));
      }
    }
    return again;
  }

  /** Walks the tree, level by level. */
  private Set<String> find() throws InterruptedException {
    Set<String> trails = new TreeSet<>();
    List<String> level = List.of(root);
    while (!level.isEmpty()) {
      List<String> below = new ArrayList<>();
      for (ZnodeReader.Listed node : znodes.listEach(level)) {
        node.problem().ifPresent(problem -> problems.say(node.path(), problem));
        for (String child : node.found().map(ZnodeReader.Listing::names).orElse(List.of())) {
          if (child.equals(TrailPaths.AUDIT)) {
            trails.add(node.path());
          } else if (TrailPaths.mayHoldTrails(node.path(), child)) {
            below.add(TrailPaths.child(node.path(), child));
          }
        }
      }
      level = below;
    }
    return trails;
  }

  private void learnPositions() throws IOException, InterruptedException {
    if (positionsKnown) {
      return;
    }
    guard.enter();
    try {
      positions.clear();
      positions.putAll(sink.positions());
      positionsKnown = true;
    } finally {
      guard.leave();
    }
  }

  private List<TrailState> read(List<String> trails, Set<String> again)
      throws InterruptedException {
    List<String> paths = trails.stream().map(TrailPaths::audit).toList();
    // Before the lists, so that what is counted by then is listed.
    List<Read<Znode>> earlierAudits = znodes.readEach(paths);
    List<Read<Znode>> earlierParents = znodes.readEach(trails);
    List<ZnodeReader.Listed> lists = znodes.listEach(paths);
    // After the lists, so that what is listed honestly is counted.
    List<Read<Znode>> audits = znodes.readEach(paths);
    List<Read<Znode>> parents = znodes.readEach(trails);
    List<TrailState> states = new ArrayList<>(trails.size());
    for (int i = 0; i < trails.size(); i++) {
      String trail = trails.get(i);
      Optional<String> problem = lists.get(i).problem();
      if (problem.isPresent() || audits.get(i).denied()) {
        problems.say(paths.get(i), problem.orElse(ZnodeReader.deniedText(paths.get(i))));
        continue;
      }
      Optional<ZnodeReader.Listing> list = lists.get(i).found();
      Optional<Znode> audit = audits.get(i).found();
      if (list.isEmpty() || audit.isEmpty()) {
        continue; // Deleted since it was found.
      }
      TrailState.Earlier earlier =
          new TrailState.Earlier(earlierAudits.get(i).found(), earlierParents.get(i).found());
      long made = list.get().stat().getCzxid();
      if (made != audit.get().stat().getCzxid() || !earlier.isOf(made)) {
        again.add(trail); // Made anew between the readings.
        continue;
      }
      TrailState state =
          TrailState.of(trail, earlier, list.get().names(), audit.get(), parents.get(i).found());
      if (state.movedOn) {
        again.add(trail);
      }
      if (state.isTooEarly()) {
        continue;
      }
      sharedIndexes.leaveOut(state);
      noteUncounted(state, again);
      states.add(state);
    }
    return states;
  }

  private void noteUncounted(TrailState state, Set<String> again) {
    List<String> some = state.uncounted.stream().sorted().limit(MAX_SAID).toList();
    if (some.size() < state.uncounted.size()) {
      problems.say(
          TrailPaths.audit(state.trail),
          "has "
              + (state.uncounted.size() - some.size())
              + " more znodes that no transition made; "
              + ForgedEntry.wayOut(state.trail));
    }
    for (String name : some) {
      if (!uncounted.add(state.path(name))) {
        problems.say(
            state.path(name),
            "stands where the record counts no entry, or beside the one that it counts: no"
                + " transition made it, and it is not archived and not taken out; "
                + ForgedEntry.wayOut(state.trail));
      } else {
        again.add(state.trail); // The record may have been read from before a retried listing.
      }
    }
    if (state.uncounted.isEmpty()) {
      uncounted.removeIf(path -> TrailPaths.ofEntry(path).equals(Optional.of(state.trail)));
    }
  }

  /**
   * Finds out where each trail goes on, and whether it is still the one that was archived.
   *
   * @return the states to go on with
   */
  private List<TrailState> compare(List<TrailState> read, Set<String> again)
      throws InterruptedException {
    List<TrailState> states = confirmed(read, again);
    List<TrailComparison.Known> same = new ArrayList<>();
    for (TrailState state : states) {
      ArchivePosition position = positions.get(state.trail);
      TrailState.Life life = state.begin(position);
      if (position == null) {
        continue;
      }
      switch (life) {
        case EARLIER -> {
          state.over = true;
          problems.say(TrailPaths.audit(state.trail), earlier(state, position));
        }
        case SET_BACK -> {
          state.setBack(position);
          problems.say(TrailPaths.audit(state.trail), setBack(state, position));
        }
        case SAME, SAME_WITH_NEW_PARENT -> same.add(new TrailComparison.Known(state, position));
        case FIRST, ANOTHER -> {}
      }
    }
    for (TrailComparison.Replaced replaced : comparison.compare(same)) {
      problems.say(
          replaced.by().path(),
          replaced.why() + ". What stands in the trail now is archived beside it");
      replaced
          .known()
          .state()
          .replaced(replaced.known().position(), replaced.by().stat().getMzxid());
    }
    return states;
  }

  /** Reads again what may have come from a server that lags, in a new session for example. */
  private List<TrailState> confirmed(List<TrailState> read, Set<String> again)
      throws InterruptedException {
    List<TrailState> states = new ArrayList<>(read.size());
    List<String> doubtful = new ArrayList<>();
    for (TrailState state : read) {
      TrailState.Life life = state.begin(positions.get(state.trail));
      if (life == TrailState.Life.SET_BACK || life == TrailState.Life.EARLIER) {
        doubtful.add(state.trail);
      } else {
        states.add(state);
      }
    }
    if (!doubtful.isEmpty()) {
      znodes.sync(root);
      states.addAll(read(doubtful, again));
    }
    return states;
  }

  private static String earlier(TrailState state, ArchivePosition position) {
    return "was made by transaction "
        + state.life
        + ", and the archive has it from "
        + position.life()
        + " already: this is another ensemble, or one restored from an older snapshot. Begin"
        + " another archive for it";
  }

  private static String setBack(TrailState state, ArchivePosition position) {
    return "was set back: its next entry gets index "
        + state.next().orElse(0)
        + ", and it is archived up to index "
        + position.index()
        + ". A backup was restored, or the record was rewritten. What stands in the trail now is"
        + " archived beside it";
  }

  private static List<String> paths(List<Due> entries) {
    return entries.stream().map(due -> due.state().path(due.name())).toList();
  }

  private void deliver(List<TrailState> states) throws IOException, InterruptedException {
    List<Due> due = new ArrayList<>();
    for (TrailState state : states) {
      if (!state.over) {
        state.due().forEach(name -> due.add(new Due(state, name)));
      }
    }
    for (int from = 0; from < due.size(); ) {
      int to = endOfBatch(due, from);
      List<Due> batch = due.subList(from, to);
      List<Read<Znode>> reads = znodes.readEach(paths(batch));
      List<Archived> items = new ArrayList<>(batch.size());
      for (int i = 0; i < batch.size(); i++) {
        take(batch.get(i), reads.get(i), items);
      }
      write(items);
      from = to;
    }
  }

  /** Entries with the same index, which only meddling makes, are written together or not at all. */
  private static int endOfBatch(List<Due> due, int from) {
    int to = Math.min(due.size(), from + ENTRIES_AT_ONCE);
    while (to < due.size()
        && due.get(to).state() == due.get(to - 1).state()
        && TrailState.index(due.get(to).name()) == TrailState.index(due.get(to - 1).name())) {
      to++;
    }
    return to;
  }

  private void take(Due due, Read<Znode> read, List<Archived> items) {
    TrailState state = due.state();
    if (state.over) {
      return;
    }
    if (read.denied()) {
      problems.say(read.path(), ZnodeReader.deniedText(read.path()));
      state.over = true; // What follows it must not be archived before it.
      return;
    }
    if (read.found().isEmpty()) {
      return; // Deleted since it was listed; if another follows, that is a gap.
    }
    Znode node = read.found().get();
    long index = TrailState.index(due.name());
    if (index > state.expected) {
      items.add(new ArchivedGap(state.trail, state.life, state.expected, index - 1));
    }
    state.expected = index + 1;
    items.add(
        new ArchivedEntry(
            state.trail,
            state.life,
            index,
            due.name(),
            Instant.ofEpochMilli(node.stat().getCtime()),
            node.stat().getCzxid(),
            AuditFormat.digest(node.data()),
            node.data()));
  }

  private void write(List<Archived> items) throws IOException, InterruptedException {
    if (items.isEmpty()) {
      return;
    }
    guard.enter();
    try {
      positionsKnown = false; // Until the sink has said that it has them.
      sink.write(List.copyOf(items));
      positionsKnown = true;
    } finally {
      guard.leave();
    }
    for (Archived item : items) {
      ArchivePosition before = positions.put(item.trail(), item.position());
      if (before != null && isAnother(item, before)) {
        log.warn("{}: another trail stands there now, {}", item.trail(), item.life());
        problems.tell(listener -> listener.anew(item.trail(), before.life(), item.life()));
      }
      if (item instanceof ArchivedGap gap) {
        log.warn(
            "{}: entries {} to {} were deleted before they could be archived",
            gap.trail(),
            gap.first(),
            gap.last());
        problems.tell(listener -> listener.gap(gap));
      }
    }
    problems.tell(listener -> listener.archived(List.copyOf(items)));
  }

  /** A scope that only lost the parent of its entries goes on where it was. */
  private static boolean isAnother(Archived item, ArchivePosition before) {
    long first = item instanceof ArchivedGap gap ? gap.first() : item.position().index();
    return !item.life().equals(before.life())
        && (Lives.isReplaced(item.life()) || first <= before.index());
  }
}
