package io.tenure.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/**
 * The record of a trail that belongs to no scope: the data of the entries' parent. Every entry is
 * added by a transaction that sets it at the version that was read, so that indexes have no gap and
 * each entry repeats the digest of the one before.
 *
 * @param auditFirst the index of the oldest entry kept; a client that takes older ones out sets it
 *     in the transaction that deletes them
 * @param auditNext the index that the next entry gets
 * @param digest SHA-256 of the last entry's bytes in hexadecimal; {@link ScopeRecord#GENESIS}
 *     before the first
 * @param unknown fields of the znode that this version does not know; kept when it is written again
 */
public record TrailRecord(long auditFirst, long auditNext, String digest, ObjectNode unknown) {

  private static final Set<String> KNOWN = Set.of("format", "auditFirst", "auditNext", "digest");

  /** The record of a trail without entries. */
  public static TrailRecord empty() {
    ObjectNode nothing = ZnodeJson.create();
    nothing.removeAll();
    return new TrailRecord(1, 1, ScopeRecord.GENESIS, nothing);
  }

  /** Parses the znode's data; a znode without data was made as a parent, and has no entries. */
  public static TrailRecord parse(String path, byte[] data) {
    if (data.length == 0) {
      return empty();
    }
    ZnodeJson json = ZnodeJson.parse(path, data);
    long first = json.number("auditFirst", 1);
    return new TrailRecord(
        first, json.number("auditNext", first), json.text("digest"), json.without(KNOWN));
  }

  /** The znode's data: one line of JSON. */
  public byte[] bytes() {
    ObjectNode json = ZnodeJson.create();
    json.put("auditFirst", auditFirst);
    json.put("auditNext", auditNext);
    json.put("digest", digest);
    json.setAll(unknown);
    return ZnodeJson.bytes(json);
  }

  /** The same after one more entry. */
  public TrailRecord with(byte[] entry) {
    return new TrailRecord(auditFirst, auditNext + 1, ZnodeJson.digest(entry), unknown);
  }

  /** The same after everything before an entry was taken out. */
  public TrailRecord from(long first) {
    return new TrailRecord(first, auditNext, digest, unknown);
  }
}
