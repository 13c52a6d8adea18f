package io.tenure.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.scope.AuditEntry;
import io.tenure.scope.Bounds;
import io.tenure.scope.Predecessor;
import io.tenure.scope.Transition;
import java.util.Optional;
import java.util.OptionalLong;

/** The name and the data of an audit entry. */
public final class AuditFormat {

  private static final int INDEX_DIGITS = 10;

  /** As long as {@code resigned}. */
  private static final int LONGEST_WORD = 8;

  private AuditFormat() {}

  /** The entry's data: one line of JSON. */
  public static byte[] bytes(AuditEntry entry) {
    ObjectNode json = ZnodeJson.create();
    json.put("index", entry.index());
    json.put("event", entry.transition().word());
    json.put("epoch", entry.epoch());
    ZnodeJson.putCandidate(json, entry.candidate());
    json.put("session", entry.session());
    json.put("reason", entry.transition().reason());
    entry.recordedBy().ifPresent(by -> json.put("recordedBy", by));
    entry
        .predecessor()
        .ifPresent(
            p ->
                json.putObject("predecessor")
                    .put("candidate", p.candidateId())
                    .put("epoch", p.epoch())
                    .put("end", p.end().word())
                    .put("reason", p.end().reason()));
    json.put("leaderTime", entry.leaderTime().toString());
    entry.suffix().ifPresent(suffix -> json.put("suffix", suffix));
    json.put("previous", entry.previousDigest());
    return ZnodeJson.bytes(json);
  }

  /**
   * Parses an entry's data. Fields that are not known are passed over: an entry is never rewritten.
   */
  public static AuditEntry parse(String path, byte[] data) {
    ZnodeJson json = ZnodeJson.parse(path, data);
    Transition transition =
        Transition.of(json.text("event"), json.optionalText("reason").orElse(""))
            .orElseThrow(() -> json.foreign("event", "is none of the six transitions"));
    return new AuditEntry(
        json.number("index", 1),
        transition,
        json.number("epoch", 1),
        json.candidate(),
        json.text("session", Bounds.NONCE_CHARS),
        json.time("leaderTime"),
        json.optionalText("recordedBy", Bounds.ID_BYTES),
        json.object("predecessor").map(AuditFormat::predecessor),
        json.text("previous"),
        json.optionalText("suffix", Bounds.NONCE_CHARS));
  }

  private static Predecessor predecessor(ZnodeJson json) {
    return new Predecessor(
        json.text("candidate", Bounds.ID_BYTES),
        json.number("epoch", 1),
        Transition.endOf(json.text("end"), json.optionalText("reason").orElse(""))
            .orElseThrow(() -> json.foreign("end", "is no end of a tenure")));
  }

  /** The digest of an entry: SHA-256 of its bytes as they stand in the znode. */
  public static String digest(byte[] data) {
    return ZnodeJson.digest(data);
  }

  /**
   * The entry's name, which alone tells the story in {@code ls}: {@code 0000000024-elected-w3}. One
   * whose place was taken by a znode that no transition made ends in a suffix: {@code
   * 0000000024-elected-w3~5f0c2a9be1d3}.
   */
  public static String name(AuditEntry entry) {
    return name(entry.index(), entry.transition(), entry.candidate().id(), entry.suffix());
  }

  static String name(
      long index, Transition transition, String candidateId, Optional<String> suffix) {
    return EntryNaming.name(
        indexText(index) + "-" + transition.word() + "-" + ZnodeName.encode(candidateId), suffix);
  }

  /** How long a plain name is at most. */
  public static int nameBytes(int idBytes) {
    return INDEX_DIGITS + LONGEST_WORD + 2 + idBytes;
  }

  /** The index as an entry's name begins with it, so that names sort as the entries do. */
  public static String indexText(long index) {
    String digits = Long.toString(index);
    return "0".repeat(Math.max(0, INDEX_DIGITS - digits.length())) + digits;
  }

  /** The index that a name begins with; empty if it is no entry's name. */
  public static OptionalLong index(String name) {
    int end = name.indexOf('-');
    if (end < INDEX_DIGITS || end > 18) {
      return OptionalLong.empty();
    }
    for (int i = 0; i < end; i++) {
      if (name.charAt(i) < '0' || name.charAt(i) > '9') {
        return OptionalLong.empty();
      }
    }
    return OptionalLong.of(Long.parseLong(name.substring(0, end)));
  }
}
