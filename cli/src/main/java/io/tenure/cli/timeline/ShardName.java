package io.tenure.cli.timeline;

/**
 * What a scope is called in a timeline.
 *
 * @param scope its path
 * @param name the shard's name; of another scope of the group its last segments
 * @param ofShard whether it is a shard of the group, or the one scope that was asked for
 */
record ShardName(String scope, String name, boolean ofShard) {

  static ShardName of(String title, String scope) {
    String shards = title + "/shards/";
    if (scope.startsWith(shards)) {
      return new ShardName(scope, scope.substring(shards.length()), true);
    } else if (scope.startsWith(title + "/")) {
      return new ShardName(scope, scope.substring(title.length() + 1), false);
    }
    return new ShardName(scope, scope, true);
  }
}
