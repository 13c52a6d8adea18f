package io.tenure.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Shards as plans list them: {@code "0-15,48"}, or an array of names. Stateless. */
final class ShardNames {

  private static final Pattern RANGE = Pattern.compile("(\\d{1,6})(?:-(\\d{1,6}))?");
  private static final int MAX = 100_000;

  private ShardNames() {}

  /** The names; what cannot be understood is passed over, as nothing is decided by it. */
  static List<String> parse(@Nullable JsonNode field) {
    List<String> names = new ArrayList<>();
    if (field != null && field.isTextual()) {
      for (String part : field.textValue().split(",", -1)) {
        Matcher range = RANGE.matcher(part);
        if (range.matches()) {
          int from = Integer.parseInt(range.group(1));
          int to = range.group(2) == null ? from : Integer.parseInt(range.group(2));
          for (int i = from; i <= to && names.size() < MAX; i++) {
            names.add(Integer.toString(i));
          }
        }
      }
    } else if (field != null && field.isArray()) {
      field.forEach(name -> names.add(name.asText()));
    }
    return names;
  }
}
