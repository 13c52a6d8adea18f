package io.tenure.cli;

/** What the command's exit codes mean. They are documented in its help, and do not change. */
final class ExitCode {

  /** Done; for a question, the answer is yes. */
  static final int OK = 0;

  /** Done, and the answer is no: there is no leader, or something was found to be wrong. */
  static final int NO = 1;

  /** The command line is wrong. Nothing was done. */
  static final int USAGE = 2;

  /** There is no such scope, group, shard or worker. */
  static final int NOT_THERE = 3;

  /** ZooKeeper cannot be reached, or went away. */
  static final int UNREACHABLE = 4;

  /** The server denies it. */
  static final int DENIED = 5;

  /** The data that was found is damaged, or of a newer format. */
  static final int UNREADABLE = 6;

  /** The change is recorded, and was not done within the time to wait. */
  static final int NOT_IN_TIME = 7;

  /** It cannot be done as things are. Nothing was done. */
  static final int REFUSED = 8;

  /** An error in the command itself. */
  static final int BUG = 70;

  /** Ctrl-C. */
  static final int INTERRUPTED = 130;

  /** The reader of the output has gone. */
  static final int CLOSED_PIPE = 141;

  private ExitCode() {}
}
