package io.tenure.testing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.Id;

/**
 * How one user reaches a server: address, properties of ZooKeeper's client, credentials. Immutable.
 *
 * @param connect the server
 * @param properties of ZooKeeper's client
 * @param auth what {@code addauth} takes, as {@code digest:user:password}
 * @param id who the user is for the server, in ACLs
 */
public record Access(String connect, Map<String, String> properties, Optional<String> auth, Id id) {

  public Access {
    properties = Map.copyOf(properties);
  }

  /** The same with another property, or without it if the value is empty. */
  public Access with(String property, String value) {
    Map<String, String> changed = new LinkedHashMap<>(properties);
    if (value.isEmpty()) {
      changed.remove(property);
    } else {
      changed.put(property, value);
    }
    return new Access(connect, changed, auth, id);
  }

  /** The same through another address, of a proxy for example. */
  public Access at(String address) {
    return new Access(address, properties, auth, id);
  }

  /** The properties as ZooKeeper's client takes them. */
  public ZKClientConfig clientConfig() {
    ZKClientConfig config = new ZKClientConfig();
    properties.forEach(config::setProperty);
    return config;
  }

  /** A client to be built. */
  public CuratorFrameworkFactory.Builder client() {
    CuratorFrameworkFactory.Builder builder =
        CuratorFrameworkFactory.builder()
            .connectString(connect)
            .sessionTimeoutMs((int) ZooKeeperFixture.SESSION_TIMEOUT.toMillis())
            .connectionTimeoutMs(1000)
            .retryPolicy(new RetryNTimes(3, 50))
            .zkClientConfig(clientConfig());
    auth.ifPresent(
        words -> {
          int colon = words.indexOf(':');
          builder.authorization(
              words.substring(0, colon),
              words.substring(colon + 1).getBytes(StandardCharsets.UTF_8));
        });
    return builder;
  }

  /** The options that a command takes for it. */
  public List<String> options() {
    List<String> options = new ArrayList<>(List.of("--connect", connect));
    properties.forEach((name, value) -> options.addAll(List.of("-D", name + "=" + value)));
    auth.ifPresent(words -> options.addAll(List.of("--auth", words)));
    return options;
  }
}
