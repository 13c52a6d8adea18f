/**
 * The timeline: shards by time, as one self-contained page, or as a model that grows while entries
 * arrive.
 *
 * <p>Pure: entries of audit trails in, rows, JSON and HTML out. It knows neither Curator nor
 * ZooKeeper, nor a network. {@code io.tenure.cli.serve} serves it.
 */
@NullMarked
package io.tenure.cli.timeline;

import org.jspecify.annotations.NullMarked;
