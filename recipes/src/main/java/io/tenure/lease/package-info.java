/**
 * What a leader holds and what it does with it: {@link io.tenure.lease.Lease}, and the task whose
 * steps the library calls. The same for one scope and for the shards of a group.
 *
 * <p>The package depends on {@code io.tenure.scope} and on Curator's transaction types.
 */
@NullMarked
package io.tenure.lease;

import org.jspecify.annotations.NullMarked;
