package io.tenure.cli.doctor;

import io.tenure.internal.session.LeaseTerms;
import io.tenure.internal.session.SessionTiming;
import io.tenure.scope.LeaseTermsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.apache.zookeeper.client.ZKClientConfig;

/**
 * How long sessions may be, what tickTime that comes from, and what it makes of leases.
 *
 * <p>A server does not tell its tickTime to every client. Its bounds on sessions are 2 and 20 ticks
 * unless they were set by hand; where they stand in that proportion they tell the tick.
 */
final class SessionCheck implements Check {

  private static final int USUAL_RATIO = 10;

  /** A long collection of garbage, or a move of a virtual machine, takes as long. */
  private static final int SHORT_MILLIS = 5_000;

  private static final int LONG_MILLIS = 30_000;

  private static final Duration CURATORS_DEFAULT = Duration.ofSeconds(60);
  private static final Duration USUAL = Duration.ofSeconds(10);

  @Override
  public String name() {
    return "session";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    Examination examination = context.examination();
    ZKClientConfig config = Ensemble.clientConfig(examination);
    List<SessionBounds> all = new ArrayList<>();
    Set<Integer> told = new TreeSet<>();
    for (ServerAnswer server : context.ensemble().servers()) {
      if (server.state() == ServerAnswer.State.SERVES
          || server.state() == ServerAnswer.State.SILENT) {
        Optional<SessionBounds> bounds = SessionBounds.find(server, config, examination.limit());
        bounds.ifPresent(all::add);
        if (bounds.isEmpty()) {
          findings.unchecked(server.name(), "it gave no session to ask for its bounds", "");
        }
        server.tickMillis().ifPresent(told::add);
      }
    }
    if (all.isEmpty()) {
      findings.unchecked("sessions", "no server gave one to ask for its bounds", "");
      return;
    }
    if (all.stream().map(one -> one.min() + "-" + one.max()).distinct().count() > 1) {
      List<String> each =
          all.stream()
              .map(
                  one ->
                      one.server()
                          + " "
                          + Words.millis(one.min())
                          + " to "
                          + Words.millis(one.max()))
              .toList();
      findings.risky(
          "sessions",
          "servers bound them differently ("
              + Words.some(each)
              + "): a client's timeout changes with the server that it meets",
          "give all servers the same tickTime, minSessionTimeout and maxSessionTimeout");
    }
    // A client may meet each of them.
    int min = all.stream().mapToInt(SessionBounds::min).max().orElse(0);
    int max = all.stream().mapToInt(SessionBounds::max).min().orElse(0);
    boolean exact = all.stream().allMatch(SessionBounds::minIsExact);
    bounds(min, exact, max, findings);
    OptionalInt tick = tick(told, min, exact, max);
    if (tick.isEmpty()) {
      findings.unchecked(
          "tickTime",
          "sessions last "
              + (exact ? "" : "at most ")
              + Words.millis(min)
              + " to "
              + Words.millis(max)
              + ", bounds that do not tell it, and no server may be asked for conf",
          "allow it with 4lw.commands.whitelist=srvr,conf,mntr, or compare the servers' zoo.cfg with"
              + " SessionMonitor.builder(client).tickTime(...)");
    } else {
      tick(Duration.ofMillis(tick.getAsInt()), examination.tickTime(), findings);
    }
    SessionTiming timing =
        SessionTiming.of(Optional.empty(), examination.tickTime(), examination.observerMaster());
    leases(min, max, tick, examination.tickTime(), timing, findings);
  }

  private static void bounds(int min, boolean exact, int max, Findings findings) {
    if (max < SHORT_MILLIS) {
      findings.risky(
          "sessions",
          "no session may last longer than "
              + Words.millis(max)
              + ": one collection of garbage that long ends all tenures of a process",
          "raise maxSessionTimeout (or tickTime) on the servers");
    }
    if (exact && min > LONG_MILLIS) {
      findings.risky(
          "sessions",
          "no session may be shorter than "
              + Words.millis(min)
              + ": for that long there is no leader after a crash",
          "lower minSessionTimeout on the servers");
    }
  }

  /** The largest of those that the servers tell, else what the bounds come from. */
  private static OptionalInt tick(Set<Integer> told, int min, boolean exact, int max) {
    if (!told.isEmpty()) {
      return told.stream().mapToInt(Integer::intValue).max();
    }
    return exact && max == USUAL_RATIO * min ? OptionalInt.of(min / 2) : OptionalInt.empty();
  }

  private static void tick(Duration tick, Duration assumed, Findings findings) {
    String code =
        "SessionMonitor.builder(client).tickTime(Duration.ofMillis(" + tick.toMillis() + "))";
    if (tick.compareTo(assumed) > 0) {
      findings.risky(
          "tickTime",
          "is "
              + Words.time(tick)
              + ", and services take it to be "
              + Words.time(assumed)
              + ": their leases may outlast their sessions by "
              + Words.time(tick.minus(assumed).dividedBy(2))
              + ", and two could act as leader",
          "give every service "
              + code
              + "; where they have it, give this command --tick-time="
              + tick.toMillis()
              + "ms");
    } else if (tick.compareTo(assumed) < 0) {
      findings.note(
          "tickTime",
          "is "
              + Words.time(tick)
              + ", and services take it to be "
              + Words.time(assumed)
              + ": safe, and each lease is "
              + Words.time(assumed.minus(tick).dividedBy(2))
              + " shorter than it could be",
          "give every service "
              + code
              + "; where they have it, give this command --tick-time="
              + tick.toMillis()
              + "ms");
    } else {
      findings.ok("tickTime", "is " + Words.time(tick) + ", as services take it to be");
    }
  }

  private static void leases(
      int min,
      int max,
      OptionalInt tick,
      Duration assumed,
      SessionTiming timing,
      Findings findings) {
    List<String> texts = new ArrayList<>();
    for (Duration asked : List.of(CURATORS_DEFAULT, USUAL)) {
      Duration granted = Duration.ofMillis(Math.max(min, Math.min(max, asked.toMillis())));
      String who = asked.equals(CURATORS_DEFAULT) ? "Curator's default of " : "";
      Duration half = tick.isPresent() ? Duration.ofMillis(tick.getAsInt()) : assumed;
      try {
        Duration lease =
            LeaseTerms.of(granted, timing, Optional.empty(), Optional.empty()).longest();
        texts.add(
            who
                + Words.time(asked)
                + (granted.equals(asked) ? "" : " becomes " + Words.time(granted))
                + ": a lease lasts "
                + Words.time(lease)
                + ", and after a crash there is no leader for up to "
                + Words.time(granted.plus(half)));
      } catch (LeaseTermsException e) {
        findings.wrong(
            "sessions",
            "where "
                + who
                + Words.time(asked)
                + " is asked for, no candidate can be elected: "
                + e.getMessage(),
            "raise maxSessionTimeout on the servers, or tell the services the true tickTime");
      }
    }
    if (!texts.isEmpty()) {
      findings.ok("sessions", "asked for " + String.join("; ", texts));
    }
  }
}
