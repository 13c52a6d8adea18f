package io.tenure.audit;

import java.time.Instant;
import java.util.Optional;

/**
 * A znode that was moved out of a trail, or is to be and cannot be.
 *
 * @param from where it stood, or stands
 * @param path where it is now; empty if it could not be moved
 * @param by who moved it; empty if that cannot be read
 * @param reason why it was moved, or why it cannot be
 * @param time when, by the clock of who moved it; the epoch if that cannot be read
 */
public record Quarantined(
    String from, Optional<String> path, String by, String reason, Instant time) {}
