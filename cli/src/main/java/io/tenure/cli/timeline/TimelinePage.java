package io.tenure.cli.timeline;

import io.tenure.scope.Printable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;

/**
 * The page: one HTML file with its style, its script and its data, which asks no network for
 * anything.
 *
 * <p>Its content security policy allows the one script and the one style that it came with, by
 * their hashes. So even if a worker's id got into the page as markup, nothing of it could run; and
 * none does, since the data is JSON in an element that is not executed.
 *
 * <p>Stateless.
 */
public final class TimelinePage {

  /** Joined in this order; each file begins with what it is for. */
  private static final String[] SCRIPTS = {
    "model.js", "filter.js", "scene.js", "paint.js", "details.js", "page.js", "live.js"
  };

  private TimelinePage() {}

  /**
   * The page of {@code tenure serve}.
   *
   * @param html the page
   * @param policy its content security policy, to be sent as a header as well
   */
  public record Live(String html, String policy) {}

  /** Writes the page of a timeline in UTF-8. Does not close the stream. */
  public static void write(TimelineData data, OutputStream out) throws IOException {
    String summary =
        "As of %s: %d scopes, %d tenures, %d shards without a leader."
            .formatted(data.asOf(), data.shards().size(), data.tenures(), data.vacant());
    write(data.title(), summary, "connect-src 'none'", data::writeJson, out);
  }

  /**
   * The page that {@code tenure serve} answers with: it asks the server that it came from for the
   * timeline, again and again.
   */
  public static Live live(String title) {
    ByteArrayOutputStream page = new ByteArrayOutputStream();
    try {
      TimelineJsonSource live =
          out -> out.write("{\"live\":true}".getBytes(StandardCharsets.UTF_8));
      String policy =
          write(title, "It shows what changes while it is open.", "connect-src 'self'", live, page);
      return new Live(page.toString(StandardCharsets.UTF_8), policy);
    } catch (IOException e) {
      throw new UncheckedIOException("the page's own parts cannot be read", e);
    }
  }

  private interface TimelineJsonSource {
    void writeTo(OutputStream out) throws IOException;
  }

  /** Returns the content security policy. */
  private static String write(
      String title, String summary, String connect, TimelineJsonSource data, OutputStream out)
      throws IOException {
    String style = resource("timeline.css");
    String script = script();
    String policy =
        "default-src 'none'; script-src '%s'; style-src '%s'; img-src data:; %s; base-uri 'none'; form-action 'none'"
            .formatted(hash(script), hash(style), connect);
    Map<String, String> texts =
        Map.of(
            "policy", policy,
            "title", escaped(title),
            "summary", escaped(summary),
            "style", style,
            "script", script);
    String template = resource("timeline.html");
    int at = 0;
    while (at < template.length()) {
      int open = template.indexOf("{{", at);
      int close = template.indexOf("}}", at);
      if (open < 0) {
        break;
      }
      text(template.substring(at, open), out);
      String name = template.substring(open + 2, close);
      if (name.equals("data")) {
        data.writeTo(out);
      } else {
        text(texts.getOrDefault(name, ""), out);
      }
      at = close + 2;
    }
    text(template.substring(at), out);
    return policy;
  }

  private static String script() throws IOException {
    StringBuilder script = new StringBuilder("\"use strict\";\n(() => {\n");
    for (String name : SCRIPTS) {
      script.append(resource(name)).append('\n');
    }
    return script.append("})();\n").toString();
  }

  private static void text(String text, OutputStream out) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = TimelinePage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("the page's part " + name + " is not in this jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String hash(String content) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String escaped(String text) {
    String shown = Printable.of(text);
    StringBuilder out = new StringBuilder(shown.length());
    for (int i = 0; i < shown.length(); i++) {
      char c = shown.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        default -> out.append(c);
      }
    }
    return out.toString();
  }
}
