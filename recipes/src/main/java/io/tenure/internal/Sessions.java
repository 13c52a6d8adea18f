package io.tenure.internal;

/** ZooKeeper session ids as people know them from the server's log: {@code 0x1000000a2b30001}. */
public final class Sessions {

  private Sessions() {}

  /** The id as text. */
  public static String format(long session) {
    return "0x" + Long.toHexString(session);
  }

  /** The id of a text that {@link #format} made. */
  public static long parse(String text) {
    return Long.parseUnsignedLong(text.substring(2), 16);
  }
}
