package io.tenure.sharding;

import io.tenure.audit.ArchivedEntry;
import io.tenure.audit.AuditTrail;
import io.tenure.audit.Finding;
import io.tenure.audit.Finding.Rule;
import io.tenure.audit.ForeignEntry;
import io.tenure.internal.AuditFormat;
import io.tenure.internal.EntryChain;
import io.tenure.internal.TrailRecord;
import io.tenure.internal.TrailRules;
import io.tenure.internal.session.Quarantine;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.TenureException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A group's own trail: {@code /<group>/audit} with its record, and the entries below it. Only
 * reads; see {@link GroupWriter} for how entries come to be.
 *
 * <p>Blocks; thread-safe, without state of its own.
 */
final class GroupTrail {

  /** The record, and the version of its znode. */
  record Head(TrailRecord record, int version) {}

  private static final String NO_NAME = "is no entry's name; Tenure did not write it";

  private final GroupReads reads;
  private final GroupPaths paths;

  GroupTrail(GroupReads reads) {
    this.reads = reads;
    this.paths = reads.paths;
  }

  /** The record; empty if there is no trail yet. */
  Optional<Head> head() throws InterruptedException {
    return reads
        .node(paths.audit())
        .map(
            node ->
                new Head(TrailRecord.parse(node.path(), node.data()), node.stat().getVersion()));
  }

  /** The entry at a path, if it is the one with this nonce. */
  Optional<Operation> find(String path, String nonce) throws InterruptedException {
    Optional<Znode> node = reads.node(path);
    if (node.isEmpty()) {
      return Optional.empty();
    }
    try {
      OperationEntry entry = OperationEntry.parse(path, node.get().data());
      return entry.nonce().equals(nonce)
          ? Optional.of(operation(entry, node.get()))
          : Optional.empty();
    } catch (ForeignDataException e) {
      return Optional.empty(); // The znode is no entry of a change.
    }
  }

  private static Operation operation(OperationEntry entry, Znode node) {
    return entry.operation(node.path(), node.data(), serverTime(node));
  }

  private static Instant serverTime(Znode node) {
    return Instant.ofEpochMilli(node.stat().getCtime());
  }

  /** The entries; znodes that no change made are listed apart. */
  OperationTrail operations() throws InterruptedException {
    List<Operation> operations = new ArrayList<>();
    List<AuditTrail.Unreadable> unreadable = new ArrayList<>();
    Reading reading = read();
    for (String name : reading.names()) {
      if (AuditFormat.index(name).isEmpty()) {
        unreadable.add(new AuditTrail.Unreadable(paths.audit() + "/" + name, NO_NAME));
      }
    }
    for (ZnodeReader.Read<Znode> read : reading.reads()) {
      if (reading.told().unsettled().contains(read.path())) {
        continue; // It came while the trail was read, and another reading tells what it is.
      }
      if (reading.told().doubtful().contains(read.path())) {
        unreadable.add(
            new AuditTrail.Unreadable(
                read.path(), "shares its index, and no digest tells which is right"));
      } else if (reading.told().foreign().containsKey(read.path())) {
        unreadable.add(
            new AuditTrail.Unreadable(
                read.path(), reading.told().foreign().get(read.path()) + ": no change made it"));
      } else if (read.denied()) {
        unreadable.add(new AuditTrail.Unreadable(read.path(), ZnodeReader.deniedText(read.path())));
      } else if (read.found().isPresent()) { // Else it was taken out meanwhile.
        Znode node = read.found().get();
        try {
          operations.add(operation(OperationEntry.parse(node.path(), node.data()), node));
        } catch (TenureException e) {
          unreadable.add(new AuditTrail.Unreadable(node.path(), String.valueOf(e.getMessage())));
        }
      }
    }
    return new OperationTrail(operations, unreadable);
  }

  /** One reading: the record before and after it, and what is what. */
  private record Reading(
      Optional<Head> before,
      Optional<Head> after,
      List<String> names,
      List<ZnodeReader.Read<Znode>> reads,
      EntryChain.Told told) {}

  private Reading read() throws InterruptedException {
    Optional<Head> before = readableHead();
    List<String> names = reads.children(paths.audit());
    List<ZnodeReader.Read<Znode>> nodes =
        reads.znodes.readEach(
            names.stream()
                .filter(name -> AuditFormat.index(name).isPresent())
                .map(name -> paths.audit() + "/" + name)
                .toList());
    Optional<Head> after = readableHead();
    List<EntryChain.Anchor> anchors = new ArrayList<>();
    for (Optional<Head> head : List.of(before, after)) {
      head.ifPresent(
          one ->
              anchors.add(new EntryChain.Anchor(one.record().auditNext(), one.record().digest())));
    }
    long first = before.map(head -> head.record().auditFirst()).orElse(0L);
    return new Reading(before, after, names, nodes, EntryChain.tell(links(nodes), first, anchors));
  }

  private Optional<Head> readableHead() throws InterruptedException {
    try {
      return head();
    } catch (ForeignDataException e) {
      return Optional.empty(); // What can be read of the entries is shown all the same.
    }
  }

  private static List<EntryChain.Link> links(List<ZnodeReader.Read<Znode>> nodes) {
    List<EntryChain.Link> links = new ArrayList<>(nodes.size());
    for (ZnodeReader.Read<Znode> read : nodes) {
      String name = read.path().substring(read.path().lastIndexOf('/') + 1);
      long index = AuditFormat.index(name).orElse(0);
      if (read.denied()) {
        links.add(EntryChain.Link.unreadable(read.path(), index));
      } else if (read.found().isPresent()) {
        Znode node = read.found().get();
        links.add(EntryChain.Link.of(read.path(), index, node.data(), node.stat().getCzxid()));
      }
    }
    return links;
  }

  // ---- what no change made ----

  /** The znodes in the trail that no change made. */
  List<ForeignEntry> foreign() throws InterruptedException {
    return foreign(read());
  }

  private List<ForeignEntry> foreign(Reading reading) {
    if (reading.before().isEmpty()) {
      return List.of(); // Without a record nothing is known.
    }
    Map<String, String> foreign = new TreeMap<>(reading.told().foreign());
    reading.names().stream()
        .filter(name -> AuditFormat.index(name).isEmpty())
        .forEach(name -> foreign.put(paths.audit() + "/" + name, "is no entry's name"));
    List<ForeignEntry> found = new ArrayList<>(foreign.size());
    foreign.forEach((path, why) -> found.add(new ForeignEntry(path, why)));
    return List.copyOf(found);
  }

  /** A reading during which no change was made; empty if one was. */
  Optional<Quarantine.Found> still() throws InterruptedException {
    reads.sync();
    Reading reading = read();
    if (reading.before().isEmpty() || reading.after().isEmpty()) {
      throw new ForeignDataException(
          paths.audit() + " has no record: nobody knows which znodes changes made");
    }
    int version = reading.before().get().version();
    return version == reading.after().get().version()
        ? Optional.of(
            new Quarantine.Found(
                paths.audit(), version, foreign(reading).stream().map(ForeignEntry::path).toList()))
        : Optional.empty();
  }

  // ---- verification ----

  /**
   * What is wrong.
   *
   * @param archived what was archived of it, in that order; read before the trail is
   */
  List<Finding> verify(List<ArchivedEntry> archived) throws InterruptedException {
    Reading reading;
    try {
      head();
      reading = read();
    } catch (ForeignDataException e) {
      return List.of(
          new Finding(paths.audit(), Rule.RECORD_READABLE, String.valueOf(e.getMessage())));
    }
    Optional<Head> before = reading.before();
    Optional<Head> after = reading.after();
    if (before.isEmpty() || after.isEmpty()) {
      return List.of(
          new Finding(
              paths.audit(),
              Rule.RECORD_READABLE,
              "there is no trail: either the group is older than that and nothing was changed"
                  + " since, or it was deleted"));
    }
    return new Verification(before.get().record(), after.get().record())
        .run(reading, new ArchivedOperations(paths.audit(), archived));
  }

  /**
   * Holds the trail against its rules. It may have moved on while it was read: what counts is what
   * was there all the time. Confined to one verification.
   */
  private final class Verification {
    private final TrailRecord before;
    private final TrailRecord after;
    private final long first;
    private final List<Finding> findings = new ArrayList<>();

    Verification(TrailRecord before, TrailRecord after) {
      this.before = before;
      this.after = after;
      this.first = Math.max(before.auditFirst(), after.auditFirst());
    }

    List<Finding> run(Reading reading, ArchivedOperations archived) {
      for (String name : reading.names()) {
        if (AuditFormat.index(name).isEmpty()) {
          find(paths.audit() + "/" + name, Rule.ENTRY_READABLE, NO_NAME);
        }
      }
      List<TrailRules.Link> links = new ArrayList<>();
      for (ZnodeReader.Read<Znode> read : reading.reads()) {
        if (read.denied() && reading.told().isEntry(read.path())) {
          throw ZnodeReader.denied(read.path());
        }
        boolean beside =
            reading.told().foreign().getOrDefault(read.path(), "").startsWith("stands beside");
        if (beside) {
          find(
              read.path(),
              Rule.INDEXES_DENSE,
              reading.told().foreign().get(read.path()) + ": no change made it");
        }
        if (beside || read.found().isEmpty()) {
          continue;
        }
        Znode node = read.found().get();
        String name = node.path().substring(node.path().lastIndexOf('/') + 1);
        long index = AuditFormat.index(name).orElse(-1);
        if (index < before.auditFirst()) {
          find(node.path(), Rule.INDEXES_DENSE, "is older than the oldest that the record counts");
        } else if (index >= after.auditNext()) {
          find(node.path(), Rule.RECORD_MATCHES, "the record does not count it");
        } else if (index >= first && index < before.auditNext()) {
          link(node, name).ifPresent(links::add);
        } // Else it came or went while the trail was read.
      }
      List<TrailRules.Link> all = archived.join(links, after.auditNext());
      long start = all.isEmpty() ? first : Math.min(first, all.get(0).index());
      new TrailRules(
              paths.audit(), (path, rule, what) -> find(path, Rule.valueOf(rule.name()), what))
          .check(all, start, before.auditNext(), before.digest());
      findings.addAll(archived.findings());
      return List.copyOf(findings);
    }

    private Optional<TrailRules.Link> link(Znode node, String name) {
      OperationEntry entry;
      try {
        entry = OperationEntry.parse(node.path(), node.data());
      } catch (TenureException e) {
        find(node.path(), Rule.ENTRY_READABLE, String.valueOf(e.getMessage()));
        return Optional.empty();
      }
      if (!entry.name().equals(name)) {
        find(node.path(), Rule.ENTRY_READABLE, "its data belongs to " + entry.name());
      }
      if (node.stat().getVersion() != 0) {
        find(
            node.path(),
            Rule.ENTRY_IMMUTABLE,
            "was rewritten " + node.stat().getVersion() + " times");
      }
      return Optional.of(
          new TrailRules.Link(
              node.path(),
              entry.index(),
              AuditFormat.digest(node.data()),
              entry.previous(),
              serverTime(node),
              node.stat().getCzxid()));
    }

    private void find(String path, Rule rule, String detail) {
      findings.add(new Finding(path, rule, detail));
    }
  }
}
