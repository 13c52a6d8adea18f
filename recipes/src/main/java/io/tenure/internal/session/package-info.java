/**
 * The session of one client, the lease that rests on it, and how transactions are sent in it. For
 * Tenure's own modules only; changes without notice.
 *
 * <p>{@code QuorumEvidence}, {@code LeaseTerms} and {@code Moment} are pure. The package depends on
 * {@code io.tenure.lease}, {@code io.tenure.scope}, {@code io.tenure.internal}, Curator, Jackson
 * and slf4j.
 */
@NullMarked
package io.tenure.internal.session;

import org.jspecify.annotations.NullMarked;
