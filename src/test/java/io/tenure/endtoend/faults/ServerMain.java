package io.tenure.endtoend.faults;

import java.io.File;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.sasl.SaslException;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.apache.zookeeper.server.quorum.QuorumPeer;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;
import org.apache.zookeeper.server.quorum.QuorumPeerMain;

/**
 * One server of the ensemble, as ZooKeeper starts it, but for its log of transactions: a line
 * {@code fsync 300} on standard input makes each write to the disk last that many milliseconds
 * longer, before ZooKeeper's own.
 */
public final class ServerMain {

  private ServerMain() {}

  /** Takes the path of the configuration. */
  public static void main(String[] args) throws Exception {
    SlowServer server = new SlowServer();
    Commands.serve(server::command);
    QuorumPeerConfig config = new QuorumPeerConfig();
    config.parse(args[0]);
    server.runFromConfig(config);
  }

  private static final class SlowServer extends QuorumPeerMain {

    private final AtomicLong delayNanos = new AtomicLong();

    void command(String command, long value) {
      if (!command.equals("fsync")) {
        throw new IllegalArgumentException("no such command: " + command);
      }
      delayNanos.set(TimeUnit.MILLISECONDS.toNanos(value));
    }

    @Override
    protected QuorumPeer getQuorumPeer() throws SaslException {
      return new SlowPeer(delayNanos);
    }
  }

  /** Puts the slow log in the place of the one that it is given. */
  private static final class SlowPeer extends QuorumPeer {

    private final AtomicLong delayNanos;

    SlowPeer(AtomicLong delayNanos) throws SaslException {
      this.delayNanos = delayNanos;
    }

    @Override
    public void setTxnFactory(FileTxnSnapLog factory) {
      try {
        // Each of its folders is the version's, inside of the one that was configured.
        super.setTxnFactory(
            new SlowLog(
                factory.getDataLogDir().getParentFile(),
                factory.getSnapDir().getParentFile(),
                delayNanos));
      } catch (IOException e) {
        throw new IllegalStateException("the log cannot be opened", e);
      }
    }
  }

  private static final class SlowLog extends FileTxnSnapLog {

    private final AtomicLong delayNanos;

    SlowLog(File log, File snapshots, AtomicLong delayNanos) throws IOException {
      super(log, snapshots);
      this.delayNanos = delayNanos;
    }

    @Override
    public void commit() throws IOException {
      Pause.nanos(delayNanos.get());
      super.commit();
    }
  }
}
