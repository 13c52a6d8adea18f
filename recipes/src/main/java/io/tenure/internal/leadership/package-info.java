/**
 * One candidate's leadership of one scope, as a machine: reading, being elected, being in office,
 * ending, and attempts whose outcome is unknown, carried to their end. {@link
 * io.tenure.internal.leadership.ScopeLeadership} is the one interpreter of the commit protocol; a
 * {@link io.tenure.internal.leadership.Claim} tells it whether the candidate may try now.
 * <strong>No API</strong>: the classes are public only because the modules lie in several packages.
 *
 * <p>Here belongs what decides about one scope. What talks to ZooKeeper, and what two scopes have
 * to do with each other, does not: the package is pure, and depends on {@code io.tenure.internal}
 * and {@code io.tenure.scope} alone.
 */
@NullMarked
package io.tenure.internal.leadership;

import org.jspecify.annotations.NullMarked;
