package io.tenure.cli.serve;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.tenure.cli.serve.ConnectionTable.Phase;
import io.tenure.internal.session.Log;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One connection: a request, its answer, the next request. An answer needs the headers of a request
 * and nothing else, so a body is never waited for: where there is one, the connection is closed
 * after the answer.
 *
 * <p>Confined to the network's thread, but for the answer, which is made by a thread of the
 * executor.
 */
final class ConnectionHandler extends SimpleChannelInboundHandler<HttpObject> {

  private static final Log LOG = Log.of(ConnectionHandler.class);

  private final ConnectionTable<Channel> table;
  private final HostRule hosts;
  private final Routes routes;
  private final Executor executor;
  private boolean closing;

  ConnectionHandler(
      ConnectionTable<Channel> table, HostRule hosts, Routes routes, Executor executor) {
    this.table = table;
    this.hosts = hosts;
    this.routes = routes;
    this.executor = executor;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    enter(context, Phase.REQUEST, 0);
    context.fireChannelActive();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    table.remove(context.channel());
    context.fireChannelInactive();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
    if (!(part instanceof HttpRequest request) || closing) {
      return; // Of a body, or behind the last request that is answered.
    }
    context.channel().config().setAutoRead(false); // One request at a time.
    boolean keep = HttpUtil.isKeepAlive(request) && !hasBody(request);
    boolean head = request.method().equals(HttpMethod.HEAD);
    if (request.decoderResult().isFailure()) {
      send(context, Answer.text(400, "this is no request that this server reads"), false, false);
    } else if (!isHostAllowed(context, request)) {
      send(
          context,
          Answer.text(
              403,
              "this server is not asked by this name: ask for localhost, for the address that it"
                  + " listens on, or for a name given with --allow-host"),
          head,
          keep);
    } else {
      work(context, request, head, keep);
    }
  }

  private static boolean hasBody(HttpRequest request) {
    String length = request.headers().get(HttpHeaderNames.CONTENT_LENGTH, "0");
    return HttpUtil.isTransferEncodingChunked(request) || !length.equals("0");
  }

  private boolean isHostAllowed(ChannelHandlerContext context, HttpRequest request) {
    List<String> host = request.headers().getAll(HttpHeaderNames.HOST);
    return host.size() == 1
        && context.channel().localAddress() instanceof InetSocketAddress cameInAt
        && hosts.isAllowed(host.get(0), cameInAt);
  }

  private void work(
      ChannelHandlerContext context, HttpRequest request, boolean head, boolean keep) {
    enter(context, Phase.WORK, 0);
    String accepted = request.headers().get(HttpHeaderNames.ACCEPT_ENCODING, "");
    boolean gzip = Answer.isGzipAccepted(accepted);
    String method = request.method().name();
    String target = request.uri();
    try {
      executor.execute(
          () -> {
            if (context.channel().isActive()) {
              Answer answer = answer(method, target, gzip);
              context.executor().execute(() -> answered(context, answer, head, keep));
            }
          });
    } catch (RejectedExecutionException e) {
      context.close(); // More wait than there can be connections: most were cut off meanwhile.
    }
  }

  private @Nullable Answer answer(String method, String target, boolean gzip) {
    try {
      return routes.answer(method, target, gzip);
    } catch (RuntimeException | Error e) {
      // Its connection is closed without an answer, and the page says that it hears nothing.
      LOG.warn("{} could not be answered", target, e);
      return null;
    }
  }

  private void answered(
      ChannelHandlerContext context, @Nullable Answer answer, boolean head, boolean keep) {
    if (answer == null) {
      context.close();
    } else if (context.channel().isActive()) {
      send(context, answer, head, keep);
    }
  }

  private void send(ChannelHandlerContext context, Answer answer, boolean head, boolean keep) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(answer.status()),
            head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(answer.body()));
    HttpHeaders headers = response.headers();
    headers.set("Content-Type", answer.type());
    headers.set("Content-Length", answer.body().length);
    headers.set("Cache-Control", "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Vary", "Accept-Encoding");
    headers.set(Routes.POLICY, "default-src 'none'; frame-ancestors 'none'");
    answer.headers().forEach(headers::set);
    headers.set("Connection", keep ? "keep-alive" : "close");
    closing = !keep;
    enter(context, Phase.ANSWER, head ? 0 : answer.body().length);
    context
        .writeAndFlush(response)
        .addListener(
            sent -> {
              if (!sent.isSuccess()) {
                context.close();
              } else if (context.channel().isActive()) {
                sent(context, keep);
              }
            });
  }

  /** Waits for the next request, or for the client to close: what it still sends is dropped. */
  private void sent(ChannelHandlerContext context, boolean keep) {
    enter(context, keep ? Phase.REQUEST : Phase.CLOSING, 0);
    if (!keep && context.channel() instanceof SocketChannel socket) {
      socket.shutdownOutput();
    }
    context.channel().config().setAutoRead(true);
  }

  private void enter(ChannelHandlerContext context, Phase phase, long bytes) {
    table
        .enter(context.channel(), phase, bytes, TimelineServer.nowMillis())
        .forEach(Channel::close);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close(); // The client has gone, mostly.
  }
}
