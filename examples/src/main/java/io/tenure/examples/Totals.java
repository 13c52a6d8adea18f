package io.tenure.examples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How far the close has come: the number of rows that are added up, and their sum for each group.
 * Immutable.
 */
record Totals(int position, SortedMap<String, BigDecimal> sums) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What a checkpoint may have, far below what ZooKeeper takes: it is written after each unit, and
   * every server keeps it in memory.
   */
  static final int MAX_BYTES = 128 * 1024;

  static Totals none() {
    return new Totals(0, new TreeMap<>());
  }

  /** These totals and the next rows. */
  Totals plus(List<Input.Row> rows) {
    SortedMap<String, BigDecimal> next = new TreeMap<>(sums);
    for (Input.Row row : rows) {
      next.merge(row.group(), row.amount(), BigDecimal::add);
    }
    return new Totals(position + rows.size(), next);
  }

  BigDecimal total() {
    return sums.values().stream().reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  /** Whether they are the same numbers. */
  boolean isSameAs(Totals other) {
    return position == other.position
        && sums.keySet().equals(other.sums.keySet())
        && sums.entrySet().stream()
            .allMatch(
                e ->
                    e.getValue().compareTo(other.sums.getOrDefault(e.getKey(), BigDecimal.ZERO))
                        == 0);
  }

  /** The demo's last line, where these are the totals that were expected. */
  String result(Totals found, boolean ok, String more, String wrong) {
    String figures =
        found.position
            + " rows, "
            + found.sums.size()
            + " groups, total "
            + found.total().stripTrailingZeros().toPlainString()
            + more;
    return ok
        ? "RESULT ok: " + figures + "; equal to the single-process answer"
        : "RESULT failed: "
            + figures
            + "; the single-process answer is "
            + total().toPlainString()
            + " over "
            + position
            + " rows"
            + wrong;
  }

  /** The bytes of a checkpoint. */
  byte[] bytes() {
    try {
      Map<String, String> plain = new TreeMap<>();
      sums.forEach((group, sum) -> plain.put(group, sum.toPlainString()));
      return JSON.writeValueAsBytes(Map.of("position", position, "sums", plain));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain values can always be written", e);
    }
  }

  static Totals parse(byte[] checkpoint) {
    try {
      var json = JSON.readTree(checkpoint);
      SortedMap<String, BigDecimal> sums = new TreeMap<>();
      json.path("sums")
          .properties()
          .forEach(e -> sums.put(e.getKey(), new BigDecimal(e.getValue().textValue())));
      return new Totals(json.path("position").intValue(), sums);
    } catch (IOException | RuntimeException e) {
      throw new InputException("the checkpoint is not one of the nightly close's", e);
    }
  }
}
