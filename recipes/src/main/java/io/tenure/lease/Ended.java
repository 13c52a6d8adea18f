package io.tenure.lease;

import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;

/**
 * How a tenure ended, as far as its own leader knows.
 *
 * @param tenure the tenure
 * @param end what ended it, and why
 * @param recorded whether the end is known to stand in the audit trail. If not, because the
 *     connection was gone, the trail says it later: this end, once the session is connected again,
 *     or {@code lost}, by the successor
 */
public record Ended(Tenure tenure, Transition.End end, boolean recorded) {}
