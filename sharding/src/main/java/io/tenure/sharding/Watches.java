package io.tenure.sharding;

import org.apache.zookeeper.WatchedEvent;

/** What a watcher is told. */
final class Watches {

  private Watches() {}

  /**
   * Whether a znode has changed: not for the events of the connection, which each watcher is given
   * at each reconnect, nor for the removal of the watcher itself.
   */
  static boolean tellsOfChange(WatchedEvent event) {
    return switch (event.getType()) {
      case NodeCreated, NodeDeleted, NodeDataChanged, NodeChildrenChanged -> true;
      case None, DataWatchRemoved, ChildWatchRemoved, PersistentWatchRemoved -> false;
    };
  }
}
