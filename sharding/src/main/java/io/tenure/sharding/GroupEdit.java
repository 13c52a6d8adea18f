package io.tenure.sharding;

import java.util.List;
import java.util.OptionalInt;

/**
 * What a change of a group comes down to: what is written, and at which versions, so that it is not
 * written over something that the operator has not seen. Immutable.
 */
sealed interface GroupEdit {

  /** The value that the trail's entry will give. */
  String value();

  /** Nothing: there is no directive to take back. */
  record Nothing() implements GroupEdit {
    @Override
    public String value() {
      return "";
    }
  }

  /**
   * A directive is written.
   *
   * @param version of the directive that exists already; empty if there is none
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Put(String path, byte[] data, OptionalInt version, String value) implements GroupEdit {}

  /**
   * Directives are taken back: more than one only if an operator has spelled a name differently.
   */
  record TakeBack(List<GroupFacts.Standing> directives, String value) implements GroupEdit {}

  /**
   * The group has other settings: other shards, or other values.
   *
   * @param settings the new settings
   * @param data the same, as the new data of the znode
   * @param version of the znode now
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record SetSettings(GroupSettings settings, byte[] data, int version, String value)
      implements GroupEdit {}

  /** A leader is asked to give up. */
  record Revoke(String shard, GroupFacts.Office office) implements GroupEdit {
    @Override
    public String value() {
      return office.leader() + ", epoch " + office.epoch();
    }
  }
}
