package io.tenure.lease;

import io.tenure.scope.Predecessor;
import io.tenure.scope.Scope;
import io.tenure.scope.Tenure;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.zookeeper.KeeperException;

/**
 * What a leader holds: the right to act until {@link #remaining()} is zero. A new tenure has a new
 * lease.
 *
 * <pre>{@code
 * try (Lease lease = election.acquire()) {
 *   for (Batch batch : batches) {
 *     lease.renew();
 *     lease.ensure(Duration.ofSeconds(2));        // what the write may take
 *     store.write(batch, lease.epoch());          // and the store refuses older epochs
 *   }
 * }
 * }</pre>
 *
 * <p>{@code remaining()} is the smaller of two bounds. The <em>session bound</em> says how long the
 * servers are certain to keep this client's session; any acknowledged quorum operation of the
 * client moves it. The <em>progress bound</em> says how long ago the working thread renewed. There
 * is no heartbeat in the background: a thread that hangs stops renewing, its lease runs out, and a
 * watchdog ends the tenure as {@code lapsed} so that another candidate can take over.
 *
 * <p>A lease that has once been seen to have nothing left is over for good.
 *
 * <p>A positive {@code remaining()} is true when it is computed, not when the effect of what
 * follows arrives; see the package documentation for what that means.
 *
 * <p>Thread-safe. {@link #renew()} is meant for the thread that does the work, and only for it.
 */
public interface Lease extends AutoCloseable {

  /** What is led. */
  Scope scope();

  /** The tenure's number, which is the fencing token: it grows with every tenure of the scope. */
  long epoch();

  /** The tenure as others see it. */
  Tenure tenure();

  /** Who led before, and how that ended; empty for the scope's first tenure. */
  Optional<Predecessor> predecessor();

  /**
   * How much is left, never negative. Computed on the caller's thread from local clocks without I/O
   * or locks, so that a thread that wakes from a long pause learns the truth at once.
   */
  Duration remaining();

  /** {@link #remaining()} in nanoseconds; allocates nothing. */
  long remainingNanos();

  /** Whether anything remains. */
  boolean isHeld();

  /**
   * Says that the working thread makes progress. Local while the last acknowledgement is young;
   * otherwise one quorum operation is sent for the whole client, and waited for up to one ack
   * interval. Without a connection it waits for nothing: the lease goes on for as long as its
   * bounds allow.
   *
   * @return what remains
   * @throws io.tenure.scope.NotLeaderException if nothing remains
   */
  Duration renew() throws InterruptedException;

  /**
   * Throws unless at least so much remains.
   *
   * @throws io.tenure.scope.NotLeaderException with what remains
   */
  void ensure(Duration needed);

  /**
   * Leaves bytes for the successor, replacing the last ones. Fenced: fails if a later tenure has
   * begun. Tried again after a lost connection for as long as the lease is held, which is harmless.
   *
   * @param data at most about 1 MiB, the servers' {@code jute.maxbuffer}
   * @throws IllegalArgumentException if they are longer than the client's own {@code
   *     jute.maxbuffer} allows
   * @throws io.tenure.scope.NotLeaderException if the lease is not held
   * @throws io.tenure.scope.OutcomeUnknownException if the lease ran out before an answer came, or
   *     the request has lost its connection several times in a row while others were answered: then
   *     it is probably longer than the servers take
   * @throws io.tenure.scope.CoordinationException if it is not sent, since such a request did so a
   *     moment ago
   */
  void checkpoint(byte[] data) throws InterruptedException;

  /**
   * The bytes that were left last, by a predecessor or by this tenure itself.
   *
   * @throws io.tenure.scope.NotLeaderException if the lease ran out before an answer came
   */
  Optional<byte[]> lastCheckpoint() throws InterruptedException;

  /**
   * Runs a transaction that commits only while no later tenure has begun. Build the operations with
   * {@code client.transactionOp()}.
   *
   * @return one result for each operation
   * @throws io.tenure.scope.NotLeaderException if the lease is not held, or a later tenure has
   *     begun
   * @throws IllegalArgumentException if it is longer than the client's own {@code jute.maxbuffer}
   *     allows
   * @throws io.tenure.scope.OutcomeUnknownException if no answer came; the message says so if it is
   *     probably longer than the servers take
   * @throws io.tenure.scope.CoordinationException if it is not sent, since such a request lost its
   *     connection again and again a moment ago
   * @throws KeeperException if one of the operations failed; then none was applied
   */
  List<CuratorTransactionResult> inTransaction(Collection<CuratorOp> operations)
      throws InterruptedException, KeeperException;

  /**
   * Completes when the tenure has ended, at the latest one ack interval after the lease is over.
   * Runs dependents on a thread of the library's, independent of listeners; use the methods with
   * {@code Async} in their names for another.
   */
  CompletionStage<Ended> ended();

  /**
   * Resigns. The lease is not held from the moment this is called; it returns when the resignation
   * is committed, or after one session timeout at most. If ZooKeeper cannot be reached, the {@code
   * leader} node stays until it can, or until the session ends. Closing twice, or from a callback,
   * is harmless; from a callback it does not wait. An interrupt ends the waiting and is kept.
   */
  @Override
  default void close() {
    resign("closed");
  }

  /** Resigns with a reason for the audit trail; see {@link #close()}. */
  void resign(String reason);
}
