/**
 * What {@code tenure serve} runs: a small read-only HTTP server, on the loopback interface unless
 * told otherwise, that shows the timeline and the status while they change.
 *
 * <p>It knows {@code io.tenure.cli.timeline} and Netty's HTTP, and neither Curator nor ZooKeeper:
 * what it shows comes from a {@link io.tenure.cli.serve.LiveSource}.
 */
@NullMarked
package io.tenure.cli.serve;

import org.jspecify.annotations.NullMarked;
