/**
 * The {@code tenure} command: who leads, who led at any time, why it changed, and what operators
 * can do about it.
 *
 * <p>Each command is a class of its own, named after it. What they share: {@link
 * io.tenure.cli.Connect} is how they reach ZooKeeper, {@link io.tenure.cli.Io} what they have of
 * the world around them, {@link io.tenure.cli.Failures} how they end when something goes wrong.
 *
 * <p>It may depend on everything in {@code tenure-recipes} and {@code tenure-sharding}, and nothing
 * may depend on it.
 */
@NullMarked
package io.tenure.cli;

import org.jspecify.annotations.NullMarked;
