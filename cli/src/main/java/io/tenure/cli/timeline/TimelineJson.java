package io.tenure.cli.timeline;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import io.tenure.cli.timeline.TimelineData.End;
import io.tenure.cli.timeline.TimelineData.Hole;
import io.tenure.cli.timeline.TimelineData.Office;
import io.tenure.cli.timeline.TimelineData.Row;
import io.tenure.cli.timeline.TimelineData.Shard;
import io.tenure.scope.Printable;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of a timeline, as {@code model.js} reads it: one array for each column, since 50,000
 * rows as objects would repeat their field names 50,000 times; strings that occur often stand in
 * tables; times are milliseconds after {@code base}, and null where nothing is recorded.
 *
 * <p>Ids and reasons are texts that others wrote. No {@code <}, {@code >} or {@code &} and no line
 * separator stands in the output, so that it can be put into a page as it is; halves of surrogate
 * pairs, which no encoding has, become U+FFFD. One instance writes one timeline.
 */
final class TimelineJson {

  /** Readers refuse what they do not know. */
  private static final int FORMAT = 1;

  private static final JsonFactory FACTORY = new JsonFactory().setCharacterEscapes(new HtmlSafe());

  /** A table of strings: each gets the number of its first occurrence. */
  private static final class Strings {
    private final Map<String, Integer> numbers = new LinkedHashMap<>();

    int number(String text) {
      Integer next = numbers.size();
      Integer known = numbers.putIfAbsent(text, next);
      return known == null ? next : known;
    }

    void write(String field, JsonGenerator json) throws IOException {
      json.writeArrayFieldStart(field);
      for (String text : numbers.keySet()) {
        json.writeString(wellFormed(text));
      }
      json.writeEndArray();
    }
  }

  private final TimelineData data;
  private final JsonGenerator json;
  private final long base;
  private final Strings workers = new Strings();
  private final Strings places = new Strings();
  private final Strings reasons = new Strings();

  private TimelineJson(TimelineData data, JsonGenerator json) {
    this.data = data;
    this.json = json;
    this.base = base(data);
  }

  static void write(TimelineData data, OutputStream out) throws IOException {
    try (JsonGenerator json =
        FACTORY
            .createGenerator(out, JsonEncoding.UTF8)
            .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
      new TimelineJson(data, json).write();
    }
  }

  private void write() throws IOException {
    json.writeStartObject();
    json.writeNumberField("format", FORMAT);
    json.writeStringField("title", wellFormed(data.title()));
    json.writeNumberField("asOf", data.asOf().toEpochMilli());
    json.writeStringField("run", data.run());
    json.writeNumberField("version", data.version());
    json.writeNumberField("base", base);
    shards();
    tenures();
    workers.write("workers", json);
    places.write("places", json);
    reasons.write("reasons", json);
    holes();
    problems();
    json.writeEndObject();
  }

  private void shards() throws IOException {
    json.writeObjectFieldStart("shards");
    texts("scope", Shard::scope);
    texts("name", Shard::name);
    numbers("office", shard -> code(shard.office()));
    numbers("keptFrom", Shard::keptFrom);
    numbers("rows", shard -> shard.rows().size());
    places("other", shard -> !shard.ofShard());
    places("replaced", Shard::replaces);
    json.writeEndObject();
  }

  private void tenures() throws IOException {
    json.writeObjectFieldStart("tenures");
    column("index", row -> row.index());
    column("worker", row -> (long) workers.number(row.worker()));
    column("place", row -> (long) places.number(row.place()));
    column("epoch", row -> row.epoch());
    column("from", row -> offset(row.from()));
    column("to", row -> offset(row.to()));
    column("end", row -> (long) code(row.end()));
    column("elected", row -> (long) reasons.number(row.electedReason()));
    column("ended", row -> (long) reasons.number(row.endReason()));
    json.writeEndObject();
  }

  private void holes() throws IOException {
    json.writeArrayFieldStart("holes");
    for (int shard = 0; shard < data.shards().size(); shard++) {
      for (Hole hole : data.shards().get(shard).holes()) {
        json.writeStartArray();
        json.writeNumber(shard);
        json.writeNumber(hole.first());
        json.writeNumber(hole.last());
        number(offset(hole.from()));
        number(offset(hole.to()));
        json.writeString(hole.absence().name().toLowerCase(Locale.ROOT).replace('_', ' '));
        json.writeEndArray();
      }
    }
    json.writeEndArray();
  }

  private void problems() throws IOException {
    json.writeArrayFieldStart("problems");
    for (int shard = 0; shard < data.shards().size(); shard++) {
      for (var problem : data.shards().get(shard).problems()) {
        json.writeStartArray();
        json.writeNumber(shard);
        json.writeString(wellFormed(problem.path()));
        json.writeString(wellFormed(problem.problem()));
        json.writeEndArray();
      }
    }
    json.writeEndArray();
  }

  private static int code(Office office) {
    return switch (office) {
      case LED -> 0;
      case VACANT -> 1;
      case UNKNOWN -> 2;
      case REMOVED -> 3;
    };
  }

  private static int code(End end) {
    return switch (end) {
      case ON -> 0;
      case RESIGNED -> 1;
      case LAPSED -> 2;
      case REVOKED -> 3;
      case LOST -> 4;
      case UNKNOWN -> 5;
      case FAILED -> 6;
    };
  }

  private interface Column {
    @Nullable Long of(Row row);
  }

  private interface Name {
    String of(Shard shard);
  }

  private void column(String field, Column column) throws IOException {
    json.writeArrayFieldStart(field);
    for (Shard shard : data.shards()) {
      for (Row row : shard.rows()) {
        number(column.of(row));
      }
    }
    json.writeEndArray();
  }

  private void texts(String field, Name name) throws IOException {
    json.writeArrayFieldStart(field);
    for (Shard shard : data.shards()) {
      json.writeString(wellFormed(name.of(shard)));
    }
    json.writeEndArray();
  }

  private void numbers(String field, ToLongFunction<Shard> number) throws IOException {
    json.writeArrayFieldStart(field);
    for (Shard shard : data.shards()) {
      json.writeNumber(number.applyAsLong(shard));
    }
    json.writeEndArray();
  }

  /** The places of the shards for which something holds. */
  private void places(String field, Predicate<Shard> holds) throws IOException {
    json.writeArrayFieldStart(field);
    List<Shard> shards = data.shards();
    for (int i = 0; i < shards.size(); i++) {
      if (holds.test(shards.get(i))) {
        json.writeNumber(i);
      }
    }
    json.writeEndArray();
  }

  private void number(@Nullable Long number) throws IOException {
    if (number == null) {
      json.writeNull();
    } else {
      json.writeNumber(number);
    }
  }

  private @Nullable Long offset(Optional<Instant> time) {
    return time.isEmpty() ? null : time.get().toEpochMilli() - base;
  }

  private static long base(TimelineData data) {
    long base = data.asOf().toEpochMilli();
    for (Shard shard : data.shards()) {
      for (Row row : shard.rows()) {
        Optional<Instant> begins = row.from().or(row::to);
        if (begins.isPresent()) {
          base = Math.min(base, begins.get().toEpochMilli());
        }
      }
    }
    return base;
  }

  /**
   * The text as people see it, with what is no character replaced: a reason may have been cut
   * within a pair.
   */
  private static String wellFormed(String text) {
    boolean broken = text.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF);
    if (!broken) {
      return Printable.of(text);
    }
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().forEach(c -> out.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c));
    return Printable.of(out.toString());
  }

  /** Escapes what could end a script element, or a line. */
  private static final class HtmlSafe extends CharacterEscapes {
    private static final long serialVersionUID = 1L;

    private final int[] ascii;

    HtmlSafe() {
      ascii = CharacterEscapes.standardAsciiEscapesForJSON();
      for (char c : new char[] {'<', '>', '&'}) {
        ascii[c] = CharacterEscapes.ESCAPE_STANDARD;
      }
    }

    @Override
    public int[] getEscapeCodesForAscii() {
      return Arrays.copyOf(ascii, ascii.length);
    }

    @Override
    public @Nullable SerializableString getEscapeSequence(int c) {
      return switch (c) {
        case 0x2028 -> new SerializedString("\\u2028");
        case 0x2029 -> new SerializedString("\\u2029");
        default -> null;
      };
    }
  }
}
