/**
 * Why a client gets no connection over TLS: ZooKeeper's client itself only tries again. For
 * Tenure's own modules only; changes without notice.
 *
 * <p>The package depends on ZooKeeper's client configuration and on nothing else of Tenure.
 */
@NullMarked
package io.tenure.internal.tls;

import org.jspecify.annotations.NullMarked;
