package io.tenure.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Names of shards and workers as people like to see them. Stateless. */
final class Names {

  /** By name, with numbers by their value: 2 before 10. */
  static final Comparator<String> NATURAL = Names::compare;

  private Names() {}

  private static int compare(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() && j < b.length()) {
      if (isDigit(a.charAt(i)) && isDigit(b.charAt(j))) {
        int endA = endOfNumber(a, i);
        int endB = endOfNumber(b, j);
        int numbers = compareNumbers(a.substring(i, endA), b.substring(j, endB));
        if (numbers != 0) {
          return numbers;
        }
        i = endA;
        j = endB;
      } else {
        int chars = Character.compare(a.charAt(i++), b.charAt(j++));
        if (chars != 0) {
          return chars;
        }
      }
    }
    int rest = Integer.compare(a.length() - i, b.length() - j);
    return rest != 0 ? rest : a.compareTo(b); // 7 and 007 are two names.
  }

  private static int compareNumbers(String a, String b) {
    String plainA = a.replaceFirst("^0+", "");
    String plainB = b.replaceFirst("^0+", "");
    return plainA.length() != plainB.length()
        ? Integer.compare(plainA.length(), plainB.length())
        : plainA.compareTo(plainB);
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static int endOfNumber(String text, int from) {
    int end = from;
    while (end < text.length() && isDigit(text.charAt(end))) {
      end++;
    }
    return end;
  }

  /** Names in few words: numbers in a row as ranges, {@code 0-3, 7, eu-west}. */
  static String ranges(List<String> names) {
    List<String> parts = new ArrayList<>();
    List<String> sorted = names.stream().sorted(NATURAL).toList();
    for (int i = 0; i < sorted.size(); ) {
      int last = i;
      while (last + 1 < sorted.size() && follows(sorted.get(last), sorted.get(last + 1))) {
        last++;
      }
      parts.add(sorted.get(i) + (last > i ? "-" + sorted.get(last) : ""));
      i = last + 1;
    }
    return String.join(", ", parts);
  }

  private static boolean follows(String a, String b) {
    return a.length() <= 9
        && b.length() <= 9
        && a.chars().allMatch(c -> isDigit((char) c))
        && b.chars().allMatch(c -> isDigit((char) c))
        && Integer.toString(Integer.parseInt(a)).equals(a)
        && Integer.toString(Integer.parseInt(a) + 1).equals(b);
  }
}
