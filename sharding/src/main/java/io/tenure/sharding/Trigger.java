package io.tenure.sharding;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Why shards move that need not: the last change of what there is, in words. Those of the first
 * decision are not known, since what there was before is not written down.
 *
 * <p>Pure; confined to one thread.
 */
final class Trigger {

  private static final int MAX_NAMED = 3;

  private String text;

  // What there was at the last decision; empty before the first.
  private Map<String, Placement.Member> members = Map.of();
  private final Set<String> damped = new HashSet<>();
  private Optional<Directives> directives = Optional.empty();
  private Optional<ShardSet> shards = Optional.empty();

  /** Begins with what the last plan was for. */
  Trigger(String text) {
    this.text = text.isEmpty() ? "rebalance" : text;
  }

  String text() {
    return text;
  }

  void set(String why) {
    text = why;
  }

  /**
   * Takes note of what there is.
   *
   * @param joined workers that are new
   * @param gone workers that have left
   * @param tookOver workers that lead what others, who are there, should
   */
  void note(
      Members now,
      Directives wishes,
      ShardSet set,
      Collection<String> joined,
      Collection<String> gone,
      Collection<String> tookOver) {
    List<String> changes = new ArrayList<>();
    add(changes, "", joined, " joined", " joined");
    add(changes, "", gone, " left", " left");
    add(changes, "", tookOver, " took over", " took over");
    noteMembers(now, changes);
    directives.ifPresent(
        before -> {
          List<String> pins = different(wishes.pins(), before.pins());
          List<String> unpinned =
              before.pins().keySet().stream().filter(s -> !wishes.pins().containsKey(s)).toList();
          List<String> moves = different(wishes.moves(), before.moves());
          add(changes, "shard", pins, " was pinned", " were pinned");
          add(changes, "shard", unpinned, " was unpinned", " were unpinned");
          add(changes, "shard", moves, " was moved", " were moved");
        });
    if (shards.isPresent() && !shards.get().equals(set)) {
      changes.add("the set of shards changed");
    }
    directives = Optional.of(wishes);
    shards = Optional.of(set);
    if (!changes.isEmpty()) {
      text = "rebalance after " + String.join(", ", changes);
    }
  }

  private void noteMembers(Members now, List<String> changes) {
    List<String> drain = new ArrayList<>();
    List<String> drainNoMore = new ArrayList<>();
    List<String> held = new ArrayList<>();
    List<String> heldNoMore = new ArrayList<>();
    List<String> others = new ArrayList<>();
    Map<String, Placement.Member> next = new TreeMap<>();
    for (int i = 0; i < now.size(); i++) {
      Placement.Member member = now.member(i);
      Placement.Member before = members.get(member.id());
      next.put(member.id(), member);
      if (before != null && before.draining() != member.draining()) {
        if (now.isDamped(i)) {
          held.add(member.id());
        } else if (damped.contains(member.id())) {
          heldNoMore.add(member.id());
        } else {
          (member.draining() ? drain : drainNoMore).add(member.id());
        }
      } else if (before != null && !before.equals(member)) {
        others.add(member.id());
      }
    }
    members = next;
    damped.clear();
    for (int i = 0; i < now.size(); i++) {
      if (now.isDamped(i)) {
        damped.add(now.id(i));
      }
    }
    add(changes, "", held, " keeps dying", " keep dying");
    add(changes, "", heldNoMore, " has stopped dying", " have stopped dying");
    add(changes, "", drain, " drains", " drain");
    add(changes, "", drainNoMore, " drains no more", " drain no more");
    if (!others.isEmpty()) {
      changes.add("the capacity of " + named(others) + " changed");
    }
  }

  private static List<String> different(Map<String, String> now, Map<String, String> before) {
    return now.entrySet().stream()
        .filter(wish -> !wish.getValue().equals(before.get(wish.getKey())))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static void add(
      List<String> changes, String kind, Collection<String> names, String one, String many) {
    if (!names.isEmpty()) {
      boolean single = names.size() == 1;
      String what = kind.isEmpty() ? "" : kind + (single ? " " : "s ");
      changes.add(what + named(names) + (single ? one : many));
    }
  }

  /** Names in a sentence: the first few, and how many more. */
  private static String named(Collection<String> names) {
    List<String> all = List.copyOf(names);
    int last = all.size() - 1;
    if (last == 0) {
      return all.get(0);
    } else if (last < MAX_NAMED) {
      return String.join(", ", all.subList(0, last)) + " and " + all.get(last);
    }
    int more = all.size() - MAX_NAMED;
    return String.join(", ", all.subList(0, MAX_NAMED))
        + " and "
        + more
        + (more == 1 ? " other" : " others");
  }
}
