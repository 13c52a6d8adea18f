/**
 * The znode formats and the commit protocol: what Tenure's own modules share. <strong>No
 * API</strong>: the classes are public only because the modules lie in several packages.
 *
 * <p>Everything here is pure: values in, values out. It knows no Curator, clock, thread or logger,
 * and depends on {@code io.tenure.scope} and Jackson alone.
 */
@NullMarked
package io.tenure.internal;

import org.jspecify.annotations.NullMarked;
