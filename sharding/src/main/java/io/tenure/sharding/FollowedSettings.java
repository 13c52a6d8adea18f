package io.tenure.sharding;

import io.tenure.internal.session.Log;
import io.tenure.internal.session.Monitor;
import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.zookeeper.KeeperException.Code;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a group as they change while a worker runs. A group that is deleted, or settings
 * that cannot be read, change nothing: the worker goes on with those that it knows.
 *
 * <p>Confined to the monitor's event thread.
 */
final class FollowedSettings implements WatchedNode.Reader {

  private static final Log log = Log.of(FollowedSettings.class);

  private final GroupPaths paths;
  private final String workerId;
  private final Consumer<GroupSettings> changed;
  private final WatchedNode node;
  private @Nullable GroupSettings known;

  /** They could not be read the last time, and that was said. */
  private boolean told;

  /**
   * Follows a group.
   *
   * @param changed is told of settings that differ from those known
   */
  FollowedSettings(
      Monitor monitor, GroupPaths paths, String workerId, Consumer<GroupSettings> changed) {
    this.paths = paths;
    this.workerId = workerId;
    this.changed = changed;
    this.node = new WatchedNode(monitor, paths.group(), this);
  }

  /** Begins in a session, with the settings that were read when the worker registered. */
  void start(long session, GroupSettings read) {
    known = read;
    node.start(session);
  }

  void refresh() {
    node.refresh();
  }

  void stop() {
    node.stop();
  }

  @Override
  public void read(Optional<WatchedNode.Found> found) {
    if (found.isEmpty() || found.get().data().length == 0) {
      warn(paths.group() + " was deleted or emptied");
      return;
    }
    try {
      take(GroupSettings.parse(paths.group(), found.get().data()));
    } catch (TenureException e) {
      warn(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void refused(Code code) {
    warn(String.valueOf(ServerErrors.refused(code, paths.group(), "read").getMessage()));
  }

  private void take(GroupSettings next) {
    GroupSettings before = known;
    told = false;
    known = next;
    if (before == null || next.equals(before)) {
      return;
    }
    List<String> changes = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      if (!setting.of(before).equals(setting.of(next))) {
        changes.add(setting.word() + " " + setting.text(before) + " to " + setting.text(next));
      }
    }
    log.info(
        "group={} worker={} follows the group's settings: {}",
        paths.group(),
        workerId,
        String.join(", ", changes));
    changed.accept(next);
  }

  private void warn(String why) {
    if (!told) {
      told = true;
      log.warn(
          "group={} worker={} goes on with the settings that it knows: {}",
          paths.group(),
          workerId,
          why);
    }
  }
}
