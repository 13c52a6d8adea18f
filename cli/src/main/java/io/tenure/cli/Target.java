package io.tenure.cli;

import io.tenure.scope.Scope;
import java.util.Optional;

/** What a path on the command line stands for. */
sealed interface Target {

  String path();

  /**
   * The scope at a path that was found in ZooKeeper; empty if no scope can be there: other clients
   * may create znodes of any name.
   */
  static Optional<Scope> scopeAt(String path) {
    try {
      return Optional.of(new Scope(path));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** What one leader leads. */
  record OfScope(Scope scope) implements Target {
    @Override
    public String path() {
      return scope.path();
    }
  }

  /** Shards and their workers. */
  record OfGroup(String path) implements Target {
    /** The scope of one of its shards. */
    Scope shard(String name) {
      return new Scope(path + "/shards/" + name);
    }

    /** The same, if that name can be a shard's. */
    Optional<Scope> shardAt(String name) {
      return scopeAt(path + "/shards/" + name);
    }

    Scope coordinator() {
      return new Scope(path + "/coordinator");
    }
  }
}
