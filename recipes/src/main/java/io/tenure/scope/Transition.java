package io.tenure.scope;

import java.util.Optional;

/**
 * One of the six things that can happen to the office of a scope. Each stands in the audit trail
 * exactly once, written by the transaction that makes it true.
 */
public sealed interface Transition {

  /** The word that stands in the entry's name and data. */
  String word();

  /** Why it happened, one line for people. */
  String reason();

  /** A tenure began. */
  record Elected(String reason) implements Transition {
    /** Shortens the reason to one line. */
    public Elected {
      reason = Text.reason(reason);
    }

    @Override
    public String word() {
      return "elected";
    }
  }

  /** A tenure ended. */
  sealed interface End extends Transition {

    /**
     * Whether the successor must expect half-done work. Only a leader that resigned is known to
     * have come to a stop that it chose; every other end may have interrupted it anywhere.
     */
    default boolean needsRecovery() {
      return !(this instanceof Resigned);
    }
  }

  /** The leader gave the office up by itself. */
  record Resigned(String reason) implements End {
    /** Shortens the reason to one line. */
    public Resigned {
      reason = Text.reason(reason);
    }

    @Override
    public String word() {
      return "resigned";
    }
  }

  /**
   * The task threw an exception or an error: from {@code prepare}, {@code step} or {@code stop}.
   * The leader left the office in order, and its work may be half done.
   */
  record Failed(String reason) implements End {
    /** Shortens the reason to one line. */
    public Failed {
      reason = Text.reason(reason);
    }

    @Override
    public String word() {
      return "failed";
    }
  }

  /** The lease ran out while the session was alive: the working thread hung or was cut off. */
  record Lapsed(String reason) implements End {
    /** Shortens the reason to one line. */
    public Lapsed {
      reason = Text.reason(reason);
    }

    @Override
    public String word() {
      return "lapsed";
    }
  }

  /** An operator took the office away. */
  record Revoked(String reason) implements End {
    /** Shortens the reason to one line. */
    public Revoked {
      reason = Text.reason(reason);
    }

    @Override
    public String word() {
      return "revoked";
    }
  }

  /**
   * The leader's node is gone, and no record says why: its session ended in office, or an operator
   * deleted the node and the successor was faster to see that than the leader. Only the successor
   * can record it: the server deletes a dead session's nodes, and no other client is there. So the
   * entry's time is when it was <em>found</em>.
   */
  record Lost(String reason) implements End {
    /** Shortens the reason to one line. */
    public Lost {
      reason = Text.reason(reason);
    }

    @Override
    public String word() {
      return "lost";
    }
  }

  /** The transition of a word as it stands in a znode; empty if the word is none of the six. */
  static Optional<Transition> of(String word, String reason) {
    return word.equals("elected")
        ? Optional.of(new Elected(reason))
        : endOf(word, reason).map(end -> end);
  }

  /** The end of a word as it stands in a znode; empty if the word is none of the five. */
  static Optional<End> endOf(String word, String reason) {
    return switch (word) {
      case "resigned" -> Optional.of(new Resigned(reason));
      case "failed" -> Optional.of(new Failed(reason));
      case "lapsed" -> Optional.of(new Lapsed(reason));
      case "revoked" -> Optional.of(new Revoked(reason));
      case "lost" -> Optional.of(new Lost(reason));
      default -> Optional.empty();
    };
  }
}
