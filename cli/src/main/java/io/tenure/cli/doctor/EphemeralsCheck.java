package io.tenure.cli.doctor;

import io.tenure.internal.session.EphemeralBytes;
import java.util.Map;
import java.util.TreeMap;

/** Whether the end of any session would be a longer transaction than the servers can read. */
final class EphemeralsCheck implements Check {

  private static final int SERVERS = EphemeralBytes.SERVERS_DEFAULT;

  @Override
  public String name() {
    return "ephemerals";
  }

  /** What one session leads. */
  record Held(String example, int nodes, long bytes) {
    Held and(int more) {
      return new Held(example, nodes + 1, bytes + more);
    }
  }

  @Override
  public void run(Context context, Findings findings) throws InterruptedException {
    int root = EphemeralBytes.rootBytes(context.client());
    Map<Long, Held> sessions = new TreeMap<>();
    for (ScopeFacts scope : context.scopes()) {
      scope
          .leader()
          .found()
          .ifPresent(
              node ->
                  sessions.merge(
                      node.stat().getEphemeralOwner(),
                      new Held(node.path(), 1, EphemeralBytes.of(root, node.path())),
                      (held, one) -> held.and((int) one.bytes())));
    }
    sessions.remove(0L); // No ephemeral nodes.
    judge(sessions, findings);
  }

  /** What is to be said of sessions, by their ids. */
  static void judge(Map<Long, Held> sessions, Findings findings) {
    boolean good = true;
    for (Map.Entry<Long, Held> session : sessions.entrySet()) {
      Held held = session.getValue();
      if (held.bytes() > SERVERS / 2) {
        good = false;
        findings.add(
            held.bytes() > SERVERS ? Level.WRONG : Level.RISKY,
            held.example(),
            "session 0x"
                + Long.toHexString(session.getKey())
                + " has "
                + held.nodes()
                + " leader nodes, whose paths take "
                + Words.bytes(held.bytes())
                + " of the "
                + Words.bytes(SERVERS)
                + " that servers can read of the end of a session (jute.maxbuffer): with more,"
                + " they cannot start again once it has ended",
            "spread the shards over more workers, or shorten their paths; or raise"
                + " -Djute.maxbuffer on all servers");
      }
    }
    if (good && !sessions.isEmpty()) {
      long most = sessions.values().stream().mapToLong(Held::bytes).max().orElse(0);
      findings.ok("/", "the leader nodes of one session take " + Words.bytes(most) + " at most");
    }
  }
}
