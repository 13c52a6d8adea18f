package io.tenure.cli.serve;

import io.tenure.cli.timeline.TimelinePage;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is answered to which request: {@code /} is the page, {@code /api/timeline} what has changed,
 * {@code /api/status} the status. Only GET and HEAD, and nothing of a request reaches ZooKeeper.
 *
 * <p>Immutable, and called by several threads at once.
 */
final class Routes {

  static final String POLICY = "Content-Security-Policy";

  private final LiveSource source;
  private final Clock clock;
  private final Answer page;
  private final Answer compressedPage;

  Routes(LiveSource source, Clock clock) {
    this.source = source;
    this.clock = clock;
    TimelinePage.Live live = TimelinePage.live(source.title());
    this.page =
        new Answer(
            200,
            "text/html; charset=utf-8",
            live.html().getBytes(StandardCharsets.UTF_8),
            Map.of(POLICY, live.policy() + "; frame-ancestors 'none'"));
    this.compressedPage = page.compressed();
  }

  /**
   * Answers.
   *
   * @param method the request's
   * @param target what stands behind the method, a path mostly
   * @param gzip whether the client takes compressed answers
   */
  Answer answer(String method, String target, boolean gzip) {
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return Answer.text(405, "this server is read-only: GET and HEAD").with("Allow", "GET, HEAD");
    }
    URI uri;
    try {
      uri = new URI(target);
    } catch (URISyntaxException e) {
      return Answer.text(400, "this is no path of this server");
    }
    String path = Optional.ofNullable(uri.getPath()).orElse("");
    if (path.equals("/")) {
      return gzip ? compressedPage : page;
    }
    Answer answer =
        switch (path) {
          case "/api/timeline" -> timeline(Optional.ofNullable(uri.getRawQuery()).orElse(""));
          case "/api/status" -> Answer.json(Answers.status(source.status()));
          default -> Answer.text(404, "there is nothing here; the timeline is at /");
        };
    return gzip ? answer.compressed() : answer;
  }

  private Answer timeline(String query) {
    String since = parameter(query, "since").orElse("-1");
    if (!since.matches("-?\\d{1,18}")) {
      return Answer.text(400, "since is the version of an earlier answer, a number");
    }
    String run = parameter(query, "run").orElse("");
    return Answer.json(Answers.timeline(source, run, Long.parseLong(since), clock));
  }

  private static Optional<String> parameter(String query, String name) {
    Matcher matcher = Pattern.compile("(?:^|&)" + name + "=([^&]*)").matcher(query);
    if (!matcher.find()) {
      return Optional.empty();
    }
    try {
      return Optional.of(URLDecoder.decode(matcher.group(1), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return Optional.of(matcher.group(1)); // A broken escape: it is no value that we gave.
    }
  }
}
