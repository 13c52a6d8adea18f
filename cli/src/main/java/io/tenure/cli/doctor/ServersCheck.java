package io.tenure.cli.doctor;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Whether the servers are there, which they are, and how many may fail. */
final class ServersCheck implements Check {

  /** A server that works has none most of the time; at 1,000 it stops reading. */
  private static final int MANY_OUTSTANDING = 100;

  private static final double SLOW_MILLIS = 100;

  @Override
  public String name() {
    return "servers";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    Ensemble ensemble = context.ensemble();
    for (ServerAnswer server : ensemble.servers()) {
      switch (server.state()) {
        case SERVES -> serves(server, findings);
        case DOWN ->
            findings.wrong(
                server.name(),
                "does not answer: " + server.problem(),
                "start it; or take it out of the connect string if it is gone for good");
        case NO_QUORUM ->
            findings.wrong(
                server.name(),
                server.problem() + ": it sees no quorum",
                "look at its log; check that it reaches the others' quorum and election ports");
        case SILENT ->
            findings.unchecked(
                server.name(),
                server.problem(),
                "allow it with 4lw.commands.whitelist=srvr,conf,mntr; for TLS give this command"
                    + " --client-configuration");
      }
    }
    versions(ensemble.servers(), findings);
    quorum(ensemble, findings);
  }

  private static void serves(ServerAnswer server, Findings findings) {
    boolean good = true;
    if (!server.isAtLeast(3, 6)) {
      good = false;
      findings.wrong(
          server.name(),
          "runs ZooKeeper " + server.shortVersion() + "; Tenure needs 3.6 or newer",
          "upgrade it");
    }
    if (server.outstanding() >= MANY_OUTSTANDING) {
      good = false;
      findings.risky(
          server.name(),
          server.outstanding()
              + " requests wait for an answer: it cannot keep up, and sessions end when it is late",
          "look at its disk (fsync warnings in its log), its heap and its clients");
    }
    if (server.averageMillis() >= SLOW_MILLIS) {
      good = false;
      findings.risky(
          server.name(),
          "requests take "
              + Math.round(server.averageMillis())
              + " ms on average since it started: every election and renewal waits for that",
          "give its transaction log a disk of its own");
    }
    if (good) {
      findings.ok(server.name(), "ZooKeeper " + server.shortVersion() + ", " + server.mode());
    }
  }

  private static void versions(List<ServerAnswer> servers, Findings findings) {
    Set<String> versions = new TreeSet<>();
    servers.stream()
        .filter(server -> !server.version().isEmpty())
        .forEach(server -> versions.add(server.shortVersion()));
    if (versions.size() > 1) {
      findings.note(
          "servers",
          "run different versions: " + String.join(", ", versions),
          "finish the upgrade");
    }
  }

  private static void quorum(Ensemble ensemble, Findings findings) {
    int serving = (int) ensemble.servers().stream().filter(ServerAnswer::votes).count();
    long silent = count(ensemble, ServerAnswer.State.SILENT);
    boolean alone = ensemble.servers().stream().anyMatch(one -> one.mode().equals("standalone"));
    if (!ensemble.listProblem().isEmpty()) {
      findings.unchecked(
          "quorum",
          "whether there are servers besides those that were given: " + ensemble.listProblem(),
          "");
    }
    if (alone) {
      findings.risky(
          "quorum",
          "one server alone: while it is down there is no leader, and its disk holds the only copy",
          "run three");
      return;
    }
    long observers =
        ensemble.servers().stream().filter(one -> one.mode().equals("observer")).count();
    int voters = ensemble.voters().orElse((int) (ensemble.servers().size() - observers));
    unnamed(ensemble, findings);
    int majority = voters / 2 + 1;
    boolean allKnown = silent == 0 && ensemble.unnamed() == 0;
    if (voters == 2) {
      findings.risky(
          "quorum", "two voting servers: if either fails there is no quorum", "run three");
    } else if (voters > 0 && voters % 2 == 0) {
      findings.note(
          "quorum",
          voters + " voting servers bear no more failures than " + (voters - 1),
          "run an odd number");
    }
    if (allKnown && voters > 2 && serving <= majority && serving < voters) {
      findings.risky(
          "quorum",
          serving
              + " of "
              + voters
              + " voting servers serve, and "
              + majority
              + " are needed: the next failure stops every election and renewal",
          "bring back the others before anything else");
    } else if (allKnown && voters > 2) {
      findings.ok(
          "quorum",
          serving + " of " + voters + " voting servers serve; " + majority + " are needed");
    }
  }

  private static void unnamed(Ensemble ensemble, Findings findings) {
    if (ensemble.unnamed() > 0) {
      findings.unchecked(
          "quorum",
          Words.count(ensemble.unnamed(), "server")
              + " of the ensemble: its configuration does not say where clients reach "
              + (ensemble.unnamed() == 1 ? "it" : "them"),
          "name all servers with --connect");
    }
  }

  private static long count(Ensemble ensemble, ServerAnswer.State state) {
    return ensemble.servers().stream().filter(server -> server.state() == state).count();
  }
}
