package io.tenure.cli.timeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenure.testing.HostileText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page's bytes: self-contained, and safe for all ids and reasons. */
class TimelinePageTest {

  static final String HOSTILE = "</script><script>window.hacked=1</script>";

  static TimelineData hostile() {
    String longName = "n".repeat(200);
    return TimelineData.of(
        "/<b>\"g\" & {{data}}",
        Trail.at(60_000),
        List.of(
            new Trail("/<b>\"g\" & {{data}}/shards/<img src=x onerror=window.hacked=2>")
                .elected(1_000, HOSTILE, "line\u2028separator <!-- <script>")
                .resigned(30_000, "\"quotes' and \\ {{script}}")
                .elected(30_010, "\u202eright to left \ud83d\ude80 \u05d0\u05d1", "&lt; & ]]>")
                .read(true),
            new Trail("/<b>\"g\" & {{data}}/shards/" + longName)
                .elected(2_000, "x".repeat(128), "y".repeat(298) + "\ud83d\ude80\ud83d\ude80")
                .read(true)));
  }

  private static String page(TimelineData data) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TimelinePage.write(data, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static String between(String text, String begin, String end) {
    int from = text.indexOf(begin) + begin.length();
    return text.substring(from, text.indexOf(end, from));
  }

  @Test
  void theDataHaveNoMarkupAndSayWhatWasGiven() throws Exception {
    String page = page(hostile());
    String data = between(page, "<script type=\"application/json\" id=\"data\">", "</script>");
    assertThat(data).doesNotContain("<", ">", "&", "\u2028").contains("\\u003C").endsWith("}");
    JsonNode json = new ObjectMapper().readTree(data);
    assertThat(json.get("workers").get(0).asText()).isEqualTo(HOSTILE);
    assertThat(json.get("workers").get(1).asText()).contains("\\u202e", "\ud83d\ude80");
    assertThat(json.get("reasons").toString()).contains("y".repeat(298) + "…", "\\\\u2028");
    HostileText.assertNoneIn("the page", page);
    assertThat(json.get("shards").get("name").get(1).asText()).hasSize(200);
    assertThat(Pattern.compile("<script").matcher(page).results().count()).isEqualTo(2);
    assertThat(between(page, "<title>", "</title>"))
        .isEqualTo("/&lt;b&gt;&quot;g&quot; &amp; {{data}}: timeline");
  }

  @Test
  void thePolicyAllowsTheOneScriptAndTheOneStyleOfThePageAndNoNetwork() throws Exception {
    String page = page(hostile());
    String policy = between(page, "Content-Security-Policy\" content=\"", "\">");
    assertThat(policy)
        .startsWith("default-src 'none'; ")
        .contains("connect-src 'none'", "base-uri 'none'", "form-action 'none'")
        .contains("style-src 'sha256-" + hash(between(page, "<style>", "</style>")) + "'")
        .contains("script-src 'sha256-" + hash(between(page, "\n<script>", "</script>")) + "'")
        .doesNotContain("unsafe");
    assertThat(TimelinePage.live("/g").policy()).contains("connect-src 'self'");
    Matcher addresses = Pattern.compile("(?:https?:)?//[a-z0-9.]+\\.[a-z]+").matcher(page);
    assertThat(addresses.results().map(address -> address.group()).distinct())
        .containsExactly("http://www.w3.org"); // The icon's XML namespace.
    assertThat(page).doesNotContain("innerHTML", "insertAdjacentHTML", "document.write", "eval(");
  }

  @Test
  void aRowTakesFewBytes() throws Exception {
    TimelineData data = Groups.big();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    data.writeJson(out);
    assertThat(out.size() / data.tenures()).isLessThan(60);
  }

  private static String hash(String content) throws Exception {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
