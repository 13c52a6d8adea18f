package io.tenure.cli;

import io.tenure.audit.AuditTrail;
import io.tenure.audit.AuditTrails;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.sharding.ShardGroup;
import io.tenure.sharding.ShardSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;

/**
 * The scopes that belong to what was asked for, and their trails. Confined to the thread of the
 * command, which it blocks.
 */
final class Trails {

  private final CuratorFramework client;
  private final Target target;

  Trails(CuratorFramework client, Target target) {
    this.client = client;
    this.target = target;
  }

  /** The scopes, in order: of a group its coordinator's and its shards', removed ones as well. */
  List<String> scopes() throws InterruptedException {
    if (target instanceof Target.OfGroup group) {
      List<String> scopes = new ArrayList<>(List.of(group.coordinator().path()));
      names(group.path() + "/shards").stream()
          .flatMap(shard -> group.shardAt(shard).stream())
          .forEach(scope -> scopes.add(scope.path()));
      return scopes;
    }
    return List.of(target.path());
  }

  /** Those of them that are the scopes of shards which the group has no longer. */
  Set<String> removed() throws InterruptedException {
    if (!(target instanceof Target.OfGroup group)) {
      return Set.of();
    }
    ShardSet shards;
    try {
      shards = ShardGroup.of(client, group.path()).settings().shards();
    } catch (ForeignDataException e) {
      return Set.of(); // Which shards the group has cannot be read.
    }
    return names(group.path() + "/shards").stream()
        .filter(shard -> !shards.contains(shard))
        .flatMap(shard -> group.shardAt(shard).stream())
        .map(Scope::path)
        .collect(Collectors.toSet());
  }

  /** Their trails as they stand. */
  List<AuditTrail> read() throws InterruptedException {
    return AuditTrails.read(client, scopes());
  }

  private List<String> names(String path) throws InterruptedException {
    try {
      return client.getChildren().forPath(path).stream().sorted(Names.NATURAL).toList();
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException.NoNodeException e) {
      return List.of();
    } catch (Exception e) {
      throw ServerErrors.failed(e, path, "read");
    }
  }
}
