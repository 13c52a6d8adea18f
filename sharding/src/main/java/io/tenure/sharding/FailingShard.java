package io.tenure.sharding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.scope.Bounds;
import io.tenure.scope.Printable;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A shard that fails on a worker, as the worker's registration tells of it: each time, the worker
 * leaves the shard alone for twice as long, up to a minute. Forgotten when the worker has led the
 * shard for a minute, or has not tried it for five.
 *
 * @param shard its name
 * @param in what the shard fails in
 * @param error the last error, in few words
 * @param since when it failed first, by the worker's clock
 * @param times how often it has failed since
 */
public record FailingShard(String shard, Phase in, String error, Instant since, long times) {

  /** Longer errors are cut off: a class and a text. */
  static final int MAX_ERROR_CHARS = Bounds.ERROR_CHARS;

  /** What a shard fails in. */
  public enum Phase {
    /** Its task cannot get ready to lead: another worker leads meanwhile. */
    WARM_UP("warmUp"),
    /** Its task fails in office, or the worker cannot take the office. */
    OFFICE("office"),
    /** Its task hands the shard over soon after it was elected. That is no failure. */
    HAND_OVER("handOver");

    private final String word;

    Phase(String word) {
      this.word = word;
    }

    /** The word that stands for it in the registration. */
    public String word() {
      return word;
    }

    static Optional<Phase> of(String word) {
      return Arrays.stream(values()).filter(phase -> phase.word.equals(word)).findFirst();
    }
  }

  /** Cuts the error short. */
  public FailingShard {
    error = shortened(error);
  }

  private static String shortened(String text) {
    return Printable.of(text.strip().replaceAll("\\s+", " "), MAX_ERROR_CHARS);
  }

  // ---- as it stands in a registration ----

  static List<FailingShard> parse(ZnodeJson json, String field) {
    JsonNode written = json.get(field);
    if (written == null) {
      return List.of();
    } else if (!written.isArray()) {
      throw json.foreign(field, "is no list");
    }
    List<FailingShard> all = new ArrayList<>();
    for (JsonNode one : written) {
      try {
        all.add(
            new FailingShard(
                Bounds.cut(one.path("shard").asText(), Bounds.SHARD_CHARS),
                Phase.of(one.path("in").asText()).orElse(Phase.OFFICE),
                one.path("error").asText(),
                Instant.parse(one.path("since").asText()),
                Math.max(1, one.path("times").asLong(1))));
      } catch (DateTimeException e) {
        throw json.foreign(field, "holds a time that is no ISO time");
      }
    }
    return List.copyOf(all);
  }

  static void put(ObjectNode json, String field, List<FailingShard> all) {
    if (!all.isEmpty()) {
      ArrayNode array = json.putArray(field);
      all.forEach(
          one ->
              array
                  .addObject()
                  .put("shard", one.shard)
                  .put("in", one.in.word)
                  .put("error", one.error)
                  .put("since", one.since.toString())
                  .put("times", one.times));
    }
  }

  /** As many as fit into so many bytes: those that have failed most often. */
  static List<FailingShard> fitting(List<FailingShard> all, int maxBytes) {
    List<FailingShard> some = new ArrayList<>();
    int left = maxBytes;
    for (FailingShard one :
        all.stream()
            .sorted(
                Comparator.comparing((FailingShard each) -> -each.times)
                    .thenComparing(FailingShard::shard))
            .toList()) {
      ObjectNode alone = ZnodeJson.create();
      put(alone, "", List.of(one));
      left -= ZnodeJson.bytes(alone).length;
      if (left < 0) {
        break;
      }
      some.add(one);
    }
    return some;
  }
}
