package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.CountedIndexes;
import io.tenure.internal.EntryChain;
import io.tenure.internal.ZnodeJson;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.ForeignDataException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A trail as it was read, and how much of it was read before. Confined to the reader's thread, for
 * one look.
 *
 * <p>Under one path several trails stand one after the other: a scope is deleted and made anew, the
 * servers are restored from an older snapshot, history is rewritten. Each is a life of the trail;
 * see {@link Archived#life}.
 */
final class TrailState {

  private static final String NEXT = "auditNext";
  private static final String FIRST = "auditFirst";

  /** In which life a trail is, held against what was read of it before. */
  enum Life {
    /** Nothing was read before. */
    FIRST,
    /** The same, as far as its znodes tell; its entries may tell otherwise. */
    SAME,
    /** The same, though the parent of the entries was deleted and made again. */
    SAME_WITH_NEW_PARENT,
    /** Another: the scope was deleted and made anew. */
    ANOTHER,
    /** One that was made before the one that was read: another ensemble, or an older snapshot. */
    EARLIER,
    /** The same, set back: its record counts fewer entries than were read. */
    SET_BACK
  }

  final String trail;

  /** The {@code audit} znode as it was read after its children were listed. */
  final Znode audit;

  /**
   * Names of the entries that the trail's record counts, by index, as far as the list is known to
   * have all of them.
   */
  final List<String> names;

  /** Names that the record does not count, or beside which the digests tell of the entry. */
  final List<String> uncounted;

  /** Whether the record stands in the {@code audit} znode itself, as that of a group does. */
  final boolean ownsRecord;

  /** The znode with the trail's record, where it can be read, and the next index. */
  private final Optional<Znode> record;

  private final OptionalLong next;

  /** What was read before the list. */
  private final Earlier earlier;

  /** Whether entries were made during the reading, so that another one is due. */
  final boolean movedOn;

  /** The znode that {@code audit} is below. */
  private final Optional<Znode> parent;

  String life = "";

  /** The index that is to be archived next. */
  long expected = 1;

  /** Whether nothing more is to be done with this trail in this look. */
  boolean over;

  /**
   * The znodes that may have the trail's record, as they were before the list was read.
   *
   * @param audit empty if it was not there
   * @param parent the znode that it is below, if it could be read
   */
  record Earlier(Optional<Znode> audit, Optional<Znode> parent) {

    /** The one with the record, if it was there already. */
    private Optional<Znode> record() {
      return audit.filter(znode -> TrailState.next(znode).isPresent()).or(() -> parent);
    }

    private OptionalLong next() {
      return record().map(TrailState::next).orElse(OptionalLong.empty());
    }

    /** The next index, or the first one before there was a record; never beyond a later one. */
    private OptionalLong next(OptionalLong later) {
      return later.isEmpty()
          ? later
          : OptionalLong.of(Math.min(next().orElse(1), later.getAsLong()));
    }

    /** Whether the list is of the same life of the trail. */
    boolean isOf(long auditZxid) {
      return audit.filter(znode -> znode.stat().getCzxid() == auditZxid).isPresent();
    }
  }

  private TrailState(
      String trail,
      Znode audit,
      Optional<Znode> parent,
      boolean ownsRecord,
      OptionalLong next,
      Earlier earlier,
      List<String> names,
      List<String> uncounted) {
    this.trail = trail;
    this.audit = audit;
    this.parent = parent;
    this.ownsRecord = ownsRecord;
    this.record = ownsRecord ? Optional.of(audit) : parent;
    this.next = next;
    this.earlier = earlier;
    this.movedOn = next.isPresent() && !earlier.next().equals(next);
    this.names = names;
    this.uncounted = uncounted;
  }

  /**
   * Takes a reading apart.
   *
   * <p>The trail's record was read after the children were listed, so an honest entry is counted by
   * it, or was deleted meanwhile. An entry that is neither was put there by another client; it must
   * not move the archive past the entries that are still to come under smaller indexes. Where there
   * is no record, or one that cannot be read, every entry is taken.
   *
   * <p>What the record counts only since the list was read, see {@link CountedIndexes}, is left to
   * another look, see {@link #movedOn}.
   *
   * @param earlier what was read before the children were listed
   * @param children of the {@code audit} znode
   * @param parent the znode that it is below, if it could be read
   */
  static TrailState of(
      String trail, Earlier earlier, List<String> children, Znode audit, Optional<Znode> parent) {
    OptionalLong own = next(audit);
    OptionalLong next = own.isPresent() ? own : parent.map(TrailState::next).orElse(own);
    OptionalLong counts =
        own.isPresent()
            ? field(audit, FIRST)
            : parent.map(znode -> field(znode, FIRST)).orElse(own);
    long first = Math.max(counts.orElse(1), field(audit, "first").orElse(1));
    CountedIndexes indexes = CountedIndexes.of(first, earlier.next(next), next);
    List<String> counted = new ArrayList<>(children.size());
    List<String> uncounted = new ArrayList<>(0);
    for (String name : children) {
      OptionalLong index = AuditFormat.index(name);
      if (index.isPresent()) {
        if (next.isPresent() && !indexes.contains(index.getAsLong())) {
          uncounted.add(name);
        } else if (indexes.isListed(index.getAsLong())) {
          counted.add(name);
        }
      }
    }
    counted.sort(Comparator.comparingLong(TrailState::index).thenComparing(name -> name));
    return new TrailState(trail, audit, parent, own.isPresent(), next, earlier, counted, uncounted);
  }

  private static OptionalLong next(Znode node) {
    return field(node, NEXT);
  }

  private static OptionalLong field(Znode node, String field) {
    if (node.data().length == 0) {
      return OptionalLong.empty();
    }
    try {
      ZnodeJson json = ZnodeJson.parse(node.path(), node.data());
      return json.get(field) == null
          ? OptionalLong.empty()
          : OptionalLong.of(json.number(field, 1));
    } catch (ForeignDataException e) {
      return OptionalLong.empty();
    }
  }

  /**
   * What the record said of the last entry, before the list was read and after; empty where there
   * is no record that can be read.
   */
  List<EntryChain.Anchor> anchors() {
    return Stream.of(earlier.record(), record)
        .flatMap(Optional::stream)
        .flatMap(node -> anchor(node).stream())
        .toList();
  }

  private static Optional<EntryChain.Anchor> anchor(Znode node) {
    OptionalLong next = next(node);
    return next.isEmpty()
        ? Optional.empty()
        : ZnodeJson.parse(node.path(), node.data())
            .optionalText("digest")
            .map(digest -> new EntryChain.Anchor(next.getAsLong(), digest));
  }

  /** Whether nothing can be said yet, since the first entries came during the reading. */
  boolean isTooEarly() {
    return movedOn && names.isEmpty();
  }

  /** The least index under which several znodes stand. */
  OptionalLong firstShared() {
    for (int i = 1; i < names.size(); i++) {
      if (index(names.get(i)) == index(names.get(i - 1))) {
        return OptionalLong.of(index(names.get(i)));
      }
    }
    return OptionalLong.empty();
  }

  /** Some names turned out to be no entry's. */
  void leaveOut(Set<String> foreign) {
    names.removeIf(
        name -> {
          boolean out = foreign.contains(path(name));
          if (out) {
            uncounted.add(name);
          }
          return out;
        });
  }

  static long index(String name) {
    return AuditFormat.index(name).orElseThrow();
  }

  String path(String name) {
    return TrailPaths.entry(trail, name);
  }

  /** The entries that stand at an index: one, unless a client meddled. */
  List<String> at(long index) {
    return names.stream().filter(name -> index(name) == index).toList();
  }

  /** Those that are not archived yet. */
  List<String> due() {
    return names.stream().filter(name -> index(name) >= expected).toList();
  }

  /**
   * Decides in which life the trail is, as far as its znodes tell, and where reading goes on.
   *
   * @param position how far it was read before; null if it was not
   */
  Life begin(@Nullable ArchivePosition position) {
    long made = audit.stat().getCzxid();
    life = Lives.of(made);
    if (position == null) {
      return Life.FIRST;
    }
    long before = Lives.auditZxid(position.life());
    if (made < before) {
      return Life.EARLIER;
    }
    if (made > before && !countsOn(position)) {
      return Life.ANOTHER;
    }
    if (made == before) {
      life = position.life();
    }
    expected = position.index() + 1;
    if (next.isPresent() && next.getAsLong() <= position.index()) {
      return Life.SET_BACK;
    }
    return made == before ? Life.SAME : Life.SAME_WITH_NEW_PARENT;
  }

  /**
   * Whether only the parent of the entries was deleted and made again. A scope's record is not
   * below that parent and counts on, also while no entry is there yet. Where the record went with
   * the parent, or the age of what was read is not known, the entries alone can tell.
   */
  private boolean countsOn(ArchivePosition position) {
    boolean scopeIsOlder =
        position.zxid() == 0
            || parent.map(znode -> znode.stat().getCzxid() <= position.zxid()).orElse(true);
    boolean recordTells = !ownsRecord && position.zxid() != 0 && next.isPresent();
    return scopeIsOlder
        && (recordTells
            ? next.getAsLong() > position.index()
            : !names.isEmpty() && index(names.get(0)) > position.index());
  }

  /** What stands here is not what was read: everything is read anew. */
  void replaced(ArchivePosition position, long byZxid) {
    life = Lives.replaced(position.life(), audit.stat().getCzxid(), byZxid);
    expected = first();
  }

  /** As {@link #replaced}, by the transaction that last wrote the record. */
  void setBack(ArchivePosition position) {
    replaced(position, record.orElse(audit).stat().getMzxid());
  }

  /** What the record says the next entry's index is. */
  OptionalLong next() {
    return next;
  }

  private long first() {
    return names.isEmpty() ? 1 : index(names.get(0));
  }
}
