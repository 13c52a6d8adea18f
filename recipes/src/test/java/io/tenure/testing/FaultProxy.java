package io.tenure.testing;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * A TCP proxy on the loopback in front of one ZooKeeper server, which breaks connections at the
 * moments that matter to a client: before a request is sent, after it took effect but before its
 * reply, or while the outcome is unknown.
 *
 * <p>The proxy reads ZooKeeper's frames (a four-byte length, then the payload), so it knows where a
 * request begins and what it asks for:
 *
 * <pre>
 *   client to server:  ConnectRequest, then requests  [ xid:int | type:int  | body ]
 *   server to client:  ConnectResponse, then replies  [ xid:int | zxid:long | err:int | body ]
 *                      (xid -1 watch event, -2 ping, -4 auth, -8 setWatches)
 * </pre>
 *
 * <p><b>Standing faults</b> hold until they are taken back: {@link #refuse}, {@link #blackhole} and
 * {@link #delayReplies}. {@link #dropConnections} acts once, at once, on every live connection.
 *
 * <p><b>One-shot faults</b> wait for the nth next request of one operation type (see {@code
 * ZooDefs.OpCode}; mind that Curator sends {@code create2} where the plain client sends {@code
 * create}), over all connections together, optionally only among requests whose body satisfies a
 * predicate. Every armed rule counts every request that it matches. If several come due on the same
 * request, the one armed first acts and the others stay due for their next match.
 *
 * <table>
 *   <caption>What each one-shot fault does</caption>
 *   <tr><th>fault</th><th>server gets the request</th><th>client sees</th></tr>
 *   <tr><td>{@link #cutBeforeForwarding}</td><td>never</td><td>connection loss</td></tr>
 *   <tr><td>{@link #cutAfterForwardingBeforeReply}</td><td>yes, and has answered it when the
 *     connection is cut</td><td>connection loss</td></tr>
 *   <tr><td>{@link #cutWhileInFlight}</td><td>yes, soon; perhaps after the client noticed</td>
 *     <td>connection loss</td></tr>
 *   <tr><td>{@link #holdBeforeForwarding}</td><td>when it is released</td><td>nothing until
 *     then</td></tr>
 *   <tr><td>{@link #replaceError}</td><td>never</td><td>the given error; the connection stays</td>
 *   </tr>
 * </table>
 *
 * <p>A cut closes the client's socket, but only ends the sending side of the server's: what was
 * forwarded before the cut is never lost to a TCP reset. The session lives on and the client may
 * reconnect to it. A swallowed reply does not swallow watch events: a client that watches what its
 * own request changed can learn the outcome from the event, as on a real network.
 *
 * <p>The proxy does not promise throughput, and understands neither TLS nor four-letter words: a
 * frame longer than {@value #MAX_FRAME_BYTES} bytes cuts its connection.
 *
 * <p><b>Thread-safety:</b> all methods may be called from any thread. One thread accepts, each
 * connection has one that reads the client and one that reads the server, and one serves the
 * delays. {@link #close} ends them all before it returns. A body predicate runs on the thread that
 * reads the client, must be free of side effects, and cuts the connection if it throws.
 */
public final class FaultProxy implements AutoCloseable {

  /** Longest frame that is forwarded; ZooKeeper's own default limit is one sixteenth of it. */
  static final int MAX_FRAME_BYTES = 16 * 1024 * 1024;

  /** Delayed replies that one connection keeps before the proxy stops reading from the server. */
  private static final int MAX_HELD_FRAMES = 4_096;

  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
  private static final int ACCEPT_BACKLOG = 128;
  private static final Duration SETTLE_LIMIT = Duration.ofSeconds(10);

  private final InetSocketAddress server;
  private final ServerSocket acceptor;
  private final String threadPrefix;
  private final ScheduledThreadPoolExecutor scheduler;
  private final Gate gate = new Gate();

  /** Armed rules in the order of arming. Guarded by itself. */
  private final List<Fault> rules = new ArrayList<>();

  private final Map<Integer, AtomicLong> requestsSeen = new ConcurrentHashMap<>();

  /** Connections with a running thread. Guarded by itself. */
  private final Set<Connection> connections = new HashSet<>();

  /** Threads that were started and may still run. Guarded by itself. */
  private final Set<Thread> threads = new HashSet<>();

  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean refusing;
  private volatile long replyDelayNanos;

  /** Starts a proxy on a free loopback port, in front of the given server. */
  public FaultProxy(String serverHost, int serverPort) throws IOException {
    this.server = new InetSocketAddress(serverHost, serverPort);
    this.acceptor = new ServerSocket(0, ACCEPT_BACKLOG, InetAddress.getByName("127.0.0.1"));
    this.threadPrefix = "fault-proxy-" + acceptor.getLocalPort() + "-";
    this.scheduler = new ScheduledThreadPoolExecutor(1, task -> newThread("delay", task));
    this.scheduler.prestartCoreThread(); // So that close() knows the thread, used or not.
    this.scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    start(newThread("accept", this::acceptConnections));
  }

  /** Matches a request whose body (what follows xid and type) contains the given ASCII text. */
  public static Predicate<byte[]> whenBodyContains(String ascii) {
    byte[] wanted = ascii.getBytes(StandardCharsets.US_ASCII);
    return body -> {
      for (int at = 0; at <= body.length - wanted.length; at++) {
        if (Arrays.equals(body, at, at + wanted.length, wanted, 0, wanted.length)) {
          return true;
        }
      }
      return false;
    };
  }

  /** What a client connects to: {@code 127.0.0.1:port}. */
  public String connectString() {
    return "127.0.0.1:" + acceptor.getLocalPort();
  }

  /** How many requests of the type were read from clients so far, regardless of their outcome. */
  public long requestsSeen(int opType) {
    AtomicLong seen = requestsSeen.get(opType);
    return seen == null ? 0 : seen.get();
  }

  /** Cuts every live connection now. Replies that a delay still holds are lost with it. */
  public void dropConnections() {
    for (Connection connection : snapshot()) {
      connection.cut();
    }
  }

  /** While true, new connections are reset as soon as they are made; live ones go on. */
  public void refuse(boolean refuse) {
    refusing = refuse;
  }

  /**
   * While true, connections stay open but nothing passes in either direction, not even the news
   * that one side has closed; new connections are accepted and get no answer. When this returns
   * after {@code true}, nothing more is written to either side. {@code false} delivers what was
   * held, in order. Requests that are held were not counted by any rule yet.
   */
  public void blackhole(boolean hold) {
    gate.hold(hold);
    if (!hold) {
      for (Connection connection : snapshot()) {
        connection.scheduleDrain(0);
      }
    }
  }

  /** Delivers all that the server sends from now on later by this much, in its order. */
  public void delayReplies(Duration delay) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("delay must not be negative: " + delay);
    }
    replyDelayNanos = delay.toNanos();
  }

  /** Cuts the connection instead of forwarding the nth next request of the type. */
  public Fault cutBeforeForwarding(int opType, int nth) {
    return cutBeforeForwarding(opType, nth, body -> true);
  }

  /** As {@link #cutBeforeForwarding(int, int)}, counting only requests with such a body. */
  public Fault cutBeforeForwarding(int opType, int nth, Predicate<byte[]> body) {
    return arm(new Fault(Effect.CUT_BEFORE_FORWARDING, opType, nth, 0, body));
  }

  /**
   * Forwards the nth next request of the type, waits for the server's reply, keeps it and cuts the
   * connection: the server has dealt with the request and the client never hears of it. Whether the
   * server accepted the request is for the test to look up on the server. If the server goes away
   * before it replies, the fault never fires.
   */
  public Fault cutAfterForwardingBeforeReply(int opType, int nth) {
    return cutAfterForwardingBeforeReply(opType, nth, body -> true);
  }

  /** As {@link #cutAfterForwardingBeforeReply(int, int)}, only for requests with such a body. */
  public Fault cutAfterForwardingBeforeReply(int opType, int nth, Predicate<byte[]> body) {
    return arm(new Fault(Effect.CUT_AFTER_FORWARDING_BEFORE_REPLY, opType, nth, 0, body));
  }

  /** Forwards the nth next request of the type and cuts at once, without waiting for the reply. */
  public Fault cutWhileInFlight(int opType, int nth) {
    return cutWhileInFlight(opType, nth, body -> true);
  }

  /** As {@link #cutWhileInFlight(int, int)}, counting only requests with such a body. */
  public Fault cutWhileInFlight(int opType, int nth, Predicate<byte[]> body) {
    return arm(new Fault(Effect.CUT_WHILE_IN_FLIGHT, opType, nth, 0, body));
  }

  /**
   * Holds the nth next request of the type with such a body until it is {@linkplain Fault#release
   * released}, and with it all that the client sends on the same connection later. Replies and
   * events go on reaching the client. The fault has fired when the request is held.
   */
  public Fault holdBeforeForwarding(int opType, int nth, Predicate<byte[]> body) {
    return arm(new Fault(Effect.HOLD_BEFORE_FORWARDING, opType, nth, 0, body));
  }

  /**
   * Answers the nth next request of the type with the given error code (such as -6, UNIMPLEMENTED,
   * for a server that lacks a feature) and does not forward it. The answer takes its turn after the
   * replies to earlier requests, as the client insists on that order.
   */
  public Fault replaceError(int opType, int nth, int err) {
    return replaceError(opType, nth, err, body -> true);
  }

  /** As {@link #replaceError(int, int, int)}, counting only requests with such a body. */
  public Fault replaceError(int opType, int nth, int err, Predicate<byte[]> body) {
    return arm(new Fault(Effect.REPLACE_ERROR, opType, nth, err, body));
  }

  /**
   * Closes all sockets and ends all threads; a second call does nothing. Leaves the sessions on the
   * server to expire or to be resumed elsewhere.
   *
   * @throws IllegalStateException if a thread still runs after ten seconds
   */
  @Override
  public void close() {
    synchronized (connections) {
      if (!closed.compareAndSet(false, true)) {
        return; // From here on no connection is added.
      }
    }
    closeQuietly(acceptor);
    snapshot().forEach(Connection::destroy);
    scheduler.shutdownNow();
    awaitThreads();
  }

  private void awaitThreads() {
    List<Thread> started;
    synchronized (threads) {
      started = List.copyOf(threads); // A server's thread is awaited by its client's thread.
    }
    long deadlineNanos = System.nanoTime() + SETTLE_LIMIT.toNanos();
    try {
      for (Thread thread : started) {
        long leftMillis = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
        thread.join(Math.max(1, leftMillis));
        if (thread.isAlive()) {
          throw new IllegalStateException(thread.getName() + " did not end in " + SETTLE_LIMIT);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Fault arm(Fault fault) {
    synchronized (rules) {
      rules.add(fault);
    }
    return fault;
  }

  /** Lets every rule count the request and takes out the one that is to act on it, or null. */
  private Fault takeRule(int opType, byte[] frame) {
    byte[] body = Arrays.copyOfRange(frame, Connection.REQUEST_HEADER_BYTES, frame.length);
    Fault chosen = null;
    synchronized (rules) {
      for (Iterator<Fault> each = rules.iterator(); each.hasNext(); ) {
        Fault rule = each.next();
        if (rule.opType != opType || !rule.body.test(body)) {
          continue;
        }
        rule.remaining = Math.max(0, rule.remaining - 1);
        if (rule.remaining == 0 && chosen == null) {
          chosen = rule;
          each.remove();
        }
      }
    }
    return chosen;
  }

  private void acceptConnections() {
    while (!closed.get()) {
      Socket client;
      try {
        client = acceptor.accept();
      } catch (IOException e) {
        return; // Only close() closes the acceptor.
      }
      if (refusing) {
        reset(client);
      } else {
        serve(new Connection(client));
      }
    }
  }

  private void serve(Connection connection) {
    synchronized (connections) {
      if (closed.get()) {
        connection.destroy();
        return;
      }
      connections.add(connection);
      start(newThread("client", connection::run));
    }
  }

  private Thread newThread(String role, Runnable body) {
    Thread thread = new Thread(body, threadPrefix + role);
    thread.setDaemon(true);
    synchronized (threads) {
      threads.removeIf(old -> old.getState() == Thread.State.TERMINATED);
      threads.add(thread);
    }
    return thread;
  }

  private static Thread start(Thread thread) {
    thread.start();
    return thread;
  }

  private List<Connection> snapshot() {
    synchronized (connections) {
      return List.copyOf(connections);
    }
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException ignored) {
      // It is closed already, which is all that is wanted.
    }
    closeQuietly(socket);
  }

  private static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception ignored) {
      // A socket that cannot be closed properly is of no further use either way.
    }
  }

  private enum Effect {
    CUT_BEFORE_FORWARDING,
    CUT_AFTER_FORWARDING_BEFORE_REPLY,
    CUT_WHILE_IN_FLIGHT,
    HOLD_BEFORE_FORWARDING,
    REPLACE_ERROR
  }

  /** One armed one-shot fault. Thread-safe. */
  public static final class Fault {
    private final Effect effect;
    private final int opType;
    private final int err;
    private final Predicate<byte[]> body;
    private final CountDownLatch fired = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    /** Matching requests until this acts; guarded by the list of rules. */
    private int remaining;

    private Fault(Effect effect, int opType, int nth, int err, Predicate<byte[]> body) {
      if (nth < 1) {
        throw new IllegalArgumentException("nth must be at least 1: " + nth);
      }
      this.effect = effect;
      this.opType = opType;
      this.remaining = nth;
      this.err = err;
      this.body = body;
    }

    /** Whether the fault has been carried out to its end. */
    public boolean fired() {
      return fired.getCount() == 0;
    }

    /** Waits until the fault has been carried out; false if it was not within the time. */
    public boolean awaitFired(Duration atMost) throws InterruptedException {
      return fired.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Lets a held request go. */
    public void release() {
      released.countDown();
    }

    private void awaitRelease(AtomicBoolean cut) {
      try {
        while (!cut.get() && !released.await(20, TimeUnit.MILLISECONDS)) {
          // The connection may be cut meanwhile.
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void fire() {
      fired.countDown();
    }

    @Override
    public String toString() {
      return effect + "(opType=" + opType + ", fired=" + fired() + ")";
    }
  }

  /**
   * What every byte passes on its way to a socket. Counts who is passing, so that to hold it means
   * to wait until the last one is through.
   */
  private static final class Gate {
    private boolean held;
    private int passing;

    synchronized void hold(boolean hold) {
      held = hold;
      notifyAll();
      long deadlineNanos = System.nanoTime() + SETTLE_LIMIT.toNanos();
      while (held && passing > 0) {
        long leftNanos = deadlineNanos - System.nanoTime();
        if (leftNanos <= 0) {
          throw new IllegalStateException("a write is stuck: its reader does not read");
        }
        try {
          TimeUnit.NANOSECONDS.timedWait(this, leftNanos);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }

    /** Waits until the gate is open, then counts the caller in; false if its connection is cut. */
    synchronized boolean enter(AtomicBoolean cut) {
      while (held && !cut.get()) {
        try {
          wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
      }
      if (cut.get()) {
        return false;
      }
      passing++;
      return true;
    }

    synchronized boolean tryEnter() {
      if (held) {
        return false;
      }
      passing++;
      return true;
    }

    synchronized void exit() {
      passing--;
      notifyAll();
    }

    synchronized void wake() {
      notifyAll();
    }
  }

  /** Bytes on their way to the client; a null frame stands for the end of the stream. */
  private record Held(byte[] frame, long dueNanos) {}

  /** A reply that the client expects next: the server's, or one made here if answer is set. */
  private record Expected(int xid, byte[] answer) {}

  /**
   * One client's connection and its counterpart to the server.
   *
   * <p>{@link #run} belongs to the client's thread, {@link #readServer} to the server's; a thread
   * that writes to the client does so under {@link #lock}, only the client's thread writes to the
   * server.
   */
  private final class Connection {
    private static final int REQUEST_HEADER_BYTES = 8;
    private static final int REPLY_HEADER_BYTES = 16;

    private final Socket client;
    private final Socket upstream = new Socket();
    private final AtomicBoolean cut = new AtomicBoolean();
    private final Object lock = new Object();

    /** What follows is guarded by lock. Frames for the client, in order, with rising due times. */
    private final Deque<Held> toClient = new ArrayDeque<>();

    /** Ordinary requests without a reply, at most as many as the server lets a client have. */
    private final Deque<Expected> expected = new ArrayDeque<>();

    private final Map<Integer, Fault> swallow = new HashMap<>();
    private long lastDueNanos = System.nanoTime();
    private long lastZxid;

    Connection(Socket client) {
      this.client = client;
    }

    /** Reads the client until one side ends, then waits for the thread that reads the server. */
    void run() {
      Thread serverThread = null;
      try {
        if (gate.enter(cut)) {
          try {
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
            upstream.connect(server, CONNECT_TIMEOUT_MILLIS);
          } finally {
            gate.exit();
          }
          if (!cut.get()) {
            serverThread = start(newThread("server", this::readServer));
            readClient();
          }
        }
      } catch (IOException e) {
        // One side is gone; the other is told below.
      } finally {
        cut();
        end(serverThread);
      }
    }

    private void readClient() throws IOException {
      DataInputStream in = new DataInputStream(client.getInputStream());
      boolean connecting = true;
      while (true) {
        byte[] frame = null;
        try {
          frame = readFrame(in);
        } catch (IOException e) {
          // The client is gone. The server may learn of it once the gate is open.
        }
        if (frame != null && !connecting && frame.length >= REQUEST_HEADER_BYTES) {
          int opType = ByteBuffer.wrap(frame).getInt(4);
          requestsSeen.computeIfAbsent(opType, type -> new AtomicLong()).incrementAndGet();
        }
        if (!gate.enter(cut)) {
          return;
        }
        try {
          if (frame == null) {
            return;
          }
          if (connecting || frame.length < REQUEST_HEADER_BYTES) {
            write(upstream, frame);
          } else {
            onRequest(frame);
          }
        } finally {
          gate.exit();
        }
        connecting = false;
      }
    }

    private void onRequest(byte[] frame) throws IOException {
      ByteBuffer header = ByteBuffer.wrap(frame);
      int xid = header.getInt();
      int opType = header.getInt();
      Fault fault = takeRule(opType, frame);
      if (fault == null) {
        forward(xid, frame);
        return;
      }
      switch (fault.effect) {
        case CUT_BEFORE_FORWARDING -> {
          cut();
          fault.fire();
        }
        case CUT_AFTER_FORWARDING_BEFORE_REPLY -> {
          synchronized (lock) {
            swallow.put(xid, fault);
          }
          forward(xid, frame);
        }
        case CUT_WHILE_IN_FLIGHT -> {
          forward(xid, frame);
          cut();
          fault.fire();
        }
        case HOLD_BEFORE_FORWARDING -> {
          fault.fire();
          fault.awaitRelease(cut);
          if (!cut.get()) {
            forward(xid, frame);
          }
        }
        case REPLACE_ERROR -> {
          answer(xid, fault.err);
          fault.fire();
        }
      }
    }

    private void forward(int xid, byte[] frame) throws IOException {
      if (xid >= 0) {
        synchronized (lock) {
          expected.add(new Expected(xid, null));
        }
      }
      write(upstream, frame);
    }

    /** The client drops a connection whose replies come in another order than its requests. */
    private void answer(int xid, int err) {
      synchronized (lock) {
        ByteBuffer reply = ByteBuffer.allocate(REPLY_HEADER_BYTES);
        reply.putInt(xid).putLong(lastZxid).putInt(err);
        if (xid < 0 || expected.isEmpty()) {
          deliver(reply.array());
        } else {
          expected.add(new Expected(xid, reply.array()));
        }
      }
    }

    private void readServer() {
      try {
        DataInputStream in = new DataInputStream(upstream.getInputStream());
        boolean connecting = true;
        while (true) {
          byte[] frame = readFrame(in);
          if (frame == null) {
            break;
          }
          if (!awaitRoom()) {
            continue; // The client is cut: read on, so that the server is not reset.
          }
          onReply(frame, connecting);
          connecting = false;
        }
      } catch (IOException e) {
        // The server is gone; the client is told below.
      } finally {
        if (awaitRoom()) {
          deliver(null);
        }
        closeQuietly(upstream);
      }
    }

    private void onReply(byte[] frame, boolean connecting) {
      if (connecting || frame.length < REPLY_HEADER_BYTES) {
        deliver(frame);
        return;
      }
      int xid = ByteBuffer.wrap(frame).getInt();
      Fault fault;
      synchronized (lock) {
        fault = swallow.remove(xid);
        if (fault == null) {
          lastZxid = Math.max(lastZxid, ByteBuffer.wrap(frame).getLong(4));
          deliver(frame);
          if (xid >= 0) {
            expected.poll();
          }
          while (!expected.isEmpty() && expected.peek().answer() != null) {
            deliver(expected.poll().answer());
          }
        }
      }
      if (fault != null) {
        cut();
        fault.fire();
      }
    }

    /** Waits until the gate is open and the queue has room; false if the connection is cut. */
    private boolean awaitRoom() {
      if (!gate.enter(cut)) {
        return false;
      }
      gate.exit();
      synchronized (lock) {
        while (toClient.size() >= MAX_HELD_FRAMES && !cut.get()) {
          try {
            lock.wait();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
          }
        }
      }
      return !cut.get();
    }

    /** Puts a frame, or null for the end, into the client's queue, due after the set delay. */
    private void deliver(byte[] frame) {
      synchronized (lock) {
        long nowNanos = System.nanoTime();
        long dueNanos = nowNanos + replyDelayNanos;
        if (dueNanos - lastDueNanos < 0) {
          dueNanos = lastDueNanos;
        }
        lastDueNanos = dueNanos;
        toClient.add(new Held(frame, dueNanos));
        if (dueNanos - nowNanos > 0) {
          scheduleDrain(dueNanos - nowNanos);
        } else {
          drainDue();
        }
      }
    }

    void scheduleDrain(long delayNanos) {
      try {
        scheduler.schedule(this::drainDue, delayNanos, TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException e) {
        // The proxy is closing and so is this connection.
      }
    }

    /** Writes what is due. What the gate holds back is written when it opens. */
    private void drainDue() {
      synchronized (lock) {
        while (!toClient.isEmpty()
            && toClient.peek().dueNanos() - System.nanoTime() <= 0
            && gate.tryEnter()) {
          try {
            byte[] frame = toClient.poll().frame();
            if (frame == null) {
              cut();
            } else {
              write(client, frame);
            }
          } catch (IOException e) {
            cut();
          } finally {
            gate.exit();
          }
        }
        lock.notifyAll();
      }
    }

    /**
     * Ends the client's side at once and lets the server read what it was sent. The server then
     * ends its own side, which ends the thread that reads it.
     */
    void cut() {
      if (!cut.compareAndSet(false, true)) {
        return;
      }
      closeQuietly(client);
      try {
        upstream.shutdownOutput();
      } catch (IOException e) {
        // Not connected yet, or gone: then there is nothing that the server has still to read.
      }
      gate.wake();
      synchronized (lock) {
        toClient.clear();
        lock.notifyAll();
      }
    }

    /** As {@link #cut}, without regard for the server. */
    void destroy() {
      closeQuietly(upstream);
      cut();
    }

    private void end(Thread serverThread) {
      try {
        if (serverThread == null) {
          closeQuietly(upstream);
        } else {
          serverThread.join();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      synchronized (connections) {
        connections.remove(this);
      }
    }

    private void write(Socket socket, byte[] frame) throws IOException {
      ByteBuffer framed = ByteBuffer.allocate(Integer.BYTES + frame.length);
      framed.putInt(frame.length).put(frame);
      socket.getOutputStream().write(framed.array());
    }

    /** The next frame's payload, or null at the end of the stream. */
    private byte[] readFrame(DataInputStream in) throws IOException {
      int length;
      try {
        length = in.readInt();
      } catch (EOFException e) {
        return null;
      }
      if (length < 0 || length > MAX_FRAME_BYTES) {
        throw new IOException("not a ZooKeeper frame: length " + length);
      }
      byte[] frame = new byte[length];
      in.readFully(frame);
      return frame;
    }
  }
}
