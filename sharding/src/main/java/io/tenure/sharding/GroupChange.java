package io.tenure.sharding;

import java.util.List;

/**
 * Something that an operator wants of a group; see {@link ShardGroup#apply} and {@link
 * ShardGroup#preview}. Each has a reason, for those who read the group's trail later: one line of
 * at most 300 characters, which may be empty.
 *
 * <p>Immutable.
 */
public sealed interface GroupChange {

  /** The word that stands in the group's trail: {@code drain}, {@code pin} ... */
  String event();

  /** Which worker or shard it is about, or which shards or settings; empty for {@link Resize}. */
  String subject();

  /** Why. */
  String reason();

  /** A worker is to hand over everything, until {@link Undrain}. */
  record Drain(String worker, String reason) implements GroupChange {
    /** Puts the reason on one line. */
    public Drain {
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "drain";
    }

    @Override
    public String subject() {
      return worker;
    }
  }

  /** A worker takes shards again. */
  record Undrain(String worker, String reason) implements GroupChange {
    /** Puts the reason on one line. */
    public Undrain {
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "undrain";
    }

    @Override
    public String subject() {
      return worker;
    }
  }

  /** A worker is to lead a shard for as long as the worker is there, until {@link Unpin}. */
  record Pin(String shard, String worker, String reason) implements GroupChange {
    /** Puts the reason on one line. */
    public Pin {
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "pin";
    }

    @Override
    public String subject() {
      return shard;
    }
  }

  /** A shard goes where the placement wants it. */
  record Unpin(String shard, String reason) implements GroupChange {
    /** Puts the reason on one line. */
    public Unpin {
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "unpin";
    }

    @Override
    public String subject() {
      return shard;
    }
  }

  /** A shard is to move to a worker once. A later rebalancing may move it away. */
  record Move(String shard, String worker, String reason) implements GroupChange {
    /** Puts the reason on one line. */
    public Move {
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "move";
    }

    @Override
    public String subject() {
      return shard;
    }
  }

  /** A worker has this capacity, in place of the one it declares, until {@link ResetCapacity}. */
  record SetCapacity(String worker, double capacity, String reason) implements GroupChange {
    /**
     * Checks the number, and puts the reason on one line.
     *
     * @throws IllegalArgumentException if the capacity is not above 0
     */
    public SetCapacity {
      if (!(capacity > 0) || Double.isInfinite(capacity)) {
        throw new IllegalArgumentException("capacity is " + capacity + "; give a number above 0");
      }
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "capacity";
    }

    @Override
    public String subject() {
      return worker;
    }
  }

  /** A worker has its own capacity again. */
  record ResetCapacity(String worker, String reason) implements GroupChange {
    /** Puts the reason on one line. */
    public ResetCapacity {
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "reset-capacity";
    }

    @Override
    public String subject() {
      return worker;
    }
  }

  /**
   * A numbered group has so many shards. Those that go are stopped and resigned; their znodes stay,
   * with their epochs and their trails.
   *
   * @param severalWorkers the group always has several workers: its shards need not fit on one that
   *     is left alone
   */
  record Resize(int count, String reason, boolean severalWorkers) implements GroupChange {
    /** So many shards as fit on one worker. */
    public Resize(int count, String reason) {
      this(count, reason, false);
    }

    /**
     * Checks the number, and puts the reason on one line.
     *
     * @throws IllegalArgumentException if the count is not from 1 to {@link ShardSet#MAX_SHARDS}
     */
    public Resize {
      ShardSet.numbered(count);
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "resize";
    }

    @Override
    public String subject() {
      return "";
    }
  }

  /**
   * A group with named shards has these as well.
   *
   * @param severalWorkers as in {@link Resize}
   */
  record AddShards(List<String> names, String reason, boolean severalWorkers)
      implements GroupChange {
    /** So many shards as fit on one worker. */
    public AddShards(List<String> names, String reason) {
      this(names, reason, false);
    }

    /**
     * Checks the names, and puts the reason on one line.
     *
     * @throws IllegalArgumentException if there is none, or one that cannot be a shard's
     */
    public AddShards {
      names = List.copyOf(names);
      ShardSet.named(names);
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "add-shards";
    }

    @Override
    public String subject() {
      return OperatorText.list(names);
    }
  }

  /**
   * A group with named shards no longer has these. They are stopped and resigned; their znodes
   * stay, with their epochs and their trails.
   */
  record RemoveShards(List<String> names, String reason) implements GroupChange {
    /**
     * Copies the names, and puts the reason on one line.
     *
     * @throws IllegalArgumentException if there is none
     */
    public RemoveShards {
      names = List.copyOf(names);
      if (names.isEmpty()) {
        throw new IllegalArgumentException("no shard is named: name at least one to remove");
      }
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "remove-shards";
    }

    @Override
    public String subject() {
      return OperatorText.list(names);
    }
  }

  /**
   * Settings of the group have other values. Its workers follow while they run; from now on the
   * values belong to the group, and workers that are built with others take these.
   */
  record ChangeSettings(SettingsChange settings, String reason) implements GroupChange {
    /**
     * Puts the reason on one line.
     *
     * @throws IllegalArgumentException if no setting is named
     */
    public ChangeSettings {
      if (settings.isEmpty()) {
        throw new IllegalArgumentException("no setting is named: name at least one to change");
      }
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "settings";
    }

    @Override
    public String subject() {
      return OperatorText.list(settings.named().stream().map(Setting::word).toList());
    }
  }

  /**
   * The leader of a shard is to give it up. A standby takes over; where there is no standby, the
   * same worker is elected again, in a new tenure. Only the tenure that is in office when this is
   * asked for is meant, never a successor's.
   */
  record Revoke(String shard, String reason) implements GroupChange {
    /** Puts the reason on one line. */
    public Revoke {
      reason = OperatorText.reason(reason);
    }

    @Override
    public String event() {
      return "revoke";
    }

    @Override
    public String subject() {
      return shard;
    }
  }
}
