package io.tenure.cli.doctor;

import io.tenure.internal.LeaderNode;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.Sessions;
import io.tenure.internal.session.ZnodeReader.Read;
import io.tenure.internal.session.ZnodeReader.Znode;
import io.tenure.scope.Printable;
import io.tenure.scope.Scope;
import io.tenure.scope.TenureException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether offices and records agree. They change in one transaction; so where a record is the same
 * before and after its leader node was read, they have to.
 */
final class OfficeCheck implements Check {

  @Override
  public String name() {
    return "office";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    List<ScopeFacts> suspects = new ArrayList<>();
    List<String> denied = new ArrayList<>();
    for (ScopeFacts scope : context.scopes()) {
      if (scope.record().denied() || scope.leader().denied()) {
        denied.add(scope.path());
      } else if (scope.problem().isPresent()) {
        findings.wrong(
            scope.path(),
            scope.problem().get() + "; no candidate can be elected",
            "a newer format needs newer processes; damaged data has to be restored from a backup:"
                + " a deleted record starts again at epoch 1");
      } else if (!agree(scope)) {
        suspects.add(scope);
      }
    }
    int before = findings.all().size();
    for (ScopeFacts scope : suspects) {
      confirm(context, scope, findings);
    }
    if (!denied.isEmpty()) {
      findings.unchecked(
          denied.get(0), "this client may not read who leads " + Words.some(denied), "give --auth");
    }
    if (findings.isEmpty() && before == 0 && !context.scopes().isEmpty()) {
      findings.ok(
          "/", Words.count(context.scopes().size(), "scope") + ": leader nodes and records agree");
    }
  }

  private static boolean agree(ScopeFacts scope) {
    Optional<Znode> leader = scope.leader().found();
    Optional<ScopeRecord> record = scope.parsed();
    if (leader.isEmpty()) {
      return record.map(one -> !one.isLed()).orElse(true);
    }
    return record.isPresent() && problem(scope.scope(), leader.get(), record.get()).isEmpty();
  }

  /** What is wrong with an office that is held, in two sentences. */
  private record Problem(Level level, String text, String advice) {}

  private static Optional<Problem> problem(Scope scope, Znode leader, ScopeRecord record) {
    long owner = leader.stat().getEphemeralOwner();
    if (owner == 0) {
      return Optional.of(
          new Problem(
              Level.WRONG,
              "is no ephemeral node, so it has no session and never goes: no candidate can be elected",
              "delete " + leader.path()));
    }
    Optional<String> revocation = LeaderNode.revocation(leader.data());
    if (revocation.isPresent()) {
      return Optional.of(
          new Problem(
              Level.NOTE,
              revocation.get() + ": its leader is to give up, and has not yet",
              "if it stays, that process hangs: end it"));
    }
    LeaderNode node;
    try {
      node = LeaderNode.parse(leader.path(), leader.data());
    } catch (TenureException e) {
      return Optional.of(
          new Problem(
              Level.WRONG,
              "was overwritten with \""
                  + shown(leader.data())
                  + "\": its leader goes on, and those who watch do not see who it is",
              "to make it give up: set " + leader.path() + " revoke"));
    }
    String session = Sessions.format(owner);
    boolean same =
        record.isLed()
            && record.epoch() == node.epoch()
            && record.incumbent().map(one -> one.session().equals(session)).orElse(false)
            && node.incumbent().session().equals(session);
    return same
        ? Optional.empty()
        : Optional.of(
            new Problem(
                Level.WRONG,
                "tells of epoch "
                    + node.epoch()
                    + " and belongs to session "
                    + session
                    + ", and the record tells of epoch "
                    + record.epoch()
                    + record.incumbent().map(one -> " of session " + one.session()).orElse("")
                    + (record.isLed() ? "" : ", which has ended")
                    + ": one of them was written by hand",
                "tenure audit verify "
                    + scope.path()
                    + "; then set "
                    + leader.path()
                    + " revoke, so that the next election writes both"));
  }

  private static String shown(byte[] data) {
    return Printable.of(new String(data, StandardCharsets.UTF_8), 40);
  }

  /** Looks again: what was read first may have been in the middle of a handover. */
  private static void confirm(Context context, ScopeFacts scope, Findings findings)
      throws InterruptedException {
    List<String> paths = List.of(scope.path(), scope.scope().leaderPath(), scope.path());
    List<Read<Znode>> again = context.znodes().readEach(paths);
    Optional<Znode> before = again.get(0).found();
    Optional<Znode> leader = again.get(1).found();
    Optional<Znode> after = again.get(2).found();
    if (before.isEmpty()
        || after.isEmpty()
        || before.get().stat().getMzxid() != after.get().stat().getMzxid()) {
      return; // It changes hands right now, as it should.
    }
    Optional<ScopeRecord> record;
    try {
      record =
          before.get().data().length == 0
              ? Optional.empty()
              : Optional.of(ScopeRecord.parse(scope.path(), before.get().data()));
    } catch (TenureException e) {
      findings.wrong(scope.path(), String.valueOf(e.getMessage()), "restore it from a backup");
      return;
    }
    if (leader.isEmpty()) {
      record.filter(ScopeRecord::isLed).ifPresent(one -> vacant(scope, one, findings));
    } else if (record.isEmpty()) {
      findings.wrong(
          leader.get().path(),
          "is there, and the scope has no record: Tenure did not write it; no candidate can be elected",
          "delete it, if its maker does not need it");
    } else {
      problem(scope.scope(), leader.get(), record.get())
          .ifPresent(
              one -> findings.add(one.level(), leader.get().path(), one.text(), one.advice()));
    }
  }

  private static void vacant(ScopeFacts scope, ScopeRecord record, Findings findings) {
    if (scope.group().isPresent()) {
      return; // What the workers make of that, the checks of the group say.
    }
    String text =
        "nobody leads since session "
            + record.incumbent().map(one -> one.session()).orElse("?")
            + " of "
            + record.incumbent().map(one -> one.candidate().id()).orElse("?")
            + " (epoch "
            + record.epoch()
            + ") ended";
    if (scope.hasCandidates()) {
      findings.risky(
          scope.path(),
          text + ", though candidates wait",
          "they take over within moments; if not, look in their logs");
    } else {
      findings.risky(scope.path(), text + ", and no candidate is there", "start one");
    }
  }
}
