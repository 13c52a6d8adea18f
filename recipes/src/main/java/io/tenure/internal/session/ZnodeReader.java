package io.tenure.internal.session;

import io.tenure.scope.CoordinationException;
import io.tenure.scope.ListTooLongException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.TenureException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.data.Stat;

/**
 * Reads znodes, many at a time. Blocks the caller; must not be called on ZooKeeper's event thread.
 * Thread-safe: no state but Curator's.
 */
public final class ZnodeReader {

  /** Enough to hide the round trip, few enough for one server. */
  private static final int READS_IN_FLIGHT = 256;

  /**
   * An answer that takes longer may never come, since the login is refused. Without a connection
   * there is no patience: what is queued before the connection is its first request.
   */
  private static final long PATIENCE_MILLIS = 1_000;

  /** One znode: its data and what the server says about it. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  public record Znode(String path, byte[] data, Stat stat) {}

  /**
   * The outcome of one read.
   *
   * @param found empty if the znode is not there, or may not be read
   * @param denied whether it may not be read
   */
  public record Read<T>(String path, Optional<T> found, boolean denied) {}

  /** A background call of Curator's. */
  public interface Call {
    /** Starts it. */
    void start(BackgroundCallback callback) throws Exception;
  }

  private interface Request {
    void start(String path, BackgroundCallback callback) throws Exception;
  }

  private final CuratorFramework client;
  private final Chroot chroot;

  /** Reads through a client. */
  public ZnodeReader(CuratorFramework client) {
    Libraries.require();
    this.client = client;
    LoginWatch.of(client);
    this.chroot = new Chroot(client);
  }

  /** Makes sure that what is read next is as new as what the quorum has applied. */
  public void sync(String path) throws InterruptedException {
    isThereFor(await(start(client, call -> client.sync().inBackground(call).forPath(path))), path);
  }

  /** Reads znodes in the order given; those that are not there are left out. */
  public List<Znode> read(List<String> paths) throws InterruptedException {
    List<Znode> nodes = new ArrayList<>(paths.size());
    for (Read<Znode> read : readEach(paths)) {
      if (read.denied()) {
        throw denied(read.path());
      }
      read.found().ifPresent(nodes::add);
    }
    return nodes;
  }

  /** Reads znodes; an answer for each. */
  public List<Read<Znode>> readEach(List<String> paths) throws InterruptedException {
    return all(
        paths,
        (path, call) -> Uncompressed.getData(client).inBackground(call).forPath(path),
        event -> {
          byte[] data = event.getData();
          return new Znode(event.getPath(), data == null ? new byte[0] : data, event.getStat());
        });
  }

  /**
   * Lists the children of znodes, sorted; an answer for each.
   *
   * @throws ListTooLongException if a list does not fit into a reply
   */
  public List<Read<List<String>>> childrenOfEach(List<String> paths) throws InterruptedException {
    List<Read<List<String>>> answers = new ArrayList<>(paths.size());
    for (Listed listed : listEach(paths)) {
      listed
          .tooLong()
          .ifPresent(
              problem -> {
                throw new ListTooLongException(listed.path() + " " + problem);
              });
      answers.add(new Read<>(listed.path(), listed.found().map(Listing::names), listed.denied()));
    }
    return answers;
  }

  /**
   * The children of a znode.
   *
   * @param names sorted
   * @param stat of the znode
   */
  public record Listing(List<String> names, Stat stat) {}

  /**
   * The outcome of listing a znode's children.
   *
   * @param found empty if the znode is not there, may not be read, or has too many children
   * @param denied whether it may not be read
   * @param tooLong said if the list does not fit into a reply
   */
  public record Listed(
      String path, Optional<Listing> found, boolean denied, Optional<String> tooLong) {

    /** What to say where there is a znode and no list. */
    public Optional<String> problem() {
      return denied ? Optional.of(deniedText(path)) : tooLong;
    }
  }

  /**
   * Lists the children of znodes, with what the server says about the znodes. They are counted
   * first: a list that does not fit into a reply is not asked for.
   */
  public List<Listed> listEach(List<String> paths) throws InterruptedException {
    ListLength length = new ListLength(this, PacketLimit.of(client));
    List<Read<Stat>> stats =
        all(
            paths,
            (path, call) -> client.checkExists().inBackground(call).forPath(path),
            CuratorEvent::getStat);
    Map<String, String> tooLong = new HashMap<>();
    Map<String, String> suspicions = new HashMap<>();
    for (Read<Stat> stat : stats) {
      if (stat.found().isPresent()) {
        int children = stat.found().get().getNumChildren();
        length.suspicion(children).ifPresent(suspicion -> suspicions.put(stat.path(), suspicion));
        length
            .problem(stat.path(), children)
            .ifPresent(problem -> tooLong.put(stat.path(), problem));
      }
    }
    List<String> toList = paths.stream().filter(path -> !tooLong.containsKey(path)).toList();
    List<Read<Listing>> lists =
        all(
            toList,
            (path, call) -> client.getChildren().inBackground(call).forPath(path),
            (event, path) -> {
              boolean suspect = isLost(event) && suspicions.containsKey(path);
              if (suspect) {
                tooLong.put(path, String.valueOf(suspicions.get(path)));
              }
              return !suspect;
            },
            event -> new Listing(event.getChildren().stream().sorted().toList(), event.getStat()));
    List<Listed> answers = new ArrayList<>(paths.size());
    Map<String, Read<Listing>> listed = new HashMap<>();
    lists.forEach(list -> listed.put(list.path(), list));
    for (String path : paths) {
      Read<Listing> list = listed.get(path);
      answers.add(
          list == null
              ? new Listed(path, Optional.empty(), false, Optional.ofNullable(tooLong.get(path)))
              : new Listed(
                  path, list.found(), list.denied(), Optional.ofNullable(tooLong.get(path))));
    }
    return answers;
  }

  /**
   * Makes sure that the list of a znode's children fits into a reply, as far as can be told.
   *
   * @return what is probably wrong if the connection is lost by asking for the list all the same
   * @throws ListTooLongException if it does not
   */
  public Optional<String> requireListable(String path) throws InterruptedException {
    CuratorEvent event =
        await(start(client, call -> client.checkExists().inBackground(call).forPath(path)));
    if (!isThere(event, path)) {
      chroot.require(path);
      return Optional.empty();
    }
    int children = event.getStat().getNumChildren();
    ListLength length = new ListLength(this, PacketLimit.of(client));
    throwIfPresent(path, length.problem(path, children));
    return length.suspicion(children);
  }

  /**
   * Looks at the answer to a request for a list.
   *
   * @param suspicion of {@link #requireListable}
   * @throws ListTooLongException if the connection was lost by it
   */
  public static void requireAnswered(CuratorEvent event, String path, Optional<String> suspicion) {
    if (isLost(event)) {
      throwIfPresent(path, suspicion);
    }
  }

  private static boolean isLost(CuratorEvent event) {
    return ServerErrors.code(event.getResultCode()) == Code.CONNECTIONLOSS;
  }

  private static void throwIfPresent(String path, Optional<String> problem) {
    problem.ifPresent(
        text -> {
          throw new ListTooLongException(path + " " + text);
        });
  }

  private interface Result<T> {
    T of(CuratorEvent event);
  }

  /** Whether an answer is to be looked at as usual. */
  private interface Check {
    boolean isUsual(CuratorEvent event, String path);
  }

  private <T> List<Read<T>> all(List<String> paths, Request request, Result<T> result)
      throws InterruptedException {
    return all(paths, request, (event, path) -> true, result);
  }

  private <T> List<Read<T>> all(List<String> paths, Request request, Check check, Result<T> result)
      throws InterruptedException {
    List<Read<T>> answers = allOf(paths, request, check, result);
    if (!answers.isEmpty() && answers.stream().noneMatch(ZnodeReader::isOfATree)) {
      chroot.require(answers.get(0).path());
    }
    return answers;
  }

  private static boolean isOfATree(Read<?> read) {
    return read.denied() || read.found().isPresent();
  }

  private <T> List<Read<T>> allOf(
      List<String> paths, Request request, Check check, Result<T> result)
      throws InterruptedException {
    List<Read<T>> answers = new ArrayList<>(paths.size());
    for (int from = 0; from < paths.size(); from += READS_IN_FLIGHT) {
      List<String> some = paths.subList(from, Math.min(paths.size(), from + READS_IN_FLIGHT));
      List<CompletableFuture<CuratorEvent>> reads = new ArrayList<>(some.size());
      for (String path : some) {
        reads.add(start(client, call -> request.start(path, call)));
      }
      for (int i = 0; i < reads.size(); i++) {
        CuratorEvent event = await(reads.get(i));
        if (!check.isUsual(event, some.get(i))) {
          answers.add(new Read<>(some.get(i), Optional.empty(), false));
          continue;
        }
        boolean denied = ServerErrors.code(event.getResultCode()) == Code.NOAUTH;
        boolean there = !denied && isThereFor(event, some.get(i));
        answers.add(
            new Read<>(
                some.get(i), there ? Optional.of(result.of(event)) : Optional.empty(), denied));
      }
    }
    return answers;
  }

  /** An answer, and the client that gets it. */
  private static final class Answer extends CompletableFuture<CuratorEvent> {
    private final CuratorFramework client;

    Answer(CuratorFramework client) {
      this.client = client;
    }
  }

  /** Starts a call of a client. */
  public static CompletableFuture<CuratorEvent> start(CuratorFramework client, Call call)
      throws InterruptedException {
    Answer future = new Answer(client);
    try {
      call.start((from, event) -> future.complete(event));
    } catch (InterruptedException e) {
      throw e;
    } catch (RuntimeException e) {
      throw ServerErrors.thrownByClient(e);
    } catch (Exception e) {
      throw new CoordinationException("ZooKeeper cannot be asked: " + e.getMessage(), e);
    }
    return future;
  }

  /**
   * Waits for an answer. Curator may ask again for ever, if the client's retry policy says so; a
   * login that the servers refuse ends the wait.
   *
   * @param future of {@link #start}
   * @throws TenureException if the servers refuse the client's login, or if the application has
   *     closed the handle below the client
   */
  public static CuratorEvent await(CompletableFuture<CuratorEvent> future)
      throws InterruptedException {
    CuratorFramework client = ((Answer) future).client;
    CuratorEvent event = answer(client, future);
    Optional<TenureException> closed =
        ClosedHandle.isSuspect(event) ? ClosedHandle.cause(client) : Optional.empty();
    if (closed.isPresent()) {
      Logins.requireAccepted(client);
      throw closed.get();
    }
    return event;
  }

  private static CuratorEvent answer(
      CuratorFramework client, CompletableFuture<CuratorEvent> future) throws InterruptedException {
    try {
      boolean connected = client.getZookeeperClient().isConnected();
      return future.get(connected ? PATIENCE_MILLIS : 0, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      try (LoginInquiry inquiry = LoginInquiry.of(client)) {
        inquiry.requireAcceptedUntil(future);
      }
      return future.join();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Whether the znode is there. A lost connection may be a refused login, which does not pass. */
  private boolean isThereFor(CuratorEvent event, String path) throws InterruptedException {
    try {
      return isThere(event, path);
    } catch (CoordinationException e) {
      Logins.requireAccepted(client);
      throw e;
    }
  }

  /** Whether the znode is there. */
  public static boolean isThere(CuratorEvent event, String path) {
    Code code = ServerErrors.code(event.getResultCode());
    if (code == Code.OK || code == Code.NONODE) {
      return code == Code.OK;
    }
    throw code == Code.NOAUTH ? denied(path) : ServerErrors.refused(code, path, "read");
  }

  /** The error of a read that is not allowed. */
  public static TenureException denied(String path) {
    return new PermissionDeniedException(
        deniedText(path), KeeperException.create(Code.NOAUTH, path));
  }

  /** What to say where reading is not allowed. */
  public static String deniedText(String path) {
    return "the server denies read on " + path + ": grant it in the ACL";
  }
}
