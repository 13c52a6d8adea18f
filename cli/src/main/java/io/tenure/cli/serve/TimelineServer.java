package io.tenure.cli.serve;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tenure.cli.timeline.TimelinePage;
import io.tenure.internal.session.Log;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/**
 * Serves the live timeline: {@code /} is the page, {@code /api/timeline} what has changed, {@code
 * /api/status} the status.
 *
 * <p>It only reads: GET and HEAD, and nothing that it is asked reaches ZooKeeper. It has no login:
 * whoever can reach it can read it, so it listens on the loopback interface unless it is told
 * otherwise. There it also wants the request's {@code Host} to be a name of this machine: without
 * that, a page from elsewhere whose name is made to point to 127.0.0.1 could read it in the
 * operator's browser.
 *
 * <p>Bounded: {@value #THREADS} threads, {@value #WAITING} requests that wait; beyond them new
 * requests are not taken from the network until one is done. A client that sends or reads too
 * slowly is cut off.
 *
 * <p>Thread-safe. {@link #close} can be called more than once.
 */
public final class TimelineServer implements AutoCloseable {

  private static final Log LOG = Log.of(TimelineServer.class);

  private static final int THREADS = 4;
  private static final int WAITING = 64;

  /** Smaller answers are sent as they are. */
  private static final int WORTH_COMPRESSING = 1_024;

  private static final String POLICY = "Content-Security-Policy";

  /**
   * Read by the JDK's server when it is first used, in seconds, whatever its documentation says.
   */
  private static final String MAX_REQUEST_TIME = "sun.net.httpserver.maxReqTime";

  private static final String MAX_RESPONSE_TIME = "sun.net.httpserver.maxRspTime";

  private static final Pattern LOOPBACK_HOST =
      Pattern.compile("(localhost|127(?:\\.\\d{1,3}){3}|\\[::1])(?::\\d{1,5})?");

  private final HttpServer server;
  private final ThreadPoolExecutor threads;
  private final LiveSource source;
  private final Clock clock;
  private final TimelinePage.Live page;
  private final boolean loopback;

  private TimelineServer(HttpServer server, LiveSource source, Clock clock) {
    this.server = server;
    this.source = source;
    this.clock = clock;
    this.page = TimelinePage.live(source.title());
    this.loopback = server.getAddress().getAddress().isLoopbackAddress();
    AtomicInteger number = new AtomicInteger();
    this.threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            work -> {
              Thread thread = new Thread(work, "tenure-serve-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            },
            // The thread that takes requests from the network then works, and takes no more.
            new ThreadPoolExecutor.CallerRunsPolicy());
  }

  /**
   * Starts on the loopback interface.
   *
   * @param port 0 for any that is free
   * @throws IOException if the port cannot be had
   */
  public static TimelineServer start(int port, LiveSource source, Clock clock) throws IOException {
    return start(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), source, clock);
  }

  /**
   * Starts on an address.
   *
   * @throws IOException if it cannot be had
   */
  public static TimelineServer start(InetSocketAddress address, LiveSource source, Clock clock)
      throws IOException {
    setUnlessSet(MAX_REQUEST_TIME, "15");
    setUnlessSet(MAX_RESPONSE_TIME, "60");
    HttpServer http = HttpServer.create(address, 0);
    TimelineServer started = new TimelineServer(http, source, clock);
    http.setExecutor(started.threads);
    http.createContext("/", started::handle);
    http.start();
    return started;
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** Where the page is. */
  public URI uri() {
    InetSocketAddress address = server.getAddress();
    String host = address.getAddress().isAnyLocalAddress() ? "localhost" : address.getHostString();
    return URI.create(
        "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort() + "/");
  }

  /** Stops at once; answers that are under way are cut off. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      if (loopback && !hostIsLoopback(exchange)) {
        sendText(
            exchange,
            403,
            "this server answers on the loopback interface: ask for localhost or 127.0.0.1");
      } else if (!method.equals("GET") && !method.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        sendText(exchange, 405, "this server is read-only: GET and HEAD");
      } else {
        route(exchange);
      }
    } catch (RuntimeException e) {
      // Its connection is closed without an answer, and the page says that it hears nothing.
      LOG.warn("{} could not be answered", exchange.getRequestURI().getPath(), e);
    }
  }

  private void route(HttpExchange exchange) throws IOException {
    switch (exchange.getRequestURI().getPath()) {
      case "/" -> {
        exchange.getResponseHeaders().set(POLICY, page.policy() + "; frame-ancestors 'none'");
        send(
            exchange,
            200,
            "text/html; charset=utf-8",
            page.html().getBytes(StandardCharsets.UTF_8));
      }
      case "/api/timeline" -> sendTimeline(exchange);
      case "/api/status" ->
          send(exchange, 200, "application/json", Answers.status(source.status()));
      default -> sendText(exchange, 404, "there is nothing here; the timeline is at /");
    }
  }

  private void sendTimeline(HttpExchange exchange) throws IOException {
    String query = Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse("");
    String since = parameter(query, "since").orElse("-1");
    if (!since.matches("-?\\d{1,18}")) {
      sendText(exchange, 400, "since is the version of an earlier answer, a number");
      return;
    }
    String run = parameter(query, "run").orElse("");
    byte[] answer = Answers.timeline(source, run, Long.parseLong(since), clock);
    send(exchange, 200, "application/json", answer);
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

  private static boolean hostIsLoopback(HttpExchange exchange) {
    String host = exchange.getRequestHeaders().getFirst("Host");
    return host != null && LOOPBACK_HOST.matcher(host.toLowerCase(Locale.ROOT)).matches();
  }

  private static void sendText(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
    send(exchange, status, "text/plain; charset=utf-8", body);
  }

  private static void send(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", type);
    headers.set("Cache-Control", "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Vary", "Accept-Encoding");
    if (!headers.containsKey(POLICY)) {
      headers.set(POLICY, "default-src 'none'; frame-ancestors 'none'");
    }
    byte[] sent = body;
    if (body.length >= WORTH_COMPRESSING && acceptsGzip(exchange)) {
      headers.set("Content-Encoding", "gzip");
      sent = compressed(body);
    }
    if (exchange.getRequestMethod().equals("HEAD")) {
      headers.set("Content-Length", Integer.toString(sent.length));
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, sent.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(sent);
    }
  }

  private static boolean acceptsGzip(HttpExchange exchange) {
    String accepted = exchange.getRequestHeaders().getFirst("Accept-Encoding");
    return accepted != null
        && Pattern.compile("(^|,)\\s*gzip\\s*(,|;(?!\\s*q=0(\\.0*)?\\s*(,|$))|$)")
            .matcher(accepted.toLowerCase(Locale.ROOT))
            .find();
  }

  private static byte[] compressed(byte[] body) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 4);
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(body);
    }
    return out.toByteArray();
  }
}
