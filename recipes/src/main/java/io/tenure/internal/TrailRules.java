package io.tenure.internal;

import java.time.Instant;
import java.util.List;

/**
 * What must hold for the entries of any trail, regardless of what they tell: none is missing, each
 * repeats the digest of the one before, and time does not go back. Pure; used for one verification.
 */
public final class TrailRules {

  /**
   * One entry as it was read.
   *
   * @param path where it stands
   * @param index what it says of its place
   * @param digest SHA-256 of its bytes
   * @param previous the digest that it repeats
   * @param serverTime when the server wrote it
   * @param zxid the transaction that wrote it
   */
  public record Link(
      String path, long index, String digest, String previous, Instant serverTime, long zxid) {}

  /** The rules. */
  public enum Rule {
    /** The entries are all there, once each. */
    INDEXES_DENSE,
    /** Each entry repeats the digest of the one before, and the record that of the last. */
    DIGESTS_CHAINED,
    /** Neither server times nor transaction ids go back. */
    TIMES_IN_ORDER
  }

  /** Is told what is wrong. */
  public interface Findings {
    /** A rule is broken at a znode. */
    void find(String path, Rule rule, String detail);
  }

  private final String auditPath;
  private final Findings findings;

  /** Rules of the trail whose entries stand below a path. */
  public TrailRules(String auditPath, Findings findings) {
    this.auditPath = auditPath;
    this.findings = findings;
  }

  /**
   * Holds entries against the rules.
   *
   * @param entries in the order of their names
   * @param first the index of the oldest that must be there. What it repeats cannot be checked,
   *     unless it is the trail's first
   * @param next one more than the index of the last that must be there
   * @param digest of that last entry, as the record has it
   */
  public void check(List<Link> entries, long first, long next, String digest) {
    indexes(entries, first, next);
    chain(entries, next, digest);
    times(entries);
  }

  private void indexes(List<Link> entries, long first, long next) {
    long expected = first;
    for (Link entry : entries) {
      if (entry.index() < expected) {
        findings.find(
            entry.path(), Rule.INDEXES_DENSE, "index " + entry.index() + " stands more than once");
        continue;
      }
      missing(expected, entry.index());
      expected = entry.index() + 1;
    }
    missing(expected, next);
  }

  private void missing(long from, long to) {
    if (from < to) {
      findings.find(
          auditPath + "/" + AuditFormat.indexText(from),
          Rule.INDEXES_DENSE,
          from == to - 1 ? "is missing" : "and all up to index " + (to - 1) + " are missing");
    }
  }

  private void chain(List<Link> entries, long next, String digest) {
    if (!entries.isEmpty() && entries.get(0).index() == 1) {
      linked(entries.get(0), ScopeRecord.GENESIS, "the first entry's, 64 zeros");
    }
    for (int i = 1; i < entries.size(); i++) {
      Link last = entries.get(i - 1);
      if (entries.get(i).index() == last.index() + 1) {
        linked(entries.get(i), last.digest(), "that of " + last.path());
      }
    }
    if (!entries.isEmpty()) {
      Link last = entries.get(entries.size() - 1);
      if (last.index() == next - 1 && !last.digest().equals(digest)) {
        findings.find(last.path(), Rule.DIGESTS_CHAINED, "its digest is not the one in the record");
      }
    }
  }

  private void linked(Link entry, String expected, String of) {
    if (!entry.previous().equals(expected)) {
      findings.find(
          entry.path(),
          Rule.DIGESTS_CHAINED,
          "it repeats digest "
              + shortened(entry.previous())
              + ", but "
              + of
              + " is "
              + shortened(expected));
    }
  }

  private static String shortened(String digest) {
    return digest.length() > 12 ? digest.substring(0, 12) + "…" : digest;
  }

  private void times(List<Link> entries) {
    for (int i = 1; i < entries.size(); i++) {
      Link last = entries.get(i - 1);
      Link entry = entries.get(i);
      if (entry.serverTime().isBefore(last.serverTime())) {
        findings.find(
            entry.path(),
            Rule.TIMES_IN_ORDER,
            "its server time "
                + entry.serverTime()
                + " is before the "
                + last.serverTime()
                + " of "
                + last.path()
                + ": a server's clock went back, or the entry was written anew");
      }
      if (entry.zxid() < last.zxid()) {
        findings.find(
            entry.path(),
            Rule.TIMES_IN_ORDER,
            "its transaction 0x"
                + Long.toHexString(entry.zxid())
                + " is before that of "
                + last.path());
      }
    }
  }
}
