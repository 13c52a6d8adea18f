package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;
import org.apache.zookeeper.client.FourLetterWordMain;
import org.apache.zookeeper.server.command.FourLetterCommands;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the doctor finds in an ensemble whose observer follows a follower. */
@Timeout(180)
class ObserversTest {

  private static final String WHITELIST = "zookeeper.4lw.commands.whitelist";

  /** Two that vote, on addresses of their own: each has its port for observers there. */
  private static final int VOTERS = 2;

  private TestingCluster cluster;
  private List<InstanceSpec> servers;

  @BeforeEach
  void start() throws Exception {
    System.setProperty(WHITELIST, "srvr,conf,mntr");
    FourLetterCommands.resetWhiteList();
    int observerMasterPort = InstanceSpec.getRandomPort();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < 3 * (VOTERS + 1); i++) {
      ports.add(InstanceSpec.getRandomPort());
    }
    servers = new ArrayList<>();
    for (int id = 1; id <= VOTERS + 1; id++) {
      Map<String, Object> own = new HashMap<>();
      own.put("observerMasterPort", Integer.toString(observerMasterPort));
      for (int other = 1; other <= VOTERS + 1; other++) {
        own.put(
            "server." + other,
            host(other)
                + ":"
                + ports.get(3 * other - 2)
                + ":"
                + ports.get(3 * other - 1)
                + (other > VOTERS ? ":observer;" : ":participant;")
                + host(other)
                + ":"
                + ports.get(3 * other - 3));
      }
      if (id > VOTERS) {
        own.put("peerType", "observer");
      }
      servers.add(
          new InstanceSpec(
              null,
              ports.get(3 * id - 3),
              ports.get(3 * id - 1),
              ports.get(3 * id - 2),
              true,
              id,
              500,
              1000,
              own,
              host(id)));
    }
    cluster = new TestingCluster(servers);
    cluster.start();
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(() -> word(servers.get(VOTERS), "srvr").contains("Mode: observer"));
  }

  @AfterEach
  void end() throws Exception {
    cluster.close();
    System.clearProperty(WHITELIST);
    FourLetterCommands.resetWhiteList();
  }

  private static String host(int id) {
    return "127.0.0." + id;
  }

  private static String word(InstanceSpec server, String word) throws Exception {
    InetSocketAddress address = new InetSocketAddress(server.getHostname(), server.getPort());
    return FourLetterWordMain.send4LetterWord(address.getHostString(), address.getPort(), word);
  }

  private List<JsonNode> said(String... more) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("doctor", "--json", "--no-probe"));
    arguments.addAll(List.of(more));
    List<JsonNode> all = new ArrayList<>();
    // It is given one server, and finds the others in the ensemble's configuration.
    for (JsonNode line :
        Cli.at(servers.get(0).getConnectString()).run(arguments.toArray(String[]::new)).json()) {
      if (line.get("check").asText().equals("observers")) {
        all.add(line);
      }
    }
    return all;
  }

  @Test
  void anObserverThatFollowsAFollowerIsRiskyUnlessServicesReckonWithIt() throws Exception {
    assertThat(said())
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.get("level").asText()).isEqualTo("risky");
              assertThat(one.get("text").asText())
                  .contains("has observerMasterPort, and 1 observer follows it")
                  .contains(host(VOTERS + 1) + ":" + servers.get(VOTERS).getPort())
                  .contains("is an observer and follows server");
              assertThat(one.get("advice").asText())
                  .contains("SessionMonitor.builder(client).observerMaster(true)");
            });
    assertThat(said("--observer-master"))
        .singleElement()
        .satisfies(one -> assertThat(one.get("level").asText()).isEqualTo("ok"));
  }
}
