package io.tenure.cli.doctor;

import java.util.List;
import java.util.Optional;

/**
 * Whether observers follow followers, and what services have to know of that.
 *
 * <p>With {@code observerMasterPort} an observer's news of its clients reach the quorum leader
 * through a follower, up to tickTime/2 later. No server tells its clients so. Those that answer
 * {@code mntr} tell it there: a follower says how many observers follow it if it has that port, and
 * an observer says whom it follows.
 */
final class ObserversCheck implements Check {

  private static final String OPTION = "SessionMonitor.builder(client).observerMaster(true)";

  @Override
  public String name() {
    return "observers";
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    find(context.ensemble(), context.examination().observerMaster(), findings);
  }

  /** The check on servers' answers; pure. */
  static void find(Ensemble ensemble, boolean told, Findings findings) {
    List<String> relays = relays(ensemble.servers());
    List<String> unclear = unclear(ensemble.servers());
    if (!relays.isEmpty()) {
      relayed(relays, told, findings);
    } else if (!unclear.isEmpty()) {
      unknown(unclear, told, findings);
    } else if (told && ensemble.servers().stream().noneMatch(ObserversCheck::isSilent)) {
      findings.note(
          "servers",
          "no observer is seen to follow a follower, and services reckon with one: safe, and each"
              + " lease is tickTime/2 shorter than it could be",
          "leave out observerMaster(true) if no server has observerMasterPort");
    }
  }

  private static void relayed(List<String> relays, boolean told, Findings findings) {
    String text =
        Words.some(relays)
            + ": what an observer hears of a client reaches the quorum leader up to tickTime/2"
            + " later than through another server";
    if (told) {
      findings.ok("observers", text + ", as services take it to be");
    } else {
      findings.risky(
          "observers",
          text
              + ", and leases of services that are connected to such an observer may outlast their"
              + " sessions by that much",
          "give every service whose connect string names observers "
              + OPTION
              + ", or no observer in its connect string; then give this command"
              + " --observer-master");
    }
  }

  private static void unknown(List<String> unclear, boolean told, Findings findings) {
    if (told) {
      findings.ok("observers", "services reckon with observers that follow followers");
      return;
    }
    findings.unchecked(
        "observers",
        "whom they follow ("
            + Words.some(unclear)
            + "): if the servers have observerMasterPort, leases of services that are connected to an"
            + " observer need tickTime/2 more margin",
        "allow it with 4lw.commands.whitelist=srvr,conf,mntr, or look for observerMasterPort in the"
            + " servers' zoo.cfg; where it is, give services "
            + OPTION);
  }

  /** What shows that observers follow, or may follow, followers. */
  private static List<String> relays(List<ServerAnswer> servers) {
    Optional<Integer> leader =
        servers.stream()
            .filter(one -> one.mode().equals("leader") && one.following().id().isPresent())
            .map(one -> one.following().id().getAsInt())
            .findFirst();
    return servers.stream().flatMap(one -> relay(one, leader).stream()).toList();
  }

  private static Optional<String> relay(ServerAnswer one, Optional<Integer> leader) {
    ServerAnswer.Following following = one.following();
    if (one.mode().equals("follower") && following.observers().isPresent()) {
      int observers = following.observers().getAsInt();
      return Optional.of(
          one.name()
              + " has observerMasterPort, and "
              + (observers == 0 ? "observers may follow it" : followIt(observers)));
    }
    if (one.mode().equals("observer")
        && following.master().isPresent()
        && leader.isPresent()
        && following.master().getAsInt() != leader.get()) {
      return Optional.of(
          one.name()
              + " is an observer and follows server "
              + following.master().getAsInt()
              + ", which is not the leader");
    }
    return Optional.empty();
  }

  private static String followIt(int observers) {
    return Words.count(observers, "observer") + (observers == 1 ? " follows it" : " follow it");
  }

  /** Observers of which no server tells whom they follow. */
  private static List<String> unclear(List<ServerAnswer> servers) {
    boolean leaderKnown =
        servers.stream()
            .anyMatch(one -> one.mode().equals("leader") && one.following().id().isPresent());
    return servers.stream()
        .filter(one -> one.mode().equals("observer"))
        .filter(one -> one.following().master().isEmpty() || !leaderKnown)
        .map(ServerAnswer::name)
        .toList();
  }

  private static boolean isSilent(ServerAnswer one) {
    return one.state() != ServerAnswer.State.SERVES;
  }
}
