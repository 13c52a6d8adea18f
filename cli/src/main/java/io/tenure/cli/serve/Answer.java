package io.tenure.cli.serve;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/** What the server answers: status, headers and bytes. Immutable: the bytes are never changed. */
final class Answer {

  /** Smaller answers are sent as they are. */
  private static final int WORTH_COMPRESSING = 1_024;

  private static final Pattern GZIP =
      Pattern.compile("(^|,)\\s*gzip\\s*(,|;(?!\\s*q=0(\\.0*)?\\s*(,|$))|$)");

  private final int status;
  private final String type;
  private final byte[] body;
  private final Map<String, String> headers;

  /**
   * An answer.
   *
   * @param headers besides those that every answer has
   */
  Answer(int status, String type, byte[] body, Map<String, String> headers) {
    this.status = status;
    this.type = type;
    this.body = body;
    this.headers = Map.copyOf(headers);
  }

  int status() {
    return status;
  }

  String type() {
    return type;
  }

  byte[] body() {
    return body;
  }

  Map<String, String> headers() {
    return headers;
  }

  static Answer text(int status, String text) {
    byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
    return new Answer(status, "text/plain; charset=utf-8", body, Map.of());
  }

  static Answer json(byte[] body) {
    return new Answer(200, "application/json", body, Map.of());
  }

  Answer with(String header, String value) {
    Map<String, String> all = new TreeMap<>(headers);
    all.put(header, value);
    return new Answer(status, type, body, all);
  }

  /** The same in fewer bytes, if it is worth it. */
  Answer compressed() {
    if (body.length < WORTH_COMPRESSING || headers.containsKey("Content-Encoding")) {
      return this;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 4);
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException("memory can always be written to", e);
    }
    return new Answer(status, type, out.toByteArray(), headers).with("Content-Encoding", "gzip");
  }

  /** Whether a client that sends this header takes compressed answers. */
  static boolean isGzipAccepted(String acceptEncoding) {
    return GZIP.matcher(acceptEncoding.toLowerCase(Locale.ROOT)).find();
  }
}
