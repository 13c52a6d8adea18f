package io.tenure.audit;

import io.tenure.internal.session.Log;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Says what is wrong once as long as it lasts. Confined to the archiver's thread. */
final class Problems {

  private static final Log log = Log.of(Problems.class);

  private final ArchiveListener listener;
  private final Map<String, String> said = new HashMap<>();
  private final Set<String> thisRound = new HashSet<>();

  Problems(ArchiveListener listener) {
    this.listener = listener;
  }

  /** Everything is about to be looked at. */
  void beginRound() {
    thisRound.clear();
  }

  /** Everything was looked at: what was not said again is over. */
  void endRound() {
    said.keySet().retainAll(thisRound);
  }

  void say(String path, String problem) {
    thisRound.add(path);
    if (!problem.equals(said.put(path, problem))) {
      log.warn("{}: {}", path, problem);
      tell(to -> to.problem(path, problem));
    }
  }

  /** Tells the listener; what it throws is its own matter. */
  void tell(Consumer<ArchiveListener> news) {
    try {
      news.accept(listener);
    } catch (RuntimeException | Error e) {
      log.error("a listener of the archiver threw", e);
    }
  }
}
