package io.tenure.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.audit.RecordedEntry;
import java.time.Instant;
import java.util.Comparator;

/**
 * One line of an audit trail, whatever kind of trail it is.
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

  static AuditRow of(String trail, RecordedEntry recorded) {
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
