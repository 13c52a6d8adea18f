package io.tenure.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One server as {@code /zookeeper/config} lists it. Immutable.
 *
 * <pre>
 * server.1=zk-1:2888:3888:participant;0.0.0.0:2181
 * server.2=zk-2:2888:3888:observer
 * server.3=zk-3:2888:3888|zk-3b:2888:3888;2181
 * </pre>
 *
 * @param host where it is reached
 * @param votes whether it takes part in elections; an observer does not
 * @param clientPort where clients reach it, if that is said
 */
record ListedServer(String host, boolean votes, Optional<Integer> clientPort) {

  private static final Pattern LINE =
      Pattern.compile("server\\.\\d+=(\\[[^\\]]+\\]|[^:|;]+):\\d+:\\d+([^;]*)(?:;(.*))?");
  private static final Pattern CLIENT = Pattern.compile("(?:(.*):)?(\\d{1,5})");
  private static final List<String> EVERYWHERE =
      List.of("0.0.0.0", "::", "[::]", "0:0:0:0:0:0:0:0");

  /** Those that the text lists; lines that say something else are passed over. */
  static List<ListedServer> parse(String text) {
    List<ListedServer> all = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher server = LINE.matcher(line.strip());
      if (server.matches()) {
        String host = server.group(1);
        String client = server.group(3);
        Optional<Integer> port = Optional.empty();
        Matcher where = CLIENT.matcher(client == null ? "" : client.strip());
        if (where.matches() && Integer.parseInt(where.group(2)) <= 65_535) {
          port = Optional.of(Integer.parseInt(where.group(2)));
          String own = where.group(1);
          if (own != null && !own.isEmpty() && !EVERYWHERE.contains(own)) {
            host = own;
          }
        }
        all.add(
            new ListedServer(
                host.replaceAll("[\\[\\]]", ""), !server.group(2).contains(":observer"), port));
      }
    }
    return all;
  }
}
