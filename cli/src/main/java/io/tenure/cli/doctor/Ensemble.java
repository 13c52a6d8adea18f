package io.tenure.cli.doctor;

import io.tenure.internal.session.ServerErrors;
import io.tenure.scope.TenureException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.ZKClientConfig;

/**
 * The servers: those that were given and those that the ensemble itself lists, each with what it
 * answers. Immutable.
 *
 * @param servers each once
 * @param given how many of them were given
 * @param voters how many vote, by the ensemble's own list; empty if it cannot be read
 * @param listProblem why it cannot be
 * @param unnamed how many servers the ensemble lists without saying where clients reach them
 */
record Ensemble(
    List<ServerAnswer> servers,
    int given,
    Optional<Integer> voters,
    String listProblem,
    int unnamed) {

  private static final int MAX_ASKED = 32;

  static Ensemble ask(Examination examination) throws InterruptedException {
    Map<String, InetSocketAddress> all = new LinkedHashMap<>();
    for (InetSocketAddress one :
        new ConnectStringParser(examination.connect()).getServerAddresses()) {
      all.putIfAbsent(key(one.getHostString(), one.getPort()), one);
    }
    int given = all.size();
    Optional<Integer> voters = Optional.empty();
    String problem = "";
    int unnamed = 0;
    try {
      byte[] data = examination.client().getConfig().forEnsemble();
      List<ListedServer> listed =
          ListedServer.parse(data == null ? "" : new String(data, StandardCharsets.UTF_8));
      if (!listed.isEmpty()) {
        voters = Optional.of((int) listed.stream().filter(ListedServer::votes).count());
        for (ListedServer one : listed) {
          one.clientPort()
              .ifPresent(
                  port ->
                      all.putIfAbsent(
                          key(one.host(), port),
                          InetSocketAddress.createUnresolved(one.host(), port)));
        }
        // Without dynamic configuration each server only knows its own port for clients.
        unnamed = Math.max(0, listed.size() - all.size());
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException.NoAuthException e) {
      problem = "this client may not read /zookeeper/config";
    } catch (KeeperException.NoNodeException e) {
      problem = "there is no /zookeeper/config";
    } catch (Exception e) {
      TenureException failure = ServerErrors.failed(e, "/zookeeper/config", "read");
      if (Doctor.isDisconnected(e)) {
        throw failure;
      }
      problem = String.valueOf(failure.getMessage());
    }
    return new Ensemble(
        answers(examination, List.copyOf(all.values())), given, voters, problem, unnamed);
  }

  /** One server under two names is one server. */
  private static String key(String host, int port) {
    try {
      return InetAddress.getByName(host).getHostAddress() + ":" + port;
    } catch (UnknownHostException e) {
      return host + ":" + port;
    }
  }

  private static List<ServerAnswer> answers(
      Examination examination, List<InetSocketAddress> addresses) throws InterruptedException {
    ZKClientConfig config = clientConfig(examination);
    List<InetSocketAddress> asked = addresses.subList(0, Math.min(MAX_ASKED, addresses.size()));
    ExecutorService pool = Executors.newFixedThreadPool(Math.max(1, asked.size()));
    try {
      List<Future<ServerAnswer>> futures = new ArrayList<>();
      asked.forEach(one -> futures.add(pool.submit(() -> ServerAnswer.ask(one, config))));
      List<ServerAnswer> answers = new ArrayList<>();
      for (Future<ServerAnswer> future : futures) {
        answers.add(future.get());
      }
      return List.copyOf(answers);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a server's silence is an answer", e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  static ZKClientConfig clientConfig(Examination examination) throws InterruptedException {
    try {
      return examination.client().getZookeeperClient().getZooKeeper().getClientConfig();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      throw ServerErrors.failed(e, "/", "a look at the connection");
    }
  }
}
