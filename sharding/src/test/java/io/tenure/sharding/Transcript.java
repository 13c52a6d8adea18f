package io.tenure.sharding;

import io.tenure.internal.Commit;
import io.tenure.internal.ScopeOp;
import io.tenure.internal.ScopeRecord;
import io.tenure.internal.ScopeView;
import io.tenure.internal.Sessions;
import io.tenure.internal.leadership.LeadershipAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What went on in a simulation, in words; and the words for what goes in and out of a worker. */
final class Transcript {

  private static final int SHOWN = 400;

  private final boolean kept;
  private final List<String> lines = new ArrayList<>();

  Transcript(boolean kept) {
    this.kept = kept;
  }

  void add(String format, Object... arguments) {
    if (kept) {
      Object[] words = Arrays.stream(arguments).map(Transcript::inWords).toArray();
      lines.add(String.format(Locale.ROOT, format, words));
    }
  }

  @Override
  public String toString() {
    return String.join("\n", lines.subList(Math.max(0, lines.size() - SHOWN), lines.size()));
  }

  private static Object inWords(Object argument) {
    if (argument instanceof WorkerEvent event) {
      return of(event);
    } else if (argument instanceof WorkerAction action) {
      return of(action);
    }
    return argument instanceof Commit commit ? of(commit) : argument;
  }

  static List<String> of(List<WorkerAction> actions) {
    return actions.stream().map(Transcript::of).toList();
  }

  static String of(WorkerAction action) {
    if (action instanceof WorkerAction.OfShard of) {
      return of(of.shard(), of.action());
    } else if (action instanceof WorkerAction.WarmUp warm) {
      return "warm up " + warm.shard();
    } else if (action instanceof WorkerAction.CoolDown cool) {
      return "cool down " + cool.shard();
    } else if (action instanceof WorkerAction.WarnOfDeletion warning) {
      return "say that "
          + warning.shard()
          + " waits for "
          + warning.leader().id()
          + " in epoch "
          + warning.epoch();
    }
    return "report";
  }

  private static String of(String shard, LeadershipAction action) {
    if (action instanceof LeadershipAction.Read look) {
      return "look at "
          + shard
          + (look.watch() ? " and watch" : "")
          + (look.sync() ? ", synced" : "")
          + switch (look.names()) {
            case YES -> ", with names";
            case IF_LONG -> "";
            case NO -> ", without names";
          };
    } else if (action instanceof LeadershipAction.Watch) {
      return "watch " + shard;
    } else if (action instanceof LeadershipAction.Send send) {
      return "send " + shard + ": " + of(send.commit());
    } else if (action instanceof LeadershipAction.Grant grant) {
      return "grant " + shard + " epoch " + grant.view().record().epoch();
    } else if (action instanceof LeadershipAction.RequestStop stop) {
      return "ask " + shard + " to stop: " + stop.why().word() + ", " + stop.why().reason();
    } else if (action instanceof LeadershipAction.LeaseOver over) {
      return "lease of " + shard + " over: " + over.end().word();
    } else if (action instanceof LeadershipAction.Ended ended) {
      return shard + " ended: " + ended.end().word() + (ended.recorded() ? "" : ", not recorded");
    } else if (action instanceof LeadershipAction.DropLeader) {
      return "drop the leader node of " + shard;
    } else if (action instanceof LeadershipAction.Later later) {
      return "wake " + shard + " in " + later.nanos() / 1_000_000 + " ms";
    } else if (action instanceof LeadershipAction.Refused refused) {
      return "failed " + shard + ": " + refused.cause().getMessage();
    } else if (action instanceof LeadershipAction.WarnOfPersistentLeader) {
      return "say that the leader node of " + shard + " is persistent";
    }
    return "warn of text in " + shard;
  }

  static String of(Commit commit) {
    ScopeRecord record = commit.after().record();
    boolean withAudit = commit.ops().stream().anyMatch(ScopeOp.CreateAudit.class::isInstance);
    if (commit.ops().get(0) instanceof ScopeOp.CreateScope) {
      return "found and elect epoch " + record.epoch();
    } else if (commit.after().leader().isPresent()) {
      return "elect epoch " + record.epoch() + (withAudit ? " with audit" : "");
    }
    return "end epoch "
        + record.epoch()
        + " as "
        + record.end().orElseThrow().word()
        + (withAudit ? " with audit" : "");
  }

  static String of(WorkerEvent event) {
    if (event instanceof WorkerEvent.Looked looked) {
      return "looked at " + looked.shard() + " #" + looked.number() + ": " + of(looked.view());
    }
    return event.toString();
  }

  static String of(Optional<ScopeView> view) {
    return view.map(
            found ->
                "v"
                    + found.version()
                    + " epoch "
                    + found.record().epoch()
                    + (found.record().isLed() ? " led" : " vacant")
                    + found.record().incumbent().map(last -> " by " + last.nonce()).orElse("")
                    + found
                        .leader()
                        .map(leader -> ", leader node of " + Sessions.format(leader.owner()))
                        .orElse(", no leader node")
                    + ", "
                    + found.entryNames().size()
                    + " names")
        .orElse("nothing");
  }
}
