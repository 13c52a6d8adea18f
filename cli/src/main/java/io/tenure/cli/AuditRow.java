package io.tenure.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.audit.ArchivedEntry;
import io.tenure.audit.RecordedEntry;
import io.tenure.internal.ZnodeJson;
import io.tenure.internal.session.SessionIdentity;
import io.tenure.scope.Bounds;
import io.tenure.scope.ForeignDataException;
import io.tenure.scope.Transition;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * One line of an audit trail: a transition of a scope, or what an operator did to a group.
 * Immutable.
 *
 * @param trail the scope or group
 * @param event what happened
 * @param subject the epoch that it happened to, or what it was done to
 * @param who the candidate, or who asked for it
 * @param worker the worker that it is about, for filters; empty if it is about none
 * @param reason why
 * @param at the server's time
 * @param zxid its transaction, which orders all trails of a group
 * @param json everything
 */
record AuditRow(
    String trail,
    long index,
    String event,
    String subject,
    String who,
    String worker,
    String reason,
    Instant at,
    long zxid,
    ObjectNode json) {

  /** The order in which it happened. */
  static final Comparator<AuditRow> ORDER =
      Comparator.comparingLong(AuditRow::zxid)
          .thenComparing(AuditRow::trail)
          .thenComparingLong(AuditRow::index);

  /**
   * What an entry says.
   *
   * @throws ForeignDataException if it is damaged, or of a newer format
   */
  static AuditRow of(ArchivedEntry entry) {
    ZnodeJson data = ZnodeJson.parse(entry.path(), entry.bytes());
    String event = data.text("event", Bounds.NONCE_CHARS);
    if (Transition.of(event, "").isPresent()) {
      return of(entry.trail(), entry.recorded());
    }
    String subject = data.optionalText("subject", Bounds.EXPLANATION_CHARS).orElse("");
    String value = data.optionalText("value", Bounds.EXPLANATION_CHARS).orElse("");
    ObjectNode json = Json.object();
    json.put("trail", entry.trail());
    json.put("index", entry.index());
    json.put("event", event);
    json.put("subject", subject);
    json.put("value", value);
    json.put("reason", data.optionalText("reason", Bounds.REASON_CHARS).orElse(""));
    json.put("by", data.text("by", Bounds.BY_CHARS));
    List<String> identity = SessionIdentity.read(data);
    if (!identity.isEmpty()) {
      identity.forEach(json.putArray("identity")::add);
    }
    json.put("time", data.time("time").toString());
    json.put("serverTime", entry.serverTime().toString());
    json.put("zxid", "0x" + Long.toHexString(entry.zxid()));
    json.put("path", entry.path());
    boolean ofWorker = event.endsWith("drain") || event.endsWith("capacity");
    return new AuditRow(
        entry.trail(),
        entry.index(),
        event,
        (subject + " " + value).strip(),
        data.text("by", Bounds.BY_CHARS),
        ofWorker ? subject : value,
        data.optionalText("reason", Bounds.REASON_CHARS).orElse(""),
        entry.serverTime(),
        entry.zxid(),
        json);
  }

  private static AuditRow of(String trail, RecordedEntry recorded) {
    return new AuditRow(
        trail,
        recorded.entry().index(),
        recorded.entry().transition().word(),
        "epoch " + recorded.entry().epoch(),
        recorded.entry().candidate().id(),
        recorded.entry().candidate().id(),
        recorded.entry().transition().reason(),
        recorded.serverTime(),
        recorded.zxid(),
        Json.of(trail, recorded));
  }
}
