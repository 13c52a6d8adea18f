package io.tenure.cli.doctor;

import java.util.List;

/**
 * How many bytes lists of children take, to hold against the limits of packets ({@code
 * jute.maxbuffer}). A client that is sent a longer answer drops its connection, and a server that
 * is sent a longer request drops the client. Stateless.
 */
final class ListBytes {

  /** What servers take unless told otherwise; what they were told, they do not tell. */
  static final long SERVERS_DEFAULT = 0xfffff;

  private static final int LENGTH_BYTES = 4;
  private static final int HEADER_BYTES = 100;
  private static final int LIKELY_NAME_BYTES = 30;

  private ListBytes() {}

  /** What a list of children takes. Names are mostly ASCII. */
  static long listBytes(List<String> names) {
    return HEADER_BYTES + names.stream().mapToLong(name -> LENGTH_BYTES + name.length()).sum();
  }

  /** What so many names take at least. */
  static long leastListBytes(int names) {
    return names * (LENGTH_BYTES + 1L);
  }

  /** What so many names take, as Tenure names most of its znodes. */
  static long likelyListBytes(int names) {
    return names * (LENGTH_BYTES + (long) LIKELY_NAME_BYTES);
  }
}
