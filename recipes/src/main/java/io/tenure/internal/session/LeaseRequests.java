package io.tenure.internal.session;

import io.tenure.scope.CoordinationException;
import io.tenure.scope.OutcomeUnknownException;
import io.tenure.scope.Tenure;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.Op;

/**
 * What a lease's own requests must not be: longer than the client says, or suspected to be longer
 * than the servers take. And what to tell the caller of one without an answer.
 *
 * <p>Thread-safe: no state but the monitor's.
 */
final class LeaseRequests {

  /**
   * What a request carries besides the operations' paths and data, generously: headers, versions,
   * the fencing check.
   */
  private static final int REQUEST_OVERHEAD_BYTES = 1024;

  private final Monitor monitor;
  private final Tenure tenure;

  LeaseRequests(Monitor monitor, Tenure tenure) {
    this.monitor = monitor;
    this.tenure = tenure;
  }

  long sizeOf(Collection<CuratorOp> operations) {
    return operations.stream().mapToLong(op -> PacketSizes.sizeOf(op.get())).sum();
  }

  /**
   * Before it is sent: by the client's limit, which should be the servers'.
   *
   * @throws IllegalArgumentException if it is too long
   */
  void requireFitting(String what, long bytes) {
    int packet = monitor.packetLimit();
    int room = Math.max(0, packet - REQUEST_OVERHEAD_BYTES);
    if (bytes > room) {
      throw new IllegalArgumentException(
          what
              + " has "
              + bytes
              + " bytes; at most "
              + room
              + " fit into a request, since jute.maxbuffer of the client is "
              + packet
              + ": store the bytes elsewhere and leave a reference to them, or raise jute.maxbuffer"
              + " of the servers and all clients");
    }
  }

  /**
   * Before it is read.
   *
   * @throws CoordinationException if the reply would not fit into a packet
   */
  void requireReadable(String path, int bytes) {
    int packet = monitor.packetLimit();
    if (bytes > packet - REQUEST_OVERHEAD_BYTES) {
      throw new CoordinationException(
          path
              + " has "
              + bytes
              + " bytes, more than fit into a packet of this client (jute.maxbuffer "
              + packet
              + "): raise jute.maxbuffer of the client to that of the one that has written it");
    }
  }

  /**
   * Before a request is sent that has lost its connection again and again.
   *
   * @throws CoordinationException if it must rest; nothing is sent
   */
  void requireRested(String what, List<CuratorOp> ops) {
    PacketSizes.Packet packet = packet(ops);
    long rest = monitor.packets().restNanos(packet, Moment.now(monitor.clock()).monotonicNanos());
    if (rest > 0) {
      throw new CoordinationException(
          what
              + " in "
              + tenure.scope()
              + " epoch "
              + tenure.epoch()
              + " was not sent, since requests like it have lost their connection again and again: "
              + tooLarge(packet)
              + ". The next try is due in "
              + TimeUnit.NANOSECONDS.toMillis(rest)
              + " ms");
    }
  }

  /**
   * The error of a request whose answer did not come.
   *
   * @throws OutcomeUnknownException if the request is probably too large
   */
  void requireUnsuspected(String what, List<CuratorOp> ops, Reply reply) {
    if (reply.suspect()) {
      throw new OutcomeUnknownException(
          what
              + " in "
              + tenure.scope()
              + " epoch "
              + tenure.epoch()
              + " has lost its connection "
              + PacketSizes.SUSPICIOUS_LOSSES
              + " times or more in a row: "
              + tooLarge(packet(ops))
              + ". If that is not so, it may have been applied");
    }
  }

  private static PacketSizes.Packet packet(List<CuratorOp> ops) {
    List<Op> raw = ops.stream().map(CuratorOp::get).toList();
    return PacketSizes.Packet.of(raw);
  }

  private static String tooLarge(PacketSizes.Packet packet) {
    return "other requests were answered meanwhile, and with about "
        + packet.bytes()
        + " bytes it is probably longer than jute.maxbuffer of the servers. Store the bytes"
        + " elsewhere and leave a reference to them, or raise jute.maxbuffer of the servers and all"
        + " clients";
  }

  OutcomeUnknownException unknown(String what) {
    return new OutcomeUnknownException(
        what
            + " in "
            + tenure.scope()
            + " epoch "
            + tenure.epoch()
            + " was sent and no answer came: it may have been applied, or may still be while no later"
            + " tenure has begun");
  }
}
