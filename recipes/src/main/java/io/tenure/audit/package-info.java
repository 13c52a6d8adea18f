/**
 * Reading the audit trail of a scope: who leads, who led at any time, why it changed, and whether
 * the trail is whole; and archiving trails, so that they can be asked longer than ZooKeeper keeps
 * them.
 *
 * <p>Order is the entries' index. Times are the server's, as it stamped the transaction that made
 * the transition true. A tenure that was <em>lost</em> ended at or before the time of its {@code
 * lost} entry: only the successor can record it, because the server deletes a dead session's nodes
 * and no other client is there.
 *
 * <p>Everything here only reads and needs no election, but for {@link
 * io.tenure.audit.AuditArchiver} where it is told to take out what is archived.
 *
 * <pre>
 *   trails in ZooKeeper ──▶ AuditArchiver ──▶ ArchiveSink: ArchiveFiles, or your own
 *        │                                         │
 *     AuditLog, AuditTrails                  ArchiveReader
 *        │                                         │
 *        └──▶ AuditTrail.withArchived, AuditLog.verify(ArchivedTrail): both as one
 * </pre>
 *
 * <p>Depends on {@code io.tenure.scope}, {@code io.tenure.internal}, Curator, Jackson and slf4j.
 */
@NullMarked
package io.tenure.audit;

import org.jspecify.annotations.NullMarked;
