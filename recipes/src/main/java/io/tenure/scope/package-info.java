/**
 * The words of Tenure as values: scope, candidate, tenure, transition, audit entry, and the errors.
 *
 * <p>Everything here is immutable and does no I/O. This package depends on the JDK and on
 * ZooKeeper's rule for paths; every other package of Tenure may depend on it.
 */
@NullMarked
package io.tenure.scope;

import org.jspecify.annotations.NullMarked;
