package io.tenure.endtoend.faults;

import io.tenure.endtoend.faults.History.Write;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A store outside of ZooKeeper, in the harness's process: it remembers the highest epoch that wrote
 * to a shard, refuses older ones, and keeps what it took and refused, in its own order.
 *
 * <pre>
 *   SHARD FENCE EPOCH WORKER PID NUMBER    answered with "ok" or "stale"; FENCE 0 is not compared
 *   joined PID                             answered with "ok": a worker says that it has joined
 *   how SHARD PID                          answered with how the shard's next step is to behave
 *   figures PID NUMBER WATCHERS THREADS    answered with "ok": what a worker costs
 * </pre>
 *
 * <p>Thread-safe. One thread for each connection, besides the one that accepts.
 */
final class FencedStore implements AutoCloseable {

  private final ServerSocket acceptor;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Set<Long> joined = ConcurrentHashMap.newKeySet();
  private final Map<Long, OwnFigures> figures = new ConcurrentHashMap<>();
  private final TaskFaults tasks = new TaskFaults();

  /**
   * What a worker's process counts of its own.
   *
   * @param number of the question
   */
  record OwnFigures(long number, long watchers, long threads) {}

  // Guarded by this.
  private final Map<String, Long> highest = new HashMap<>();
  private final Map<String, Write> newest = new HashMap<>();
  private final List<Write> writes = new ArrayList<>();

  FencedStore() throws IOException {
    acceptor = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    start("store-accept", this::accept);
  }

  int port() {
    return acceptor.getLocalPort();
  }

  /** Whether the process has said that its worker has joined. */
  boolean hasJoined(long pid) {
    return joined.contains(pid);
  }

  /** How the tasks of all workers are to behave. */
  TaskFaults tasks() {
    return tasks;
  }

  /** The process's answer to a question, if it has come. */
  Optional<OwnFigures> figures(long pid, long number) {
    return Optional.ofNullable(figures.get(pid)).filter(own -> own.number() == number);
  }

  /** The process whose write to the shard was the last that was taken. */
  synchronized OptionalLong leaderOf(String shard) {
    Write write = newest.get(shard);
    return write == null ? OptionalLong.empty() : OptionalLong.of(write.holder().pid());
  }

  /** The shards whose last write that was taken came from a process. */
  synchronized Set<String> shardsOf(long pid) {
    Set<String> shards = new TreeSet<>();
    newest.forEach(
        (shard, write) -> {
          if (write.holder().pid() == pid) {
            shards.add(shard);
          }
        });
    return shards;
  }

  /** Whether each of some shards was written to after a time. */
  synchronized boolean allWrittenAfter(List<String> shards, long time) {
    return shards.stream()
        .map(newest::get)
        .allMatch(write -> write != null && write.at() - time > 0);
  }

  /** All writes, in the order in which they were decided. */
  synchronized List<Write> writes() {
    return List.copyOf(writes);
  }

  private synchronized String write(String[] words) {
    String shard = words[0];
    long fence = Long.parseLong(words[1]);
    long epoch = Long.parseLong(words[2]);
    boolean accepted = fence == 0 || fence >= highest.getOrDefault(shard, 0L);
    if (accepted) {
      highest.merge(shard, epoch, Math::max);
    }
    Write write =
        new Write(
            shard,
            new History.Holder(words[3], Long.parseLong(words[4]), epoch),
            Long.parseLong(words[5]),
            accepted,
            System.nanoTime());
    writes.add(write);
    if (accepted) {
      newest.put(shard, write);
    }
    return accepted ? "ok" : "stale";
  }

  private void accept() {
    while (true) {
      try {
        Socket socket = acceptor.accept();
        sockets.add(socket);
        start("store", () -> serve(socket));
      } catch (IOException e) {
        return; // Closed.
      }
    }
  }

  private void serve(Socket socket) {
    try (socket;
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      socket.setTcpNoDelay(true);
      String line;
      while ((line = in.readLine()) != null) {
        String[] words = line.split(" ");
        String answer =
            switch (words[0]) {
              case "joined" -> {
                joined.add(Long.parseLong(words[1]));
                yield "ok";
              }
              case "how" -> tasks.of(words[1], Long.parseLong(words[2])).word();
              case "figures" -> {
                figures.put(
                    Long.parseLong(words[1]),
                    new OwnFigures(
                        Long.parseLong(words[2]),
                        Long.parseLong(words[3]),
                        Long.parseLong(words[4])));
                yield "ok";
              }
              default -> write(words);
            };
        socket.getOutputStream().write((answer + '\n').getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      // The worker was killed.
    } finally {
      sockets.remove(socket);
    }
  }

  private static void start(String name, Runnable body) {
    Thread thread = new Thread(body, name);
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

  /** A worker's connection to the store. Thread-safe; one request at a time. */
  static final class Client {

    private final Socket socket;
    private final BufferedReader in;

    Client(int port) throws IOException {
      socket = new Socket(InetAddress.getByName("127.0.0.1"), port);
      socket.setTcpNoDelay(true);
      in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    synchronized String ask(String request) throws IOException {
      socket.getOutputStream().write((request + '\n').getBytes(StandardCharsets.UTF_8));
      return in.readLine();
    }
  }
}
