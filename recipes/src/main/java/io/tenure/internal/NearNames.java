package io.tenure.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** Which names a user may have meant who gave one that does not exist. Stateless. */
public final class NearNames {

  private static final int MAX_NAMES = 3;

  /** A third of its characters may be wrong, but not more than this many. */
  private static final int MAX_EDITS = 4;

  private record Near(String name, int edits) {}

  private NearNames() {}

  /**
   * The names that are nearest, at most 3, the nearest first; none if all are far.
   *
   * <p>Counted is how many characters have to be added, left away, replaced or swapped with their
   * neighbor, regardless of case. A name that begins with the wrong one is near as well.
   */
  public static List<String> near(String wrong, Collection<String> names) {
    String given = wrong.toLowerCase(Locale.ROOT);
    int limit = Math.min(MAX_EDITS, Math.max(1, given.length() / 3));
    List<Near> near = new ArrayList<>();
    for (String name : new TreeSet<>(names)) {
      String other = name.toLowerCase(Locale.ROOT);
      int edits = edits(given, other, limit);
      if (edits <= limit) {
        near.add(new Near(name, edits));
      } else if (!given.isEmpty() && other.startsWith(given)) {
        near.add(new Near(name, limit + 1));
      }
    }
    near.sort(Comparator.comparingInt(Near::edits).thenComparing(Near::name));
    return near.stream().limit(MAX_NAMES).map(Near::name).toList();
  }

  /** As the end of a message: {@code "; did you mean w-1 or w-2?"}, or nothing. */
  public static String hint(String wrong, Collection<String> names) {
    List<String> near = near(wrong, names);
    return near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
  }

  /**
   * How many edits lead from one to the other; more than the limit if that is not enough. Only what
   * lies within the limit of the diagonal is looked at, so that long names cost little.
   */
  private static int edits(String from, String to, int limit) {
    int far = limit + 1;
    if (Math.abs(from.length() - to.length()) > limit) {
      return far;
    }
    int[] beforeLast = new int[to.length() + 1];
    int[] last = new int[to.length() + 1];
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      last[j] = Math.min(j, far);
    }
    for (int i = 1; i <= from.length(); i++) {
      int first = Math.max(1, i - limit);
      int end = Math.min(to.length(), i + limit);
      row[first - 1] = first == 1 ? Math.min(i, far) : far;
      int least = row[first - 1];
      for (int j = first; j <= end; j++) {
        int above = j == i + limit ? far : last[j];
        boolean same = from.charAt(i - 1) == to.charAt(j - 1);
        row[j] = Math.min(last[j - 1] + (same ? 0 : 1), 1 + Math.min(above, row[j - 1]));
        if (isSwapped(from, i, to, j)) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
        least = Math.min(least, row[j]);
      }
      if (least > limit) {
        return far; // Rows only grow.
      }
      int[] free = beforeLast;
      beforeLast = last;
      last = row;
      row = free;
    }
    return last[to.length()];
  }

  private static boolean isSwapped(String from, int i, String to, int j) {
    return i > 1
        && j > 1
        && from.charAt(i - 1) == to.charAt(j - 2)
        && from.charAt(i - 2) == to.charAt(j - 1);
  }
}
