package io.tenure.endtoend.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * One direction in which a server connects to another: a TCP proxy that can be cut. Cut, it keeps
 * connections open and lets nothing pass, as a network does that has lost a link; healed, it
 * delivers what it held.
 *
 * <p>Thread-safe. One thread accepts, two serve each connection; closing ends them.
 */
final class RawProxy implements AutoCloseable {

  private static final int CONNECT_MILLIS = 2_000;

  /**
   * A client that connects was accepted here, and does not learn that the server is not listening
   * yet: so the connection to the server is tried again for a while.
   */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final long RETRY_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final int BUFFER_BYTES = 64 * 1024;

  private final ServerSocket acceptor;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Object gate = new Object();

  // Guarded by gate.
  private boolean cut;
  private boolean closed;

  RawProxy(int port, int target) throws IOException {
    this.target = target;
    acceptor = new ServerSocket(port, 50, InetAddress.getByName("127.0.0.1"));
    start("raw-proxy-" + port, this::accept);
  }

  /** While true, nothing passes. */
  void cut(boolean value) {
    synchronized (gate) {
      cut = value;
      gate.notifyAll();
    }
  }

  @Override
  public void close() {
    synchronized (gate) {
      closed = true;
      gate.notifyAll();
    }
    closeQuietly(acceptor);
    sockets.forEach(RawProxy::closeQuietly);
  }

  private void accept() {
    while (true) {
      Socket client;
      try {
        client = acceptor.accept();
      } catch (IOException e) {
        return; // Closed.
      }
      sockets.add(client);
      start("raw-proxy-connect", () -> connect(client));
    }
  }

  private void connect(Socket client) {
    Socket server;
    try {
      server = connectToTarget();
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
    } catch (IOException e) {
      end(client); // No server listens there.
      return;
    }
    start("raw-proxy-back", () -> pump(server, client));
    pump(client, server);
  }

  private Socket connectToTarget() throws IOException {
    long limit = System.nanoTime() + RETRY_NANOS;
    while (true) {
      awaitOpen();
      Socket server = new Socket();
      sockets.add(server);
      try {
        server.connect(new InetSocketAddress("127.0.0.1", target), CONNECT_MILLIS);
        return server;
      } catch (IOException e) {
        end(server);
        if (System.nanoTime() - limit > 0) {
          throw e;
        }
        Pause.nanos(RETRY_PAUSE_NANOS);
      }
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int read;
      while ((read = in.read(buffer)) >= 0) {
        awaitOpen();
        out.write(buffer, 0, read);
      }
      awaitOpen(); // The news that one side has closed does not pass either.
    } catch (IOException e) {
      // One of the two is gone; the other is told below.
    } finally {
      end(from, to);
    }
  }

  private void end(Socket... ended) {
    for (Socket socket : ended) {
      closeQuietly(socket);
      sockets.remove(socket);
    }
  }

  private void awaitOpen() throws IOException {
    synchronized (gate) {
      while (cut && !closed) {
        try {
          gate.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted", e);
        }
      }
      if (closed) {
        throw new IOException("the proxy is closed");
      }
    }
  }

  private static void start(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception ignored) {
      // A socket that cannot be closed properly is of no further use either way.
    }
  }
}
