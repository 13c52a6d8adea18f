package io.tenure.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.internal.AuditFormat;
import io.tenure.internal.Sessions;
import io.tenure.internal.ZnodeJson;
import io.tenure.scope.ForeignDataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** The lines of an archive's files, which {@link ArchiveFiles} draws. Stateless. */
final class ArchiveLine {

  private static final String KIND = "tenure-audit";
  private static final JsonFactory JSON = new JsonFactory();

  /**
   * Between what the archive says and the entry's own bytes. It stands nowhere before that: within
   * a text of JSON the quotes would be escaped.
   */
  private static final byte[] ENTRY = ascii(",\"entry\":");

  private static final byte[] TRAIL = ascii("{\"format\":1,\"trail\":\"");

  /**
   * The first line of a file.
   *
   * @param number of the file
   * @param created when, by the archiver's clock
   * @param positions how far each trail is archived in the files before
   */
  record Header(long number, Instant created, Map<String, ArchivePosition> positions) {}

  private ArchiveLine() {}

  static byte[] header(Header header) {
    ObjectNode json = ZnodeJson.create();
    json.put("archive", KIND);
    json.put("file", header.number());
    json.put("created", header.created().toString());
    ObjectNode positions = json.putObject("positions");
    new TreeMap<>(header.positions())
        .forEach(
            (trail, position) ->
                positions
                    .putObject(trail)
                    .put("life", position.life())
                    .put("index", position.index())
                    .put("zxid", Sessions.format(position.zxid()))
                    .put("digest", position.digest()));
    return line(json);
  }

  /**
   * Parses the first line of a file.
   *
   * @throws ForeignDataException if it is none of an archive, or of a newer format
   */
  static Header header(String where, byte[] line) {
    ZnodeJson json = ZnodeJson.parse(where, line);
    if (!json.optionalText("archive").equals(Optional.of(KIND))) {
      throw json.foreign("archive", "is not \"" + KIND + "\"");
    }
    if (!(json.get("positions") instanceof ObjectNode positions)) {
      throw json.foreign("positions", "is not there");
    }
    Map<String, ArchivePosition> all = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : ZnodeJson.fields(positions)) {
      JsonNode position = field.getValue();
      all.put(
          field.getKey(),
          new ArchivePosition(
              position.path("life").asText(),
              position.path("index").asLong(),
              zxid(json, position.path("zxid").asText()),
              position.path("digest").asText()));
    }
    return new Header(json.number("file", 1), json.time("created"), all);
  }

  /** The line of an entry or a gap, with its line feed. */
  static byte[] of(Archived item) {
    ObjectNode json = ZnodeJson.create();
    json.put("trail", item.trail());
    json.put("life", item.life());
    if (item instanceof ArchivedGap gap) {
      json.put("gapFirst", gap.first());
      json.put("gapLast", gap.last());
      return line(json);
    }
    ArchivedEntry entry = (ArchivedEntry) item;
    json.put("index", entry.index());
    json.put("name", entry.name());
    json.put("serverTime", entry.serverTime().toString());
    json.put("zxid", Sessions.format(entry.zxid()));
    json.put("digest", entry.digest());
    if (!isOneLineOfJson(entry.bytes())) {
      json.put("bytes", Base64.getEncoder().encodeToString(entry.bytes()));
      return line(json);
    }
    byte[] open = ZnodeJson.bytes(json);
    ByteArrayOutputStream out =
        new ByteArrayOutputStream(open.length + ENTRY.length + entry.bytes().length + 2);
    out.write(open, 0, open.length - 1);
    out.writeBytes(ENTRY);
    out.writeBytes(entry.bytes());
    out.writeBytes(ascii("}\n"));
    return out.toByteArray();
  }

  /**
   * Parses a line.
   *
   * @return empty if its trail is not wanted
   * @throws ForeignDataException if it is none of an archive, of a newer format, or its bytes are
   *     not those that were archived
   */
  static Optional<Archived> parse(String where, byte[] line, Predicate<String> wanted) {
    if (!mayBeWanted(line, wanted)) {
      return Optional.empty();
    }
    int at = indexOfEntry(line);
    byte[] own = line;
    Optional<byte[]> verbatim = Optional.empty();
    if (at >= 0) {
      own = Arrays.copyOf(line, at + 1);
      own[at] = '}';
      int from = at + ENTRY.length;
      if (line[line.length - 1] != '}') {
        throw new ForeignDataException(where + " is damaged: the line ends in its entry");
      }
      verbatim = Optional.of(Arrays.copyOfRange(line, from, line.length - 1));
    }
    ZnodeJson json = ZnodeJson.parse(where, own);
    String trail = json.text("trail");
    if (!wanted.test(trail)) {
      return Optional.empty();
    }
    if (json.get("gapFirst") != null) {
      long first = json.number("gapFirst", 1);
      return Optional.of(
          new ArchivedGap(trail, json.text("life"), first, json.number("gapLast", first)));
    }
    byte[] bytes = verbatim.isPresent() ? verbatim.get() : base64(json);
    ArchivedEntry entry =
        new ArchivedEntry(
            trail,
            json.text("life"),
            json.number("index", 0),
            json.text("name"),
            json.time("serverTime"),
            zxid(json, json.text("zxid")),
            json.text("digest"),
            bytes);
    if (!AuditFormat.digest(bytes).equals(entry.digest())) {
      throw json.foreign("digest", "is not that of the entry's bytes: one of them was changed");
    }
    return Optional.of(entry);
  }

  /** Whether a line is of a format that only newer versions read. */
  static boolean isNewer(byte[] line) {
    byte[] format = ascii("{\"format\":");
    if (!startsWith(line, format)) {
      return false;
    }
    int end = format.length;
    while (end < line.length && line[end] >= '0' && line[end] <= '9') {
      end++;
    }
    String digits = new String(line, format.length, end - format.length, StandardCharsets.US_ASCII);
    return !digits.isEmpty() && !digits.equals("0") && !digits.equals("1");
  }

  /** Spares most lines of other trails the parsing. */
  private static boolean mayBeWanted(byte[] line, Predicate<String> wanted) {
    if (!startsWith(line, TRAIL)) {
      return true;
    }
    for (int i = TRAIL.length; i < line.length; i++) {
      if (line[i] == '\\') {
        return true;
      }
      if (line[i] == '"') {
        return wanted.test(
            new String(line, TRAIL.length, i - TRAIL.length, StandardCharsets.UTF_8));
      }
    }
    return true;
  }

  private static boolean startsWith(byte[] line, byte[] start) {
    return line.length >= start.length
        && Arrays.equals(line, 0, start.length, start, 0, start.length);
  }

  private static int indexOfEntry(byte[] line) {
    for (int at = 0; at + ENTRY.length <= line.length; at++) {
      if (Arrays.equals(line, at, at + ENTRY.length, ENTRY, 0, ENTRY.length)) {
        return at;
      }
    }
    return -1;
  }

  private static byte[] base64(ZnodeJson json) {
    try {
      return Base64.getDecoder().decode(json.text("bytes"));
    } catch (IllegalArgumentException e) {
      throw json.foreign("bytes", "is no base64");
    }
  }

  private static long zxid(ZnodeJson json, String text) {
    try {
      return Sessions.parse(text);
    } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
      throw json.foreign("zxid", "is no hexadecimal number");
    }
  }

  /** Whether bytes can stand in a line as they are, and come out of it the same. */
  private static boolean isOneLineOfJson(byte[] bytes) {
    for (byte b : bytes) {
      if (b == '\n' || b == '\r') {
        return false;
      }
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return false;
    }
    if (text.startsWith("\uFEFF")) {
      return false;
    }
    try (JsonParser json = JSON.createParser(text)) {
      if (json.nextToken() == null) {
        return false;
      }
      json.skipChildren();
      return json.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  private static byte[] line(ObjectNode json) {
    byte[] bytes = ZnodeJson.bytes(json);
    byte[] line = Arrays.copyOf(bytes, bytes.length + 1);
    line[bytes.length] = '\n';
    return line;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
