package io.tenure.internal.session;

import io.tenure.internal.Backoff;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.jute.Record;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.proto.CreateRequest;
import org.apache.zookeeper.proto.SetDataRequest;

/**
 * Finds out which requests are too large for a packet. ZooKeeper does not say: a server that gets a
 * longer request than its {@code jute.maxbuffer}, and a client that gets a longer reply than its
 * own, cut the connection, and the request fails as any request does whose connection is lost. To
 * send it again is to cut the connection again, for everything that shares it.
 *
 * <p>So each request is remembered by what it is about, and one that has lost its connection
 * {@value #SUSPICIOUS_LOSSES} times in a row, with other requests answered in between, is suspect.
 * Only what can be too large is: writes from {@value #SMALL_BYTES} bytes on, and lists of children.
 * A suspect request rests longer and longer between its tries; one answer to it, or to a larger one
 * about the same, ends the suspicion.
 *
 * <p>Thread-safe. It knows no clock; bounded by {@value #MAX_REMEMBERED} requests.
 */
final class PacketSizes {

  /** Servers with a lower limit than this cannot even serve ordinary clients. */
  static final int SMALL_BYTES = 8 * 1024;

  static final int SUSPICIOUS_LOSSES = 3;

  private static final int MAX_REMEMBERED = 64;

  private static final long FIRST_REST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_REST_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** Headers, version, flags and ACL of an operation. */
  private static final int OP_OVERHEAD_BYTES = 64;

  /** Operations whose paths tell what a request is about; more are one of many batches. */
  private static final int MAX_NAMED_OPS = 3;

  /**
   * What is sent.
   *
   * @param about what it is about: the same for each of its tries
   * @param bytes how long the request is, roughly
   * @param listing whether its reply grows with the number of children
   */
  record Packet(String about, long bytes, boolean listing) {

    static Packet of(List<Op> ops) {
      long bytes = 0;
      boolean listing = false;
      for (Op op : ops) {
        bytes += sizeOf(op);
        listing |= op.getType() == OpCode.getChildren;
      }
      return new Packet(about(ops), bytes, listing);
    }

    private static String about(List<Op> ops) {
      if (ops.size() > MAX_NAMED_OPS) {
        return "many";
      }
      StringBuilder about = new StringBuilder();
      ops.forEach(op -> about.append(op.getType()).append(op.getPath()).append(' '));
      return about.toString();
    }

    private boolean mayBeTooLarge() {
      return listing || bytes >= SMALL_BYTES;
    }
  }

  /** How long one operation is within a request, roughly. */
  static long sizeOf(Op op) {
    long bytes = (long) OP_OVERHEAD_BYTES + op.getPath().length();
    Record request = op.toRequestRecord();
    if (request instanceof CreateRequest create && create.getData() != null) {
      bytes += create.getData().length;
    } else if (request instanceof SetDataRequest set && set.getData() != null) {
      bytes += set.getData().length;
    }
    return bytes;
  }

  /** What has been lost again and again. */
  private static final class Losses {
    private final Backoff rest = new Backoff(FIRST_REST_NANOS, LONGEST_REST_NANOS);
    private int inARow;
    private long bytes = Long.MAX_VALUE;
    private long answersBefore;
    private long nextTryNanos;
  }

  private final Map<String, Losses> lost =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Losses> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };

  private long answers;

  /** A request, or a reading of the monitor's own, was answered. */
  synchronized void answered() {
    answers++;
  }

  /** A request was answered. */
  synchronized void answered(Packet packet) {
    answers++;
    Losses losses = lost.get(packet.about());
    if (losses != null && packet.bytes() >= losses.bytes) {
      lost.remove(packet.about());
    }
  }

  /**
   * A request has lost its connection.
   *
   * @return whether it is suspect
   */
  synchronized boolean lost(Packet packet, long nowNanos) {
    if (!packet.mayBeTooLarge()) {
      return false;
    }
    Losses losses = lost.computeIfAbsent(packet.about(), about -> new Losses());
    if (losses.inARow == 0 || answers > losses.answersBefore) {
      losses.inARow++;
      losses.answersBefore = answers;
      losses.bytes = Math.min(losses.bytes, packet.bytes());
      if (losses.inARow >= SUSPICIOUS_LOSSES) {
        losses.nextTryNanos = nowNanos + losses.rest.nextNanos();
      }
    }
    return losses.inARow >= SUSPICIOUS_LOSSES;
  }

  /** How long a suspect request still has to rest; 0 if it may be tried. */
  synchronized long restNanos(Packet packet, long nowNanos) {
    Losses losses = lost.get(packet.about());
    return losses == null || losses.inARow < SUSPICIOUS_LOSSES || packet.bytes() < losses.bytes
        ? 0
        : Math.max(0, losses.nextTryNanos - nowNanos);
  }
}
