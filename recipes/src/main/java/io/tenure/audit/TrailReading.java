package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.internal.EntryChain;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One reading of a trail, in which the entries are told from what no transition made. The record is
 * read before the list and after the entries, since the trail may move on meanwhile.
 *
 * @param before the record and the parent of the entries, as they were read first; empty if there
 *     is no scope
 * @param after the same, as they were read last
 * @param names that were listed
 * @param reads what was read of those names that begin with an index
 * @param told what is what
 */
record TrailReading(
    Optional<TrailVerifier.Bounds> before,
    Optional<TrailVerifier.Bounds> after,
    List<String> names,
    List<Read<Znode>> reads,
    EntryChain.Told told) {

  /**
   * Reads a trail.
   *
   * @throws io.tenure.scope.ForeignDataException if its record cannot be read
   */
  static TrailReading of(TrailReader reader, String auditPath) throws InterruptedException {
    Optional<TrailVerifier.Bounds> before = bounds(reader);
    List<String> names = reader.names();
    List<Read<Znode>> reads =
        reader.readEach(
            names.stream()
                .filter(name -> AuditFormat.index(name).isPresent())
                .map(name -> auditPath + "/" + name)
                .toList());
    Optional<TrailVerifier.Bounds> after = bounds(reader);
    List<EntryChain.Anchor> anchors = new ArrayList<>();
    before.ifPresent(bounds -> anchors.add(anchor(bounds)));
    after.ifPresent(bounds -> anchors.add(anchor(bounds)));
    long first = before.map(TrailVerifier.Bounds::first).orElse(0L);
    return new TrailReading(
        before, after, names, reads, EntryChain.tell(links(reads), first, anchors));
  }

  private static Optional<TrailVerifier.Bounds> bounds(TrailReader reader)
      throws InterruptedException {
    Optional<TrailReader.Recorded> record = reader.record();
    TrailReader.Parent parent = reader.parent();
    return record.map(of -> new TrailVerifier.Bounds(of, parent));
  }

  private static EntryChain.Anchor anchor(TrailVerifier.Bounds bounds) {
    return new EntryChain.Anchor(bounds.record().auditNext(), bounds.record().digest());
  }

  static List<EntryChain.Link> links(List<Read<Znode>> reads) {
    List<EntryChain.Link> links = new ArrayList<>(reads.size());
    for (Read<Znode> read : reads) {
      long index =
          AuditFormat.index(read.path().substring(read.path().lastIndexOf('/') + 1)).orElse(0);
      if (read.denied()) {
        links.add(EntryChain.Link.unreadable(read.path(), index));
      } else if (read.found().isPresent()) {
        Znode node = read.found().get();
        links.add(EntryChain.Link.of(read.path(), index, node.data(), node.stat().getCzxid()));
      } // Else: retention was faster.
    }
    return links;
  }

  /** What was read of the entries, in their order. */
  List<Read<Znode>> entries() {
    return reads.stream()
        .filter(read -> told.isEntry(read.path()))
        .filter(read -> read.denied() || read.found().isPresent())
        .toList();
  }
}
