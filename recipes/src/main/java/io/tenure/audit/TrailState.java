package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.ZnodeJson;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.ForeignDataException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A trail as it was read, and how much of it the archive has. Confined to the archiver's thread,
 * for one look.
 */
final class TrailState {

  private static final String NEXT = "auditNext";

  final String trail;

  /** The {@code audit} znode as it was read after its children were listed. */
  final Znode audit;

  /** Names of the entries that the trail's record counts, by index. */
  final List<String> names;

  /** Names that the record does not count. */
  final List<String> uncounted;

  /** Whether the record stands in the {@code audit} znode itself, as that of a group does. */
  final boolean ownsRecord;

  String life = "";

  /** The index that is to be archived next. */
  long expected = 1;

  /** Whether nothing more is to be done with this trail in this look. */
  boolean over;

  private TrailState(
      String trail, Znode audit, boolean ownsRecord, List<String> names, List<String> uncounted) {
    this.trail = trail;
    this.audit = audit;
    this.ownsRecord = ownsRecord;
    this.names = names;
    this.uncounted = uncounted;
  }

  /**
   * Takes a reading apart.
   *
   * <p>The trail's record was read after the children were listed, so an honest entry is counted by
   * it. One that is not was put there by somebody else; it must not move the archive past the
   * entries that are still to come under smaller indexes. Where there is no record, or one that
   * cannot be read, every entry is taken.
   *
   * @param children of the {@code audit} znode
   * @param parent the znode that it is below, if it could be read
   */
  static TrailState of(String trail, List<String> children, Znode audit, Optional<Znode> parent) {
    OptionalLong own = next(audit);
    OptionalLong next = own.isPresent() ? own : parent.map(TrailState::next).orElse(own);
    List<String> counted = new ArrayList<>(children.size());
    List<String> uncounted = new ArrayList<>(0);
    for (String name : children) {
      OptionalLong index = AuditFormat.index(name);
      if (index.isPresent()) {
        (next.isPresent() && index.getAsLong() >= next.getAsLong() ? uncounted : counted).add(name);
      }
    }
    counted.sort(Comparator.comparingLong(TrailState::index).thenComparing(name -> name));
    return new TrailState(trail, audit, own.isPresent(), counted, uncounted);
  }

  private static OptionalLong next(Znode node) {
    if (node.data().length == 0) {
      return OptionalLong.empty();
    }
    try {
      ZnodeJson json = ZnodeJson.parse(node.path(), node.data());
      return json.get(NEXT) == null ? OptionalLong.empty() : OptionalLong.of(json.number(NEXT, 1));
    } catch (ForeignDataException e) {
      return OptionalLong.empty();
    }
  }

  static long index(String name) {
    return AuditFormat.index(name).orElseThrow();
  }

  String path(String name) {
    return TrailPaths.entry(trail, name);
  }

  /** The entries that stand at an index: one, unless somebody meddled. */
  List<String> at(long index) {
    return names.stream().filter(name -> index(name) == index).toList();
  }

  /** Those that are not archived yet. */
  List<String> due() {
    return names.stream().filter(name -> index(name) >= expected).toList();
  }

  /**
   * Decides in which life the trail is, as far as the {@code audit} znode tells.
   *
   * @param position where the archive stands; null if it has nothing of the trail
   * @return what is wrong, if the trail cannot be archived
   */
  Optional<String> begin(@Nullable ArchivePosition position) {
    long made = audit.stat().getCzxid();
    life = Lives.of(made);
    if (position == null) {
      return Optional.empty();
    }
    long archived = Lives.auditZxid(position.life());
    if (made < archived) {
      over = true;
      return Optional.of(
          "was made by transaction "
              + life
              + ", and the archive has it from "
              + position.life()
              + " already: this is another ensemble, or a server that lags. For another ensemble"
              + " begin another archive");
    }
    if (made == archived) {
      life = position.life();
      expected = position.index() + 1;
    } else if (!names.isEmpty() && index(names.get(0)) > position.index()) {
      // Only the parent of the entries was deleted and made again: the record counts on.
      expected = position.index() + 1;
    }
    return Optional.empty();
  }

  /** What stands here is not what was archived: everything is archived anew. */
  void replaced(long byZxid) {
    life = Lives.replaced(audit.stat().getCzxid(), byZxid);
    expected = names.isEmpty() ? 1 : index(names.get(0));
  }
}
