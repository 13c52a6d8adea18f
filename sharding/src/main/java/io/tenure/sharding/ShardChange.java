package io.tenure.sharding;

import java.util.Optional;

/**
 * A shard's leader has changed. Changes that follow each other quickly may be told as one.
 *
 * @param shard its name
 * @param before who led, as far as was known; empty if no worker did
 * @param after who leads now; empty if no worker does
 */
public record ShardChange(
    String shard, Optional<ShardLeader> before, Optional<ShardLeader> after) {}
