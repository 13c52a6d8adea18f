package io.tenure.sharding;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The plan as it stood at one moment. It says who should lead, not who does.
 *
 * @param version counts the plans; 0 before the first
 * @param coordinator the worker that wrote it
 * @param coordinatorEpoch its tenure as coordinator
 * @param reason what the last change was for
 * @param unplaced shards that no worker has room for
 * @param workers each worker's part, by id
 */
public record PlanInfo(
    long version,
    String coordinator,
    long coordinatorEpoch,
    String reason,
    List<String> unplaced,
    Map<String, Part> workers) {

  /**
   * One worker's part.
   *
   * @param draining why it hands everything over, if it does
   * @param leads shards that it should lead
   * @param takesOver shards that it gets ready for, while another worker leads them yet
   * @param standsBy shards that it stands by for, by rank
   */
  public record Part(
      Optional<String> draining,
      List<String> leads,
      List<String> takesOver,
      List<List<String>> standsBy) {

    static Part of(PlanNode node) {
      return new Part(node.draining(), node.leads(), node.takesOver(), node.standsBy());
    }
  }
}
