package io.tenure.cli.serve;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.InternetProtocolFamily;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.spi.SelectorProvider;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Serves the live timeline: {@code /} is the page, {@code /api/timeline} what has changed, {@code
 * /api/status} the status.
 *
 * <p>It only reads: GET and HEAD, and nothing of a request reaches ZooKeeper. It has no login: each
 * client that can reach it can read it, so it listens on the loopback interface unless it is told
 * otherwise. Everywhere the request's {@code Host} has to be one that {@link HostRule} allows.
 *
 * <p>Bounded: one thread for the network, {@value #THREADS} that make answers, {@value
 * #MAX_CONNECTIONS} connections, and a time limit for everything that a client can keep it waiting
 * for. No thread waits for a client, so a client that is slow or silent takes a place among the
 * connections and nothing else; {@link ConnectionTable} says who makes room when they run out.
 *
 * <p>Thread-safe. {@link #close} can be called more than once.
 */
public final class TimelineServer implements AutoCloseable {

  static final int MAX_CONNECTIONS = 512;

  private static final int THREADS = 3;
  private static final int MAX_REQUEST_BYTES = 8_192;
  private static final long MAX_ANSWER_BYTES = 64L << 20;
  private static final int SEND_BUFFER_BYTES = 64 << 10;
  private static final int BACKLOG = 1_024;
  private static final long SWEEP_MILLIS = 500;

  private final NioEventLoopGroup network;
  private final ThreadPoolExecutor threads;
  private final InetSocketAddress address;

  private TimelineServer(
      NioEventLoopGroup network, ThreadPoolExecutor threads, InetSocketAddress address) {
    this.network = network;
    this.threads = threads;
    this.address = address;
  }

  /**
   * Starts on the loopback interface.
   *
   * @param port 0 for any that is free
   * @throws IOException if the port cannot be had
   */
  public static TimelineServer start(int port, LiveSource source, Clock clock) throws IOException {
    return start(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port), List.of(), source, clock);
  }

  /**
   * Finds out whether a server could be started with these hosts.
   *
   * @throws IllegalArgumentException if one of the hosts is none
   */
  public static void requireHosts(Collection<String> allowedHosts) {
    new HostRule(allowedHosts);
  }

  /**
   * Starts on an address.
   *
   * @param allowedHosts what the server may be asked by, besides its address and {@code localhost}
   * @throws IOException if the address cannot be had
   * @throws IllegalArgumentException if one of the hosts is none
   */
  public static TimelineServer start(
      InetSocketAddress address, Collection<String> allowedHosts, LiveSource source, Clock clock)
      throws IOException {
    HostRule hosts = new HostRule(allowedHosts);
    Routes routes = new Routes(source, clock);
    NioEventLoopGroup network = new NioEventLoopGroup(1, daemons("tenure-serve-network"));
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            0,
            TimeUnit.SECONDS,
            // A connection has one request under way; as many again may have been cut off
            // meanwhile.
            new LinkedBlockingQueue<>(2 * MAX_CONNECTIONS),
            work -> daemons("tenure-serve-" + number.incrementAndGet()).newThread(work));
    ConnectionTable<Channel> table = new ConnectionTable<>(MAX_CONNECTIONS, MAX_ANSWER_BYTES);
    ServerBootstrap server =
        new ServerBootstrap()
            .group(network)
            .channelFactory(of(address.getAddress()))
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.SO_SNDBUF, SEND_BUFFER_BYTES)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel
                        .pipeline()
                        .addLast(new HttpServerCodec(limits()))
                        .addLast(new FlowControlHandler())
                        .addLast(new ConnectionHandler(table, hosts, routes, threads));
                  }
                });
    ChannelFuture bound = server.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      stop(network, threads);
      throw bound.cause() instanceof IOException e ? e : new IOException(bound.cause());
    }
    EventLoop loop = bound.channel().eventLoop();
    loop.scheduleWithFixedDelay(
        () -> table.removeOverdue(nowMillis()).forEach(Channel::close),
        SWEEP_MILLIS,
        SWEEP_MILLIS,
        TimeUnit.MILLISECONDS);
    return new TimelineServer(network, threads, (InetSocketAddress) bound.channel().localAddress());
  }

  private static HttpDecoderConfig limits() {
    return new HttpDecoderConfig()
        .setMaxInitialLineLength(MAX_REQUEST_BYTES)
        .setMaxHeaderSize(MAX_REQUEST_BYTES);
  }

  /** Without the family, 0.0.0.0 would be every address of IPv6 as well. */
  private static ChannelFactory<ServerSocketChannel> of(InetAddress address) {
    return address instanceof Inet4Address
        ? () -> new NioServerSocketChannel(SelectorProvider.provider(), InternetProtocolFamily.IPv4)
        : NioServerSocketChannel::new;
  }

  private static ThreadFactory daemons(String name) {
    return work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  static long nowMillis() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }

  /** What the server listens on. */
  public InetSocketAddress address() {
    return address;
  }

  /** Where the page is, for a browser on this machine. */
  public URI uri() {
    InetAddress host = address.getAddress();
    return uri(host.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : host);
  }

  /** Where the page is for who reaches this machine by an address. */
  public URI uri(InetAddress by) {
    return URI.create("http://" + HostRule.literal(by) + ":" + address.getPort() + "/");
  }

  /** Stops at once; answers that are under way are cut off. */
  @Override
  public void close() {
    stop(network, threads);
  }

  private static void stop(NioEventLoopGroup network, ThreadPoolExecutor threads) {
    threads.shutdownNow();
    network.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
