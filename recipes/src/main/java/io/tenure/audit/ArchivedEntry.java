package io.tenure.audit;

import io.tenure.internal.AuditFormat;
import io.tenure.scope.ForeignDataException;
import java.time.Instant;

/**
 * An entry as it stood in ZooKeeper, whether or not its bytes can be understood. Immutable as long
 * as no caller writes to the bytes; two are the same if life, name and digest are.
 *
 * @param trail the path whose {@code audit} child it stood below
 * @param life see {@link Archived#life}
 * @param index its place in the trail
 * @param name of its znode: {@code 0000000024-elected-w-3}
 * @param serverTime when the quorum leader prepared the transaction that wrote it, by its clock
 * @param zxid that transaction
 * @param digest SHA-256 of the bytes in hexadecimal
 * @param bytes its data
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record ArchivedEntry(
    String trail,
    String life,
    long index,
    String name,
    Instant serverTime,
    long zxid,
    String digest,
    byte[] bytes)
    implements Archived {

  /** Where it stood. */
  public String path() {
    return TrailPaths.entry(trail, name);
  }

  /**
   * The entry of a scope's trail.
   *
   * @throws ForeignDataException if its bytes are none, or are of a newer format
   */
  public RecordedEntry recorded() {
    return new RecordedEntry(AuditFormat.parse(path(), bytes), path(), serverTime, zxid, digest);
  }

  @Override
  public ArchivePosition position() {
    return new ArchivePosition(life, index, zxid, digest);
  }
}
