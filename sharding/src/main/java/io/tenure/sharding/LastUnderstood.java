package io.tenure.sharding;

import io.tenure.internal.ZnodeName;
import io.tenure.internal.session.Log;
import io.tenure.scope.Candidate;
import io.tenure.scope.TenureException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/**
 * What the settings, registrations and directives of a group said when they could last be
 * understood. While one of them is damaged, unreadable or of a newer format, the coordinator goes
 * on with that: a slip of a hand moves no shard. Each damaged znode is said once, and again only if
 * it was good meanwhile.
 *
 * <p>Confined to the coordinator's thread.
 */
final class LastUnderstood {

  private static final Log log = Log.of(LastUnderstood.class);

  /** Longer settings are not shown whole. */
  private static final int MAX_SHOWN = 400;

  private final GroupPaths paths;
  private final Supplier<Optional<GroupSettings>> knownToWorker;
  private Optional<GroupSettings> settings = Optional.empty();
  private final Map<String, CoordinatorMachine.Worker> workers = new HashMap<>();
  private final Map<String, Directives.Written> directives = new HashMap<>();
  private final Set<String> told = new HashSet<>();

  /**
   * Begins.
   *
   * @param knownToWorker the settings that this coordinator's own worker goes by, which it read
   *     when it joined
   */
  LastUnderstood(GroupPaths paths, Supplier<Optional<GroupSettings>> knownToWorker) {
    this.paths = paths;
    this.knownToWorker = knownToWorker;
  }

  // ---- settings ----

  GroupSettings settings(GroupSettings good) {
    settings = Optional.of(good);
    if (told.remove(paths.group())) {
      log.info("group={} its settings can be read again", paths.group());
    }
    return good;
  }

  /**
   * The settings to go by while there are none to be read.
   *
   * @param stat of the znode; null if it cannot be read
   * @throws TenureException that problem, if none are known
   */
  GroupSettings settings(TenureException problem, @Nullable Stat stat) {
    GroupSettings last = settings.or(knownToWorker).orElseThrow(() -> problem);
    if (told.add(paths.group())) {
      log.warn(
          "group={} its settings cannot be read, and the coordinator goes on with those that it"
              + " knows; workers that start now are refused: {}{}. Unless a newer version wrote"
              + " them, write them again: set {} {}",
          paths.group(),
          problem.getMessage(),
          stat == null ? "" : " (" + lastWritten(stat) + ")",
          paths.group(),
          shown(last));
    }
    return last;
  }

  private static String lastWritten(Stat stat) {
    return "last written by zxid 0x"
        + Long.toHexString(stat.getMzxid())
        + " at "
        + Instant.ofEpochMilli(stat.getMtime());
  }

  private static String shown(GroupSettings settings) {
    String json = new String(settings.bytes(), StandardCharsets.UTF_8);
    return json.length() <= MAX_SHOWN ? json : "with the data that it had before";
  }

  // ---- registrations ----

  CoordinatorMachine.Worker worker(String path, CoordinatorMachine.Worker good) {
    workers.put(path, good);
    told.remove(path);
    return good;
  }

  /**
   * A registration that cannot be understood: as it last could be. If it never could, a worker that
   * the plan knows keeps what it has, and another one is passed over.
   */
  Optional<CoordinatorMachine.Worker> worker(
      String path, TenureException problem, Predicate<String> isPlanned) {
    Optional<CoordinatorMachine.Worker> last =
        Optional.ofNullable(workers.get(path)).or(() -> unknown(path).filter(planned(isPlanned)));
    if (told.add(path)) {
      log.warn(
          "group={} {}: {}. If its worker does not write it again, restart that worker",
          paths.group(),
          last.isPresent()
              ? "a worker counts as it last did, since its registration cannot be understood"
              : "a registration is passed over",
          problem.getMessage());
    }
    return last;
  }

  private static Predicate<CoordinatorMachine.Worker> planned(Predicate<String> isPlanned) {
    return worker -> isPlanned.test(worker.id());
  }

  /** A worker of which only the name of its registration is known. */
  private Optional<CoordinatorMachine.Worker> unknown(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    int dash = name.lastIndexOf('-');
    long incarnation = GroupPaths.incarnation(name);
    return dash <= 0 || incarnation < 0
        ? Optional.empty()
        : ZnodeName.decode(name.substring(0, dash))
            .filter(id -> paths.isRegistration(path, id))
            .flatMap(LastUnderstood::candidate)
            .map(who -> new CoordinatorMachine.Worker(WorkerNode.unknown(who), incarnation));
  }

  private static Optional<Candidate> candidate(String id) {
    try {
      return Optional.of(new Candidate(id, "unknown", 0, Optional.empty()));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // No worker has such an id.
    }
  }

  // ---- directives ----

  /**
   * The directives to go by.
   *
   * @param unreadable those that are there and cannot be read: why, by path
   */
  Directives directives(List<Directives.Written> found, Map<String, String> unreadable) {
    List<Directives.Written> all = new ArrayList<>();
    Map<String, String> problems = new HashMap<>(unreadable);
    for (Directives.Written one : found) {
      Directives parsed = Directives.parse(List.of(one));
      String problem = parsed.ignored().getOrDefault(one.path(), parsed.unclear().get(one.path()));
      if (problem == null) {
        directives.put(one.path(), one);
        told.remove(one.path());
        all.add(one);
      } else {
        problems.put(one.path(), problem);
        if (!directives.containsKey(one.path())) {
          all.add(one); // It is passed over, and said so; or it is a drain.
        }
      }
    }
    problems.forEach(
        (path, problem) -> {
          Directives.Written last = directives.get(path);
          if (last != null) {
            all.add(last);
            tellOfDirective(path, "as it last did", problem);
          } else if (Directives.isDrain(path)) {
            if (unreadable.containsKey(path)) {
              all.add(Directives.unread(path));
            }
            tellOfDirective(path, "by its name, as a drain without a reason", problem);
          } else if (unreadable.containsKey(path) && told.add(path)) {
            log.warn("group={} directive passed over: {}", paths.group(), problem);
          }
        });
    return Directives.parse(all);
  }

  private void tellOfDirective(String path, String how, String problem) {
    if (told.add(path)) {
      log.warn(
          "group={} directive {} counts {}, since it cannot be understood: {}. Write it again, or"
              + " delete it",
          paths.group(),
          path,
          how,
          problem);
    }
  }

  // ---- all ----

  /** Forgets what is no longer there. */
  void retain(Set<String> present) {
    workers.keySet().retainAll(present);
    directives.keySet().retainAll(present);
    told.removeIf(path -> !path.equals(paths.group()) && !present.contains(path));
  }

  /** Something that is passed over is said once. */
  void passedOver(String path, String problem) {
    if (told.add(path)) {
      log.warn("group={} passed over: {}", paths.group(), problem);
    }
  }
}
