/**
 * One leader for each shard of a group, over workers.
 *
 * <p>The package depends on {@code io.tenure.scope}, {@code io.tenure.internal}, {@code
 * io.tenure.recipes}, Curator and slf4j. Its core (placement, the worker's and the coordinator's
 * state, batching) knows none of Curator, clocks, threads and logs.
 */
@NullMarked
package io.tenure.sharding;

import org.jspecify.annotations.NullMarked;
