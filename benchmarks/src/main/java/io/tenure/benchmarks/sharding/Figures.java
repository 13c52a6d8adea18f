package io.tenure.benchmarks.sharding;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Figures as they are printed. Stateless. */
final class Figures {

  private Figures() {}

  static long median(List<Long> values) {
    List<Long> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }

  static String millis(long nanos) {
    return String.format(Locale.ROOT, "%.1f ms", nanos / 1e6);
  }

  static String times(double ratio) {
    return String.format(Locale.ROOT, "%.2f", ratio);
  }
}
