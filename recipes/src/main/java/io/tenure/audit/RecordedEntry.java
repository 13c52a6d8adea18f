package io.tenure.audit;

import io.tenure.scope.AuditEntry;
import java.time.Instant;

/**
 * An audit entry as it stands in ZooKeeper.
 *
 * @param entry what it says
 * @param path where it stands
 * @param serverTime when the quorum leader prepared the transaction, by its clock: the znode's
 *     ctime
 * @param zxid the transaction that wrote it; a {@code lost} entry shares it with the {@code
 *     elected} one of the successor
 * @param digest SHA-256 of the entry's bytes in hexadecimal, which the next entry repeats
 */
public record RecordedEntry(
    AuditEntry entry, String path, Instant serverTime, long zxid, String digest) {}
