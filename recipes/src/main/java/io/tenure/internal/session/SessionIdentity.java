package io.tenure.internal.session;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.tenure.internal.ZnodeJson;
import io.tenure.scope.Bounds;
import io.tenure.scope.Printable;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;

/**
 * Who a client's session is for the server: the ids that it has proved, which is more than what a
 * process says of itself. Stateless.
 */
public final class SessionIdentity {

  private static final Log log = Log.of(SessionIdentity.class);

  /** A session has one or two: its address, and what it logged in with. */
  private static final int MAX_IDS = 8;

  private static final int MAX_CHARS = 200;

  private SessionIdentity() {}

  /** The ids that data names, bounded in number and length like those that this client writes. */
  public static List<String> read(ZnodeJson data) {
    List<String> ids = new ArrayList<>();
    if (data.get("identity") instanceof ArrayNode named) {
      for (int i = 0; i < Math.min(MAX_IDS, named.size()); i++) {
        ids.add(Bounds.cut(named.get(i).asText(), MAX_CHARS));
      }
    }
    return ids;
  }

  /**
   * The ids as {@code scheme:name}, without digests. Blocks for a round trip; must not be called on
   * ZooKeeper's event thread.
   *
   * @return empty if the server or the client is older than 3.7, which do not know the question, or
   *     if no answer comes: to know it is never a condition
   */
  public static List<String> of(CuratorFramework client) throws InterruptedException {
    try {
      return client.getZookeeperClient().getZooKeeper().whoAmI().stream()
          .filter(info -> info.getUser() != null)
          .map(info -> Printable.of(info.getAuthScheme() + ":" + info.getUser(), MAX_CHARS))
          .distinct()
          .limit(MAX_IDS)
          .toList();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception | LinkageError e) {
      log.debug("the server does not say who this client is", e);
      return List.of();
    }
  }
}
