package io.tenure.scope;

import java.time.Instant;

/**
 * One leader's uninterrupted time in office of one scope, as its {@code leader} node tells.
 *
 * @param scope what is led
 * @param epoch the number of the tenure within its scope: 1, 2, 3 ... with no gap. It is the
 *     fencing token: a store that remembers the highest epoch it has seen refuses every older
 *     leader
 * @param candidate who leads
 * @param session the ZooKeeper session that owns the office, as {@code 0x...}
 * @param since when the leader sent its election, by the leader's own clock; shown, never compared
 */
public record Tenure(Scope scope, long epoch, Candidate candidate, String session, Instant since) {}
