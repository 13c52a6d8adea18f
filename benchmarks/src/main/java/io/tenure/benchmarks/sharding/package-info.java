/**
 * What leaders for many shards cost: Tenure beside one LeaderLatch for each shard, and beside the
 * same znodes written by hand. Depends on {@code tenure-sharding} and Curator.
 */
@NullMarked
package io.tenure.benchmarks.sharding;

import org.jspecify.annotations.NullMarked;
