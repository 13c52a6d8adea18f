package io.tenure.sharding;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * One client's session, with what a client may rely on: requests are served and answered in the
 * order in which they were sent; a server lags behind, but never behind what the session has seen;
 * a watch fires once, and its event comes before any data that is as new; what is lost with a
 * connection is answered as lost, and watches are looked after on the next one.
 */
final class SimulatedSession {

  /** What a client asks a server. */
  interface Request {
    /** The server gets to it. */
    void serve();

    /** Its answer has arrived. */
    void answered();

    /** There will be no answer. */
    void lost();
  }

  /** An answer, or without a request the event of a watch, on its way to the client. */
  private record Message(Optional<Request> answer, String watched, long zxid) {}

  final long id;

  /** As the servers see it: its ephemeral nodes live exactly as long. */
  boolean alive = true;

  /** The client has given it up: from then on nothing can be sent in it. */
  boolean gone;

  boolean connected = true;

  private final SimulatedEnsemble ensemble;
  private final Transcript transcript;

  /** How far the server that it is connected to has applied the log. */
  private long applied;

  /** The newest that it was told of. */
  private long seen;

  private final Deque<Request> unserved = new ArrayDeque<>();
  private final Deque<Request> unanswered = new ArrayDeque<>();
  private final Deque<Message> arriving = new ArrayDeque<>();
  private final Set<String> serverWatches = new HashSet<>();

  /** What the client has registered to watch, and whether the node was there then. */
  private final Map<String, Boolean> clientWatches = new TreeMap<>();

  private Consumer<String> watcher = shard -> {};

  SimulatedSession(SimulatedEnsemble ensemble, long id, Transcript transcript) {
    this.ensemble = ensemble;
    this.id = id;
    this.transcript = transcript;
    this.applied = ensemble.lastZxid();
    this.seen = applied;
  }

  // ---- the client ----

  /** Who is told when a watched leader node changes. */
  void watcher(Consumer<String> told) {
    watcher = told;
  }

  void send(Request request) {
    unserved.add(request);
    unanswered.add(request);
  }

  /** The next answer or event is handed to the client. */
  boolean deliver() {
    Message message = arriving.poll();
    if (message == null) {
      return false;
    }
    seen = message.zxid();
    if (message.answer().isPresent()) {
      if (unanswered.remove() != message.answer().get()) {
        throw new AssertionError("answers come in the order of the requests");
      }
      message.answer().get().answered();
    } else if (clientWatches.remove(message.watched()) != null) {
      watcher.accept(message.watched());
    }
    return true;
  }

  /** The client knows that its exists call was answered: the watch survives connections. */
  void registered(String shard, boolean wasThere) {
    clientWatches.put(shard, wasThere);
  }

  boolean watches(String shard) {
    return serverWatches.contains(shard) && clientWatches.containsKey(shard);
  }

  /** The client answers everything that is under way itself: connection lost, or session gone. */
  void everythingIsLost() {
    List<Request> lost = new ArrayList<>(unanswered);
    unanswered.clear();
    unserved.clear();
    arriving.clear();
    serverWatches.clear();
    lost.forEach(Request::lost);
  }

  void disconnect() {
    if (connected) {
      transcript.add("  session %x disconnected", id);
      connected = false;
      everythingIsLost();
    }
  }

  void reconnect() {
    if (connected || !alive || gone) {
      return;
    }
    connected = true;
    applied = Math.max(seen, ensemble.faults ? seenToLast() : ensemble.lastZxid());
    transcript.add("  session %x reconnected at %d of %d", id, applied, ensemble.lastZxid());
    for (Map.Entry<String, Boolean> watch : clientWatches.entrySet()) {
      SimulatedEnsemble.State state = ensemble.scope(watch.getKey()).at(applied);
      boolean there = state.leader().isPresent();
      // As the server does: a node that was there has fired if it is gone or newer than what the
      // client has seen, one that was not has if it is there.
      boolean fires = watch.getValue() ? !there || state.leaderZxid() > seen : there;
      if (fires) {
        arriving.add(new Message(Optional.empty(), watch.getKey(), applied));
      } else {
        serverWatches.add(watch.getKey());
      }
    }
  }

  private long seenToLast() {
    return seen + ensemble.random.nextLong(ensemble.lastZxid() - seen + 1);
  }

  // ---- its server ----

  /** The server serves the next request. */
  boolean serve() {
    if (!connected || !alive) {
      return false;
    }
    Request request = unserved.poll();
    if (request == null) {
      return false;
    }
    if (!ensemble.faults) {
      catchUp();
    }
    request.serve();
    arriving.add(new Message(Optional.of(request), "", applied));
    return true;
  }

  /** The server has applied some more of the log. */
  void advance() {
    if (connected && alive) {
      advanceTo(applied + ensemble.random.nextLong(ensemble.lastZxid() - applied + 1));
    }
  }

  boolean catchUp() {
    if (!connected || !alive || applied == ensemble.lastZxid()) {
      return false;
    }
    advanceTo(ensemble.lastZxid());
    return true;
  }

  private void advanceTo(long zxid) {
    while (applied < zxid) {
      applied++;
      Optional<String> changed = ensemble.leaderChangedBy(applied);
      if (changed.isPresent() && serverWatches.remove(changed.get())) {
        arriving.add(new Message(Optional.empty(), changed.get(), applied));
      }
    }
  }

  /** What the server finds at this moment; the next moment may be later. */
  SimulatedEnsemble.State read(String shard) {
    SimulatedEnsemble.State state = ensemble.scope(shard).at(applied);
    if (ensemble.fault(4)) {
      advance();
    }
    return state;
  }

  /** Looks whether the leader node is there, and watches it. */
  SimulatedEnsemble.State watch(String shard) {
    serverWatches.add(shard);
    return ensemble.scope(shard).at(applied);
  }

  /** The servers let it end. */
  void end() {
    if (alive) {
      transcript.add("  session %x ends", id);
      alive = false;
      ensemble.sessionEnds(id);
    }
  }

  @Override
  public String toString() {
    return Long.toHexString(id);
  }
}
