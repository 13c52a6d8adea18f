package io.tenure.sharding;

import java.time.Instant;
import java.util.List;

/**
 * One entry of a group's own trail: what an operator changed, who it was and why. What the workers
 * made of it stands in the trails of the shards.
 *
 * @param index its place in the trail, 1, 2, 3 ... with no gap
 * @param event what was done: {@code drain}, {@code undrain}, {@code pin}, {@code unpin}, {@code
 *     move}, {@code capacity}, {@code reset-capacity}, {@code resize}, {@code add-shards}, {@code
 *     remove-shards}, {@code settings}, {@code revoke}; a newer version may know others
 * @param subject the worker or shard it was done to, or the shards or settings; empty for {@code
 *     resize}
 * @param value the worker of a pin or move, the number of a capacity, how many shards there are
 *     after a change of their set, from what to what settings were changed, whose tenure was
 *     revoked; where something was taken back, what that was; else empty
 * @param reason why; may be empty
 * @param by who asked for it, as that process said
 * @param identity who asked for it as the server knows it: the ids that its session had proved, as
 *     {@code scheme:name}, without digests; empty where the server does not tell (before ZooKeeper
 *     3.7), and in entries of older versions
 * @param at when, by that process's clock; shown, never compared
 * @param serverTime when the quorum leader prepared the transaction, by its clock
 * @param path where the entry stands
 * @param digest SHA-256 of the entry's bytes in hexadecimal, which the next entry repeats
 */
public record Operation(
    long index,
    String event,
    String subject,
    String value,
    String reason,
    String by,
    List<String> identity,
    Instant at,
    Instant serverTime,
    String path,
    String digest) {

  /** Copies the list. */
  public Operation {
    identity = List.copyOf(identity);
  }

  /** One line for people. */
  @Override
  public String toString() {
    return index
        + " "
        + event
        + (subject.isEmpty() ? "" : " " + subject)
        + (value.isEmpty() ? "" : " " + value)
        + " by "
        + by
        + (identity.isEmpty() ? "" : " [" + String.join(", ", identity) + "]")
        + " at "
        + serverTime
        + (reason.isEmpty() ? "" : " (" + reason + ")");
  }
}
