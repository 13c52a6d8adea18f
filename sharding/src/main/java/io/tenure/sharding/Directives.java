package io.tenure.sharding;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.internal.ZnodeName;
import io.tenure.scope.Bounds;
import io.tenure.scope.Printable;
import io.tenure.scope.TenureException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What operators want: the children of {@code /<group>/directives}. Immutable.
 *
 * <pre>
 * drain-&lt;worker id&gt;      this worker is to hand over everything; the data may say why
 * capacity-&lt;worker id&gt;   its capacity, in place of the one it declares: a number above 0
 * pin-&lt;shard&gt;            a worker id: it is to lead the shard while this znode exists
 * move-&lt;shard&gt;           a worker id: the shard moves there once; removed when it has
 * </pre>
 *
 * The data is the value as plain text, so that zkCli is enough to write it, or one line of JSON
 * with {@code value} and {@code reason}. What cannot be understood is passed over, and said in
 * {@code ignored}; but a drain counts also then, since its name says all but the reason.
 *
 * @param drains why each of these workers is to drain
 * @param capacities hand-set capacities of workers
 * @param pins shards that a certain worker is to lead
 * @param moves shards that are to move to a certain worker
 * @param unclear what is wrong with the data of drains that count by their names alone, by path
 * @param ignored what is wrong with those that are passed over, by path
 * @param paths where the pins and moves stand, by kind and shard: people write names as they like
 */
record Directives(
    Map<String, String> drains,
    Map<String, Double> capacities,
    Map<String, String> pins,
    Map<String, String> moves,
    Map<String, String> unclear,
    Map<String, String> ignored,
    Map<String, String> paths) {

  static final String DRAIN = "drain-";
  static final String CAPACITY = "capacity-";
  static final String PIN = "pin-";
  static final String MOVE = "move-";

  /** One child as it was read. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record Written(String path, byte[] data) {}

  static Directives none() {
    return parse(List.of());
  }

  static Directives parse(List<Written> all) {
    Directives parsed =
        new Directives(
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>());
    List<Written> sorted = new ArrayList<>(all);
    sorted.sort((a, b) -> a.path().compareTo(b.path()));
    for (Written one : sorted) {
      parsed.add(one).ifPresent(problem -> parsed.ignored.put(one.path(), problem));
    }
    return parsed;
  }

  /** Whether a directive's name alone says that a worker is to drain. */
  static boolean isDrain(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return name.startsWith(DRAIN)
        && ZnodeName.decode(name.substring(DRAIN.length())).filter(id -> !id.isEmpty()).isPresent();
  }

  /** One that cannot be read. */
  static Written unread(String path) {
    return new Written(path, new byte[0]);
  }

  private Optional<String> add(Written one) {
    String name = one.path().substring(one.path().lastIndexOf('/') + 1);
    int dash = name.indexOf('-') + 1;
    Optional<String> subject = ZnodeName.decode(name.substring(dash));
    if (subject.isEmpty() || subject.get().isEmpty()) {
      return Optional.of("names no worker or shard after the dash");
    }
    String kind = name.substring(0, dash);
    Value value;
    try {
      value = Value.parse(one);
    } catch (TenureException e) {
      String problem = String.valueOf(e.getMessage());
      if (!kind.equals(DRAIN)) {
        return Optional.of(problem);
      }
      drains.putIfAbsent(subject.get(), "");
      unclear.put(one.path(), problem);
      return Optional.empty();
    }
    switch (kind) {
      case DRAIN -> drains.put(subject.get(), value.reason.isEmpty() ? value.text : value.reason);
      case CAPACITY -> {
        double capacity = number(value.text);
        if (!(capacity > 0) || Double.isInfinite(capacity)) {
          return Optional.of("\"" + value.shown() + "\" is no number above 0");
        }
        capacities.put(subject.get(), capacity);
      }
      case PIN, MOVE -> {
        if (value.text.isEmpty()) {
          return Optional.of("has no data: the id of the worker belongs there");
        }
        (kind.equals(PIN) ? pins : moves).put(subject.get(), value.text);
        paths.put(kind + subject.get(), one.path());
      }
      default -> {
        return Optional.of("begins with none of drain-, capacity-, pin- and move-");
      }
    }
    return Optional.empty();
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /** The data of a directive, as {@link ShardGroup} writes it. */
  static byte[] bytes(String value, String reason) {
    ObjectNode json = ZnodeJson.create();
    json.put("value", value);
    json.put("reason", reason);
    return ZnodeJson.bytes(json);
  }

  private record Value(String text, String reason) {
    static Value parse(Written one) {
      String text = new String(one.data(), StandardCharsets.UTF_8).strip();
      if (!text.startsWith("{")) {
        return new Value(Bounds.cut(text, Bounds.VALUE_CHARS), "");
      }
      ZnodeJson json = ZnodeJson.parse(one.path(), one.data());
      return new Value(
          json.optionalText("value", Bounds.VALUE_CHARS).orElse("").strip(),
          json.optionalText("reason", Bounds.REASON_CHARS).orElse(""));
    }

    String shown() {
      return Printable.of(text, 40);
    }
  }
}
