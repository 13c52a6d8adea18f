package io.tenure.cli.serve;

import io.tenure.cli.timeline.LiveTimeline;
import io.tenure.cli.timeline.TimelineData;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where the server gets what it shows. Asked by several threads at once; an answer comes from
 * memory, soon, and never waits for ZooKeeper.
 */
public interface LiveSource {

  /** The path of the group or scope. */
  String title();

  /** What has changed since a version of a run; all of it, if the run is another. */
  TimelineData changesSince(String run, long version);

  /** Whether ZooKeeper answers. */
  LiveTimeline.Connection connection();

  /** Who leads and who works; empty if it is not known yet, or if this is no group. */
  Optional<ServedStatus> status();

  /**
   * Serves a timeline.
   *
   * @param status is asked for each answer, and must not block
   */
  static LiveSource of(LiveTimeline timeline, Supplier<Optional<ServedStatus>> status) {
    return new LiveSource() {
      @Override
      public String title() {
        return timeline.title();
      }

      @Override
      public TimelineData changesSince(String run, long version) {
        return timeline.changesSince(run, version);
      }

      @Override
      public LiveTimeline.Connection connection() {
        return timeline.connection();
      }

      @Override
      public Optional<ServedStatus> status() {
        return status.get();
      }
    };
  }
}
