package io.tenure.sharding;

/** What the plan wants of a worker for one shard. */
enum ShardRole {
  /** Nothing. */
  NONE,
  /** Be in its office. */
  LEAD,
  /** Get ready for its office, which another worker still holds. */
  TAKE_OVER,
  /** Take its office when the leader is gone, without being told. */
  STAND_BY
}
