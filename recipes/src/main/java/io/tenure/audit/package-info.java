/**
 * Reading the audit trail of a scope: who leads, who led at any time, why it changed, and whether
 * the trail is whole. Only reads; needs no election and no permission but to read.
 *
 * <p>Order is the entries' index. Times are the server's, as it stamped the transaction that made
 * the transition true. A tenure that was <em>lost</em> ended at or before the time of its {@code
 * lost} entry: only the successor can record it, because the server deletes a dead session's nodes
 * and nobody else is there.
 *
 * <p>Depends on {@code io.tenure.scope}, {@code io.tenure.internal}, Curator and slf4j.
 */
@NullMarked
package io.tenure.audit;

import org.jspecify.annotations.NullMarked;
