/**
 * Leadership of one scope: {@link io.tenure.recipes.LeaderElection} arbitrates over Curator's
 * LeaderLatch, {@link io.tenure.lease.Lease} is what the leader holds, {@link
 * io.tenure.recipes.SessionMonitor} knows how long the ZooKeeper session can be relied on.
 *
 * <p><b>What is promised.</b> At any instant at most one lease of a scope is held, where
 * <em>held</em> means that {@link io.tenure.lease.Lease#remaining()} is positive, under these
 * assumptions:
 *
 * <ul>
 *   <li>the local clocks and the servers' clocks advance at the same rate to within the network
 *       allowance that is part of the safety margin (about 1 % of the session timeout is plenty);
 *       they need not show the same time;
 *   <li>the servers' {@code tickTime} is not longer than the one that the monitor was told;
 *   <li>no client is connected to an observer that follows a follower, unless the monitor was told
 *       so ({@link io.tenure.recipes.SessionMonitor.Builder#observerMaster});
 *   <li>a machine that was suspended shows a later wall clock when it resumes, unless its monotonic
 *       clock went on.
 * </ul>
 *
 * <p><b>What is not promised.</b> A check is true when it is made, not when the effect arrives:
 * between {@code ensure} and a write's arrival elsewhere the process can be stopped for any time.
 * Stores that must not see two leaders' writes compare the epoch ({@link
 * io.tenure.lease.Lease#epoch()}), or take part in the transaction ({@link
 * io.tenure.lease.Lease#inTransaction}).
 *
 * <p>The package depends on {@code io.tenure.scope}, {@code io.tenure.internal}, Curator and slf4j.
 * Its core ({@code ElectionMachine}, {@code ScopeLeadership}, {@code QuorumEvidence}, {@code
 * LeaseTerms}) knows none of Curator, clocks, threads and logs: it takes events and the elapsed
 * time.
 */
@NullMarked
package io.tenure.recipes;

import org.jspecify.annotations.NullMarked;
