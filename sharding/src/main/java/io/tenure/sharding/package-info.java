/**
 * One leader for each shard of a group, over workers. Begin with {@link
 * io.tenure.sharding.ShardWorker}; operators use {@link io.tenure.sharding.ShardGroup}, spectators
 * {@link io.tenure.sharding.ShardDirectory}.
 *
 * <p><b>What is promised</b> of a shard is what is promised of a scope, see {@code
 * io.tenure.recipes}: at most one held lease at an instant, epochs without a gap, a trail that is
 * the history. It holds under any plan, and under any coordinator.
 *
 * <p><b>What is not promised.</b> That each shard is led at each moment: for as long as the session
 * of a lost worker lasts, its shards have no leader, and a planned move leaves a shard without a
 * leader for about three writes. That the placement is the best there is while workers come and go:
 * it is what the plan is on the way to.
 *
 * <p><b>Inside.</b> {@code WorkerMachine} and {@code ShardClaim} decide what a worker does about
 * its shards, {@code CoordinatorMachine} and {@code Planning} what the plan is to be, {@code
 * Placement} who should lead what, {@code CommitQueue} what goes into one transaction: pure, and
 * tested by simulation. {@code WorkerDriver}, {@code ShardLink}, {@code Tenures}, {@code
 * Registration} and {@code Coordinator} are the rim that talks to ZooKeeper, clocks and threads.
 *
 * <p>The package depends on {@code io.tenure.scope}, {@code io.tenure.lease}, {@code
 * io.tenure.internal}, {@code io.tenure.internal.session}, {@code io.tenure.recipes}, Curator and
 * slf4j.
 */
@NullMarked
package io.tenure.sharding;

import org.jspecify.annotations.NullMarked;
