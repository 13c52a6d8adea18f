/**
 * The {@code tenure} command.
 *
 * <p>It may depend on everything public in {@code tenure-recipes} and {@code tenure-sharding}, and
 * nothing may depend on it.
 */
@NullMarked
package io.tenure.cli;

import org.jspecify.annotations.NullMarked;
