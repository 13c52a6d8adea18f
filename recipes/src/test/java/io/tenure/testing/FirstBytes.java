package io.tenure.testing;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A proxy in front of a server on the loopback that notes the first byte of each connection, which
 * is 0x16 where TLS begins. Thread-safe.
 */
public final class FirstBytes implements AutoCloseable {

  /** A record of a handshake. */
  public static final int TLS_HANDSHAKE = 0x16;

  private final ServerSocket acceptor;
  private final int target;
  private final List<Integer> first = new CopyOnWriteArrayList<>();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /** In front of an address as {@code localhost:1234}. */
  public FirstBytes(String address) throws IOException {
    target = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    acceptor = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    start(this::accept);
  }

  /** Where clients connect. */
  public String address() {
    return "localhost:" + acceptor.getLocalPort();
  }

  /** The first bytes of the connections that have sent any. */
  public List<Integer> first() {
    return List.copyOf(first);
  }

  private void accept() {
    try {
      while (true) {
        Socket client = acceptor.accept();
        Socket server = new Socket("127.0.0.1", target);
        sockets.addAll(List.of(client, server));
        start(() -> forward(client, server, true));
        start(() -> forward(server, client, false));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void forward(Socket from, Socket to, boolean note) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      byte[] buffer = new byte[8192];
      boolean noted = !note;
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (!noted) {
          first.add(buffer[0] & 0xff);
          noted = true;
        }
        to.getOutputStream().write(buffer, 0, read);
      }
    } catch (IOException e) {
      // The other direction has closed both.
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "first-bytes");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    acceptor.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
