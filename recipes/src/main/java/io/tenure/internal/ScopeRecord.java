package io.tenure.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.scope.Bounds;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Scope;
import io.tenure.scope.Tenure;
import io.tenure.scope.Transition;
import java.util.Optional;
import java.util.Set;

/**
 * The data of the scope's znode: the last known tenure, the bounds of the audit trail, and the
 * digest of its last entry. Its znode version is what orders all transitions of the scope: every
 * transition sets it at the version that was read, so that of two that were decided on the same
 * reading one fails.
 *
 * @param epoch the last tenure's number; 0 if there never was one
 * @param incumbent the last tenure's leader; empty exactly if the epoch is 0
 * @param end how the last tenure ended; empty if its end is not known, which means that it is in
 *     office or that its session ended there
 * @param auditFirst the index of the oldest entry kept
 * @param auditNext the index that the next entry gets
 * @param digest SHA-256 of the last entry's bytes in hexadecimal; {@link #GENESIS} before the first
 * @param suffix of the last entry's name, if it has one, so that the name can be told without
 *     listing the trail
 * @param unknown fields of the znode that this version does not know; kept when it is written again
 */
public record ScopeRecord(
    long epoch,
    Optional<Incumbent> incumbent,
    Optional<Transition.End> end,
    long auditFirst,
    long auditNext,
    String digest,
    Optional<String> suffix,
    ObjectNode unknown) {

  /** The digest before the first entry. */
  public static final String GENESIS = "0".repeat(64);

  private static final Set<String> KNOWN =
      Set.of(
          "format",
          "epoch",
          "state",
          "candidate",
          "host",
          "pid",
          "endpoint",
          "session",
          "nonce",
          "since",
          "end",
          "reason",
          "auditFirst",
          "auditNext",
          "digest",
          "suffix");

  private static final String WAY_OUT =
      "if it was the record of a scope, write what its newest audit entry tells; otherwise move it"
          + " away, or choose another scope";

  /** The record of a trail whose last entry has a plain name. */
  public ScopeRecord(
      long epoch,
      Optional<Incumbent> incumbent,
      Optional<Transition.End> end,
      long auditFirst,
      long auditNext,
      String digest,
      ObjectNode unknown) {
    this(epoch, incumbent, end, auditFirst, auditNext, digest, Optional.empty(), unknown);
  }

  /** Holds the fields to each other. */
  public ScopeRecord {
    if ((epoch == 0) != incumbent.isEmpty() || (incumbent.isEmpty() && end.isPresent())) {
      throw new IllegalArgumentException("a record has an incumbent exactly if it has an epoch");
    }
  }

  /** The record of a scope that never had a leader. */
  public static ScopeRecord empty() {
    ObjectNode nothing = ZnodeJson.create();
    nothing.removeAll();
    return new ScopeRecord(0, Optional.empty(), Optional.empty(), 1, 1, GENESIS, nothing);
  }

  /** The error of a group that is taken for a scope. */
  public static ForeignDataException group(String path) {
    return new ForeignDataException(
        path
            + " is a group of shards and no scope: nobody leads it as a whole. Its shards are the"
            + " scopes "
            + path
            + "/shards/SHARD, which its workers lead; what operators changed in it is read with"
            + " ShardGroup.operations, or with tenure audit "
            + path);
  }

  /** Parses the znode's data. */
  public static ScopeRecord parse(String path, byte[] data) {
    ZnodeJson json = ZnodeJson.parse(path, data, WAY_OUT);
    if (json.get("shards") != null && json.get("epoch") == null) {
      throw group(path);
    }
    long epoch = json.number("epoch", 0);
    Optional<Incumbent> incumbent =
        epoch == 0 ? Optional.empty() : Optional.of(Incumbent.read(json));
    String state = json.text("state");
    Optional<Transition.End> end =
        switch (state) {
          case "led" -> Optional.empty();
          case "vacant" ->
              epoch == 0
                  ? Optional.empty()
                  : Optional.of(
                      Transition.endOf(json.text("end"), json.optionalText("reason").orElse(""))
                          .orElseThrow(() -> json.foreign("end", "is no end of a tenure")));
          default -> throw json.foreign("state", "is neither \"led\" nor \"vacant\"");
        };
    long first = json.number("auditFirst", 1);
    return new ScopeRecord(
        epoch,
        incumbent,
        end,
        first,
        json.number("auditNext", first),
        json.text("digest"),
        json.optionalText("suffix", Bounds.NONCE_CHARS),
        json.without(KNOWN));
  }

  /** The znode's data: one line of JSON. */
  public byte[] bytes() {
    ObjectNode json = ZnodeJson.create();
    json.put("epoch", epoch);
    json.put("state", isLed() ? "led" : "vacant");
    incumbent.ifPresent(i -> i.write(json));
    end.ifPresent(e -> json.put("end", e.word()).put("reason", e.reason()));
    json.put("auditFirst", auditFirst);
    json.put("auditNext", auditNext);
    json.put("digest", digest);
    suffix.ifPresent(end -> json.put("suffix", end));
    json.setAll(unknown);
    return ZnodeJson.bytes(json);
  }

  /** Whether the last tenure's end is not known. */
  public boolean isLed() {
    return incumbent.isPresent() && end.isEmpty();
  }

  /**
   * The name of the last entry; empty if there never was one. Where an older version wrote the
   * record after one that draws suffixes, or a person did, no such entry may be there.
   */
  public Optional<String> lastEntryName() {
    return incumbent.map(
        last ->
            AuditFormat.name(
                auditNext - 1,
                end.<Transition>map(ended -> ended).orElseGet(() -> new Transition.Elected("")),
                last.candidate().id(),
                suffix));
  }

  /**
   * Whether this record was written by the election with this nonce, also after its tenure has
   * ended.
   */
  public boolean isOf(String nonce) {
    return incumbent.isPresent() && incumbent.get().nonce().equals(nonce);
  }

  /** The tenure that is in office as far as the record knows. */
  public Optional<Tenure> tenure(Scope scope) {
    return isLed() ? incumbent.map(i -> new LeaderNode(epoch, i).tenure(scope)) : Optional.empty();
  }
}
