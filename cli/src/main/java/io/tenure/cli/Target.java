package io.tenure.cli;

import io.tenure.scope.Scope;

/** What a path on the command line stands for. */
sealed interface Target {

  String path();

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

    Scope coordinator() {
      return new Scope(path + "/coordinator");
    }
  }
}
