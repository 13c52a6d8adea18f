package io.tenure.cli;

import io.tenure.scope.Printable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A table as wide as what stands in it, and no wider than the terminal: what does not fit is cut,
 * the last column first. Confined to one thread.
 */
final class Table {

  private static final int GAP = 2;
  private static final int LEAST = 6;

  private final List<String> head;
  private final List<List<String>> rows = new ArrayList<>();

  Table(String... head) {
    this.head = List.of(head);
  }

  void row(String... cells) {
    // Their widths are those of what is shown.
    rows.add(Arrays.stream(cells).map(Printable::of).toList());
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  void print(Output out, int width) {
    int[] widths = widths(width);
    out.line(line(head, widths));
    rows.forEach(row -> out.line(line(row, widths)));
  }

  private int[] widths(int limit) {
    int[] widths = new int[head.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = head.get(i).length();
      for (List<String> row : rows) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    long total = (long) (widths.length - 1) * GAP;
    for (int each : widths) {
      total += each;
    }
    for (int i = widths.length - 1; i >= 0 && total > limit; i--) {
      int cut = (int) Math.min(total - limit, Math.max(0, widths[i] - LEAST));
      widths[i] -= cut;
      total -= cut;
    }
    return widths;
  }

  private static String line(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = cells.get(i);
      boolean cut = cell.length() > widths[i];
      String shown = cut ? Printable.of(cell, Math.max(1, widths[i])) : cell;
      line.append(shown);
      if (i < widths.length - 1) {
        line.append(" ".repeat(widths[i] - shown.length() + GAP));
      }
    }
    return line.toString().stripTrailing();
  }
}
