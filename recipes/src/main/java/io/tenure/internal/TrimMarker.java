package io.tenure.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/**
 * What stands in the data of a scope's {@code audit} znode once entries were taken out of the trail
 * after they had been archived. A trail from which nothing was taken out has no data there.
 *
 * <p>The scope's own record is not touched by that: fenced writes check its version, and trimming
 * must not disturb a leader.
 *
 * @param first the index after the last entry that was taken out
 * @param previous the digest of that last entry, which entry {@code first} repeats
 * @param unknown fields of the znode that this version does not know; kept when it is written again
 */
public record TrimMarker(long first, String previous, ObjectNode unknown) {

  private static final Set<String> KNOWN = Set.of("format", "first", "previous");

  /** The marker of a trail from which nothing was taken out. */
  public static TrimMarker none() {
    ObjectNode nothing = ZnodeJson.create();
    nothing.removeAll();
    return new TrimMarker(1, ScopeRecord.GENESIS, nothing);
  }

  /** Parses the znode's data. */
  public static TrimMarker parse(String path, byte[] data) {
    if (data.length == 0) {
      return none();
    }
    ZnodeJson json = ZnodeJson.parse(path, data);
    return new TrimMarker(json.number("first", 1), json.text("previous"), json.without(KNOWN));
  }

  /** The same after everything before an entry was taken out. */
  public TrimMarker from(long index, String digestBefore) {
    return new TrimMarker(index, digestBefore, unknown);
  }

  /** The znode's data: one line of JSON. */
  public byte[] bytes() {
    ObjectNode json = ZnodeJson.create();
    json.put("first", first);
    json.put("previous", previous);
    json.setAll(unknown);
    return ZnodeJson.bytes(json);
  }
}
