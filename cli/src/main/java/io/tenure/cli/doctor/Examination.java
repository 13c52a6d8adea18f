package io.tenure.cli.doctor;

import io.tenure.scope.Scope;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;

/**
 * What is to be looked at, and how. Immutable.
 *
 * @param client started and connected
 * @param connect the servers as they were given
 * @param limit how long it is tried to reach one
 * @param clock what time it is here
 * @param groups paths of groups
 * @param scopes those that belong to no group
 * @param probe whether a znode may be made for a moment to read the quorum leader's clock
 * @param tickTime what the services take the servers' tickTime to be
 * @param observerMaster whether the services reckon with observers that follow followers
 */
public record Examination(
    CuratorFramework client,
    String connect,
    Duration limit,
    Clock clock,
    List<String> groups,
    List<Scope> scopes,
    boolean probe,
    Duration tickTime,
    boolean observerMaster) {

  /** Copies the lists. */
  public Examination {
    groups = List.copyOf(groups);
    scopes = List.copyOf(scopes);
  }
}
