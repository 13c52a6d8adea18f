package io.tenure.sharding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.tenure.internal.ZnodeJson;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shards as they stand in a znode: numbered ones as text in ranges, {@code "0-15,48"}, named ones
 * as an array of names. Both are read wherever they stand. Stateless.
 */
final class ShardList {

  private static final int MAX_SHOWN = 40;

  /** What can be read again from ranges, name by name. */
  private static final ShardSet NUMBERED = ShardSet.numbered(ShardSet.MAX_SHARDS);

  private ShardList() {}

  /** Puts a list into a field, or leaves the field away if there is nothing to list. */
  static void put(ObjectNode json, String field, boolean numbered, Collection<String> shards) {
    if (!shards.isEmpty()) {
      json.set(field, write(json, numbered, shards));
    }
  }

  private static JsonNode write(ObjectNode factory, boolean numbered, Collection<String> shards) {
    // A plan that an operator wrote by hand may name what is no number; it is taken back by name.
    if (numbered && shards.stream().allMatch(NUMBERED::contains)) {
      return TextNode.valueOf(ranges(shards));
    }
    ArrayNode array = factory.arrayNode();
    shards.stream().sorted().forEach(array::add);
    return array;
  }

  private static boolean isNumber(String shard) {
    return !shard.isEmpty()
        && shard.length() <= 7
        && shard.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /** Numbers as ranges. */
  static String ranges(Collection<String> numbers) {
    return ranges(numbers.stream().mapToInt(Integer::parseInt).sorted().toArray());
  }

  /** Sorted numbers as ranges. */
  static String ranges(int[] sorted) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < sorted.length; ) {
      int end = i;
      while (end + 1 < sorted.length && sorted[end + 1] == sorted[end] + 1) {
        end++;
      }
      if (out.length() > 0) {
        out.append(',');
      }
      out.append(sorted[i]);
      if (end > i) {
        out.append('-').append(sorted[end]);
      }
      i = end + 1;
    }
    return out.toString();
  }

  /** The names that a field lists; none if it is not there. */
  static List<String> get(ZnodeJson json, String field) {
    return names(json, field, json.get(field));
  }

  /** The names that a value lists. */
  static List<String> names(ZnodeJson json, String field, @Nullable JsonNode value) {
    if (value == null) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    if (value.isTextual()) {
      parseRanges(json, field, value.textValue(), names);
    } else if (value.isArray()) {
      for (JsonNode name : value) {
        if (!name.isTextual()) {
          throw json.foreign(field, "holds something that is no shard's name");
        }
        try {
          ShardSet.checkName(name.textValue());
        } catch (IllegalArgumentException e) {
          throw json.foreign(field, "names what can be no shard: " + e.getMessage());
        }
        names.add(name.textValue());
      }
    } else {
      throw json.foreign(field, "lists no shards");
    }
    return names;
  }

  private static void parseRanges(ZnodeJson json, String field, String text, List<String> names) {
    for (String part : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      int dash = part.indexOf('-');
      String first = dash < 0 ? part : part.substring(0, dash);
      String last = dash < 0 ? part : part.substring(dash + 1);
      int from = isNumber(first) ? Integer.parseInt(first) : -1;
      int to = isNumber(last) ? Integer.parseInt(last) : -1;
      if (from < 0 || to < from || to >= ShardSet.MAX_SHARDS) {
        throw json.foreign(
            field,
            "has the range \""
                + part.substring(0, Math.min(MAX_SHOWN, part.length()))
                + "\": give numbers below "
                + ShardSet.MAX_SHARDS
                + ", as in 0-15,48");
      }
      if (names.size() + (to - from) >= ShardSet.MAX_SHARDS) {
        throw json.foreign(field, "lists more than " + ShardSet.MAX_SHARDS + " shards");
      }
      for (int i = from; i <= to; i++) {
        names.add(Integer.toString(i));
      }
    }
  }
}
