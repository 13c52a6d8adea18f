package io.tenure.internal;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.scope.Bounds;
import io.tenure.scope.Candidate;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Printable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One znode's data as one line of JSON, with errors that name the znode.
 *
 * <p>Every znode of Tenure carries {@code "format"}. A reader takes its own format or an older one,
 * keeps fields that it does not know, and refuses a newer format: what it cannot read it must not
 * rewrite.
 */
public final class ZnodeJson {

  /** The format that this version writes. */
  static final int FORMAT = 1;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  /** What an error quotes of data. */
  private static final int SHOWN = 40;

  private final String path;
  private final ObjectNode json;

  private ZnodeJson(String path, ObjectNode json) {
    this.path = path;
    this.json = json;
  }

  /**
   * Parses a znode's data.
   *
   * @param found null as well: a client may have created the znode without data
   */
  public static ZnodeJson parse(String path, byte @Nullable [] found) {
    return parse(path, found, "");
  }

  /**
   * Parses a znode's data.
   *
   * @param found null as well
   * @param wayOut what to do where the data is none of Tenure's; empty where that depends on who
   *     reads it
   */
  public static ZnodeJson parse(String path, byte @Nullable [] found, String wayOut) {
    String untouched = "). It was left untouched" + (wayOut.isEmpty() ? "" : "; " + wayOut);
    byte[] data = found == null ? new byte[0] : found;
    JsonNode node;
    try {
      node = MAPPER.readTree(data);
    } catch (IOException e) {
      Optional<String> twice = duplicateKey(data);
      throw new ForeignDataException(
          path
              + " is not Tenure's: its data "
              + twice
                  .map(key -> "has the key \"" + Printable.of(key, SHOWN) + "\" twice (")
                  .orElse("is no JSON object (")
              + preview(data)
              + untouched,
          e);
    }
    if (!(node instanceof ObjectNode object) || !object.path("format").isIntegralNumber()) {
      throw new ForeignDataException(
          path
              + " is not Tenure's: its data has no \"format\" number ("
              + preview(data)
              + untouched);
    }
    JsonNode format = object.path("format");
    if (!format.canConvertToLong() || format.longValue() < 1 || format.longValue() > FORMAT) {
      throw new ForeignDataException(
          path
              + " has format "
              + shortened(format.asText())
              + ", and this version of Tenure reads formats up to "
              + FORMAT
              + ". It was left untouched; upgrade this process");
    }
    return new ZnodeJson(path, object);
  }

  /**
   * The first key that an object has twice, of data that were refused. Jackson's errors name it in
   * words that differ from version to version.
   */
  private static Optional<String> duplicateKey(byte[] data) {
    Deque<Set<String>> objects = new ArrayDeque<>();
    try (JsonParser parser = MAPPER.createParser(data)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.START_OBJECT) {
          objects.push(new HashSet<>());
        } else if (token == JsonToken.END_OBJECT) {
          objects.pop();
        } else if (token == JsonToken.FIELD_NAME) {
          String key = parser.currentName();
          if (!objects.element().add(key)) {
            return Optional.of(key);
          }
        }
      }
    } catch (IOException e) {
      return Optional.empty(); // It is no JSON at all.
    }
    return Optional.empty();
  }

  /** The fields of an object, in their order. Jackson's own method came with 2.15. */
  public static List<Map.Entry<String, JsonNode>> fields(JsonNode object) {
    List<Map.Entry<String, JsonNode>> fields = new ArrayList<>(object.size());
    object.fieldNames().forEachRemaining(name -> fields.add(Map.entry(name, object.get(name))));
    return fields;
  }

  /** An object with nothing but the format. */
  public static ObjectNode create() {
    return MAPPER.createObjectNode().put("format", FORMAT);
  }

  /** The object as one line. */
  public static byte[] bytes(ObjectNode json) {
    try {
      return MAPPER.writeValueAsBytes(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values can always be written", e);
    }
  }

  static String digest(byte[] data) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** A field that must be there. */
  public String text(String field) {
    return optionalText(field).orElseThrow(() -> foreign(field, "is not there or is no text"));
  }

  /** A field that may be there. */
  public Optional<String> optionalText(String field) {
    JsonNode value = json.get(field);
    return value != null && value.isTextual() ? Optional.of(value.textValue()) : Optional.empty();
  }

  /** A field that must be there; longer than that, it is cut. */
  public String text(String field, int maxChars) {
    return Bounds.cut(text(field), maxChars);
  }

  /** A field that may be there; longer than that, it is cut. */
  public Optional<String> optionalText(String field, int maxChars) {
    return optionalText(field).map(text -> Bounds.cut(text, maxChars));
  }

  /** An object inside of this one, if it is there. */
  public Optional<ZnodeJson> object(String field) {
    return json.get(field) instanceof ObjectNode object
        ? Optional.of(new ZnodeJson(path, object))
        : Optional.empty();
  }

  /** A whole number of at least {@code min}. */
  public long number(String field, long min) {
    JsonNode value = json.get(field);
    if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
      throw foreign(field, "is not there or is no whole number");
    }
    if (value.longValue() < min) {
      throw foreign(field, "is " + value.longValue() + ", and must be at least " + min);
    }
    return value.longValue();
  }

  /** A field that holds a time. */
  public Instant time(String field) {
    String text = text(field);
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw new ForeignDataException(
          path + " is damaged: field \"" + field + "\" is no ISO time", e);
    }
  }

  /** The fields that {@link #putCandidate} writes. What is longer than it writes is cut. */
  public Candidate candidate() {
    try {
      return new Candidate(
          text("candidate"),
          Bounds.cutToBytes(text("host"), Bounds.HOST_BYTES),
          number("pid", 0),
          optionalText("endpoint").map(e -> Bounds.cutToBytes(e, Bounds.ENDPOINT_BYTES)));
    } catch (IllegalArgumentException e) {
      throw new ForeignDataException(path + " is damaged: " + e.getMessage(), e);
    }
  }

  /** A field with a value of any kind; null if it is not there. */
  public @Nullable JsonNode get(String field) {
    return json.get(field);
  }

  /** The path of the znode, for messages. */
  public String path() {
    return path;
  }

  /** The fields that this version does not know, to be kept when the znode is written again. */
  public ObjectNode without(Set<String> known) {
    ObjectNode rest = json.deepCopy();
    rest.remove(known);
    return rest;
  }

  /** The error of a field that cannot be read. */
  public ForeignDataException foreign(String field, String problem) {
    return new ForeignDataException(
        path
            + " is not Tenure's or is damaged: field \""
            + field
            + "\" "
            + problem
            + ". It was left untouched");
  }

  /** Writes a candidate's fields. */
  public static void putCandidate(ObjectNode json, Candidate candidate) {
    json.put("candidate", candidate.id());
    json.put("host", candidate.host());
    json.put("pid", candidate.pid());
    candidate.endpoint().ifPresent(e -> json.put("endpoint", e));
  }

  private static String shortened(String text) {
    return Printable.of(text, SHOWN);
  }

  private static String preview(byte[] data) {
    int shown = Math.min(data.length, SHOWN);
    String text = Printable.of(new String(data, 0, shown, StandardCharsets.UTF_8));
    return data.length + " bytes: \"" + text + (shown < data.length ? "…" : "") + "\"";
  }
}
