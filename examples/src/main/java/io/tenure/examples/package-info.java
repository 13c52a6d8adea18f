/** Programs that a newcomer runs first. {@link io.tenure.examples.Demo} is the main one. */
@NullMarked
package io.tenure.examples;

import org.jspecify.annotations.NullMarked;
