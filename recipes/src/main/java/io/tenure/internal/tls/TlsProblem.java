package io.tenure.internal.tls;

/**
 * Why there is no connection, and the way out. Immutable.
 *
 * @param kind whose part it is
 * @param sentence for people; with file or address, and the remedy
 */
public record TlsProblem(Kind kind, String sentence) {

  /** Whose part a problem is. */
  public enum Kind {
    /** The client's own configuration or stores; nothing was sent. */
    CONFIGURATION,
    /** The server, or the way to it: the client trusts it not, or speaks another protocol. */
    CONNECTION,
    /** The server refuses the client's certificate, or the lack of one. */
    REFUSED
  }
}
