package io.tenure.sharding;

import io.tenure.internal.LeaderNode;
import io.tenure.internal.NearNames;
import io.tenure.internal.ZnodeName;
import io.tenure.internal.session.EphemeralBytes;
import io.tenure.scope.Printable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * The rules of what operators may ask for, and the edit that each change comes down to: the same
 * for a preview of a change and for the change itself. Pure.
 */
final class GroupEdits {

  private static final int MAX_LISTED = 8;

  private final GroupFacts facts;
  private final GroupPaths paths;
  private final ShardSet shards;

  GroupEdits(GroupFacts facts) {
    this.facts = facts;
    this.paths = facts.paths();
    this.shards = facts.settings().shards();
  }

  /**
   * What a change comes down to.
   *
   * @throws IllegalArgumentException if there is no such shard or worker
   * @throws IllegalStateException if the group is not of the kind for it, or no leader is in office
   *     that could give up
   */
  GroupEdit edit(GroupChange change) {
    if (change instanceof GroupChange.Drain drain) {
      checkWorker(drain.worker());
      return put(Directives.DRAIN, drain.worker(), "", drain.reason());
    } else if (change instanceof GroupChange.Undrain undrain) {
      return takeBack(Directives.DRAIN, undrain.worker());
    } else if (change instanceof GroupChange.Pin pin) {
      checkShard(pin.shard());
      checkWorker(pin.worker());
      return put(Directives.PIN, pin.shard(), pin.worker(), pin.reason());
    } else if (change instanceof GroupChange.Unpin unpin) {
      return takeBack(Directives.PIN, unpin.shard());
    } else if (change instanceof GroupChange.Move move) {
      checkShard(move.shard());
      checkWorker(move.worker());
      return put(Directives.MOVE, move.shard(), move.worker(), move.reason());
    } else if (change instanceof GroupChange.SetCapacity set) {
      checkWorker(set.worker());
      String number = Double.toString(set.capacity());
      return put(Directives.CAPACITY, set.worker(), number, set.reason());
    } else if (change instanceof GroupChange.ResetCapacity reset) {
      return takeBack(Directives.CAPACITY, reset.worker());
    } else if (change instanceof GroupChange.Resize resize) {
      return setShards(resized(resize.count()), resize.severalWorkers());
    } else if (change instanceof GroupChange.AddShards add) {
      return setShards(with(add.names()), add.severalWorkers());
    } else if (change instanceof GroupChange.RemoveShards remove) {
      return setShards(without(remove.names()), true);
    } else if (change instanceof GroupChange.ChangeSettings settings) {
      return setSettings(settings.settings());
    }
    return revoke((GroupChange.Revoke) change);
  }

  // ---- directives ----

  private GroupEdit put(String kind, String subject, String value, String reason) {
    String path = paths.directives() + "/" + kind + ZnodeName.encode(subject);
    OptionalInt version =
        facts.directives().stream()
            .filter(standing -> standing.path().equals(path))
            .mapToInt(GroupFacts.Standing::version)
            .findFirst();
    return new GroupEdit.Put(path, Directives.bytes(value, reason), version, value);
  }

  /** An operator who wrote it by hand may have left the name as it is, without encoding it. */
  private GroupEdit takeBack(String kind, String subject) {
    List<GroupFacts.Standing> found =
        facts.directives().stream()
            .filter(standing -> isAbout(standing.path(), kind, subject))
            .toList();
    if (found.isEmpty()) {
      return new GroupEdit.Nothing();
    }
    Directives said =
        Directives.parse(
            found.stream()
                .filter(GroupFacts.Standing::isRead)
                .map(GroupFacts.Standing::written)
                .toList());
    String value =
        kind.equals(Directives.PIN)
            ? said.pins().getOrDefault(subject, "")
            : Optional.ofNullable(said.capacities().get(subject))
                .map(number -> Double.toString(number))
                .orElse("");
    return new GroupEdit.TakeBack(found, value);
  }

  private boolean isAbout(String path, String kind, String subject) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return name.startsWith(kind)
        && ZnodeName.decode(name.substring(kind.length())).equals(Optional.of(subject));
  }

  // ---- the set of shards ----

  private GroupEdit setShards(ShardSet set, boolean severalWorkers) {
    int bound = EphemeralBytes.DEFAULT_BOUND;
    int fit = LeaderNodes.fit(bound, facts.rootBytes(), paths, set);
    if (!severalWorkers && set.size() > shards.size() && set.size() > fit) {
      throw new IllegalArgumentException(LeaderNodes.tooMany(paths.group(), set, fit, bound));
    }
    GroupSettings settings = facts.settings().withShards(set);
    return set(settings, List.of(Setting.SHARDS), Integer.toString(set.size()));
  }

  /** A setting that is named and stays as it is belongs to the group from now on, all the same. */
  private GroupEdit setSettings(SettingsChange change) {
    GroupSettings before = facts.settings();
    // As the group keeps them: times in milliseconds, and so on.
    GroupSettings after = GroupSettings.parse(paths.group(), change.over(before).bytes());
    ChangedSettings changed = ChangedSettings.parse(paths.group(), facts.settingsData());
    if (after.equals(before) && changed.containsAll(change.named())) {
      return new GroupEdit.Nothing();
    }
    List<String> values = new ArrayList<>();
    for (Setting setting : change.named()) {
      String from = setting.text(before);
      String to = setting.text(after);
      values.add(setting.word() + " " + (from.equals(to) ? to : from + " to " + to));
    }
    return set(after, change.named(), OperatorText.list(values));
  }

  private GroupEdit set(GroupSettings settings, Collection<Setting> changed, String value) {
    byte[] data = ChangedSettings.bytesOver(settings, changed, paths.group(), facts.settingsData());
    return new GroupEdit.SetSettings(settings, data, facts.settingsVersion(), value);
  }

  private ShardSet resized(int count) {
    if (!shards.isNumbered()) {
      throw new IllegalStateException(
          "the shards of " + paths.group() + " have names: add and remove them by name");
    }
    return ShardSet.numbered(count);
  }

  private void checkNamed() {
    if (shards.isNumbered()) {
      throw new IllegalStateException(
          "the shards of " + paths.group() + " are numbered: change how many there are");
    }
  }

  private ShardSet with(List<String> names) {
    checkNamed();
    List<String> all = new ArrayList<>(shards.names());
    for (String name : names) {
      if (shards.contains(name)) {
        throw refused("shard \"" + name + "\" is in " + paths.group() + " already");
      }
      all.add(name);
    }
    return ShardSet.named(all);
  }

  private ShardSet without(List<String> names) {
    checkNamed();
    Set<String> left = new HashSet<>(shards.names());
    for (String name : names) {
      if (!left.remove(name)) {
        throw noShard(name);
      }
    }
    if (left.isEmpty()) {
      throw new IllegalArgumentException(
          "no shard would be left in " + paths.group() + ": a group has at least one");
    }
    return ShardSet.named(left);
  }

  // ---- who is in office ----

  private GroupEdit revoke(GroupChange.Revoke revoke) {
    checkShard(revoke.shard());
    GroupFacts.Office office =
        facts
            .office()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "nobody leads shard "
                            + revoke.shard()
                            + " of "
                            + paths.group()
                            + " now: there is nothing to revoke"));
    if (LeaderNode.revocation(office.leaderData()).isPresent()) {
      throw new IllegalStateException(
          office.leader()
              + " has been asked already to give up shard "
              + revoke.shard()
              + " of "
              + paths.group()
              + ", and is about to");
    }
    return new GroupEdit.Revoke(revoke.shard(), office);
  }

  /** The text that makes a leader give up. */
  static String revocation(String by, String reason) {
    return "revoke " + by + (reason.isEmpty() ? "" : ": " + reason);
  }

  // ---- what there is ----

  void checkShard(String shard) {
    if (!shards.contains(shard)) {
      throw noShard(shard);
    }
  }

  private IllegalArgumentException noShard(String shard) {
    String hint =
        shards.isNumbered()
            ? ": they are 0 to " + (shards.size() - 1)
            : NearNames.hint(shard, shards.names());
    return refused("there is no shard \"" + shard + "\" in " + paths.group() + hint);
  }

  /** Names may be as others wrote them, or as long as a caller gave them. */
  private static IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(Printable.of(why, Printable.MAX_CHARS));
  }

  private void checkWorker(String workerId) {
    if (!facts.workers().contains(workerId)) {
      Set<String> ids = new TreeSet<>(facts.workers());
      String hint =
          ids.size() > MAX_LISTED
              ? NearNames.hint(workerId, ids)
              : "; there " + (ids.isEmpty() ? "is none" : "are " + String.join(", ", ids));
      throw refused("there is no worker \"" + workerId + "\" in " + paths.group() + " now" + hint);
    }
  }
}
