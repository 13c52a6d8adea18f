package io.tenure.cli.serve;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Connections that keep a server waiting. Each that the server cuts off is opened again at once.
 *
 * <p>One thread works on all of them.
 */
final class SlowClients implements AutoCloseable {

  /** What they keep it waiting for. */
  enum Kind {
    /** For the first byte of a request. */
    SILENT(""),
    /** For the end of the headers, which come byte by byte. */
    SLOW_HEADERS("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "),
    /** For the body, likewise. */
    SLOW_BODY("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n"),
    /** For the answer to be read. */
    SLOW_READER("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20));

    private final String begin;

    Kind(String begin) {
      this.begin = begin;
    }
  }

  private final Kind kind;
  private final InetSocketAddress server;
  private final List<SocketChannel> channels = new ArrayList<>();
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final AtomicLong opened = new AtomicLong();

  /** Opens them, and goes on. */
  SlowClients(Kind kind, int count, InetSocketAddress server) throws Exception {
    this.kind = kind;
    this.server = server;
    thread
        .submit(
            () -> {
              for (int i = 0; i < count; i++) {
                channels.add(open());
              }
              return null;
            })
        .get();
    thread.scheduleWithFixedDelay(this::oneByteEach, 50, 50, TimeUnit.MILLISECONDS);
  }

  /** How many connections there were so far. */
  long opened() {
    return opened.get();
  }

  private SocketChannel open() throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.SO_RCVBUF, 1_024);
    channel.connect(server);
    opened.incrementAndGet();
    channel.configureBlocking(false);
    channel.write(ByteBuffer.wrap(kind.begin.getBytes(StandardCharsets.US_ASCII)));
    return channel;
  }

  private void oneByteEach() {
    for (int i = 0; i < channels.size(); i++) {
      try {
        if (kind == Kind.SLOW_HEADERS || kind == Kind.SLOW_BODY) {
          channels.get(i).write(ByteBuffer.wrap(new byte[] {'x'}));
        } else if (kind == Kind.SILENT && channels.get(i).read(ByteBuffer.allocate(1)) < 0) {
          throw new IOException("cut off");
        }
      } catch (IOException cutOff) {
        openAgain(i);
      }
    }
  }

  private void openAgain(int i) {
    try {
      channels.get(i).close();
      channels.set(i, open());
    } catch (IOException e) {
      // The server does not take it now; it is tried again in a moment.
    }
  }

  @Override
  public void close() throws Exception {
    thread.submit(() -> closeAll()).get();
    thread.shutdownNow();
  }

  private Void closeAll() throws IOException {
    for (SocketChannel channel : channels) {
      channel.close();
    }
    channels.clear();
    return null;
  }
}
