/**
 * What is wrong or risky with servers, clocks, permissions, scopes and groups, in plain words.
 *
 * <p>Each check is a class of its own that judges; what stands in ZooKeeper is read once for all of
 * them, by {@link io.tenure.cli.doctor.Survey}. Nothing is written but the clock's probe.
 */
@NullMarked
package io.tenure.cli.doctor;

import org.jspecify.annotations.NullMarked;
