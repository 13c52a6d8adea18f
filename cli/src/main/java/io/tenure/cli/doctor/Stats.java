package io.tenure.cli.doctor;

import io.tenure.internal.session.ServerErrors;
import io.tenure.internal.session.ZnodeReader;
import io.tenure.internal.session.ZnodeReader.Read;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;

/**
 * What the server says about znodes, and their ACLs, many at a time. Blocks the caller; must not be
 * called on ZooKeeper's event thread.
 */
final class Stats {

  private static final int READS_IN_FLIGHT = 256;

  private interface Request {
    void start(String path, BackgroundCallback callback) throws Exception;
  }

  private interface Result<T> {
    T of(CuratorEvent event);
  }

  private final CuratorFramework client;

  Stats(CuratorFramework client) {
    this.client = client;
  }

  /** An answer for each; no permission is needed. */
  List<Read<Stat>> each(List<String> paths) throws InterruptedException {
    return all(
        paths,
        (path, call) -> client.checkExists().inBackground(call).forPath(path),
        CuratorEvent::getStat);
  }

  /** An answer for each. */
  List<Read<List<ACL>>> acls(List<String> paths) throws InterruptedException {
    return all(
        paths,
        (path, call) -> client.getACL().inBackground(call).forPath(path),
        event -> List.copyOf(event.getACLList()));
  }

  private <T> List<Read<T>> all(List<String> paths, Request request, Result<T> result)
      throws InterruptedException {
    List<Read<T>> answers = new ArrayList<>(paths.size());
    for (int from = 0; from < paths.size(); from += READS_IN_FLIGHT) {
      List<String> some = paths.subList(from, Math.min(paths.size(), from + READS_IN_FLIGHT));
      List<CompletableFuture<CuratorEvent>> reads = new ArrayList<>(some.size());
      for (String path : some) {
        reads.add(ZnodeReader.start(client, call -> request.start(path, call)));
      }
      for (int i = 0; i < reads.size(); i++) {
        CuratorEvent event = ZnodeReader.await(reads.get(i));
        boolean denied = ServerErrors.code(event.getResultCode()) == Code.NOAUTH;
        boolean there = !denied && ZnodeReader.isThere(event, some.get(i));
        answers.add(
            new Read<>(
                some.get(i), there ? Optional.of(result.of(event)) : Optional.empty(), denied));
      }
    }
    return answers;
  }
}
