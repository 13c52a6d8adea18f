package io.tenure.internal.session;

import java.util.List;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.OpResult;

/**
 * How a transaction ended. Immutable.
 *
 * @param code {@code OK}, the error of the operation that failed, or why there is no answer
 * @param results one for each operation where the server answered, else empty
 * @param sent when it was sent
 * @param suspect whether the connection was lost for this request again and again while others were
 *     answered: it, or its reply, is probably too large for a packet
 */
public record Reply(Code code, List<OpResult> results, Moment sent, boolean suspect) {

  public Reply(Code code, List<OpResult> results, Moment sent) {
    this(code, results, sent, false);
  }

  Reply asSuspect() {
    return new Reply(code, results, sent, true);
  }

  public boolean ok() {
    return code == Code.OK;
  }

  /**
   * Whether the quorum has seen the transaction. A transaction that fails is proposed like one that
   * succeeds; only errors that a server may answer by itself prove nothing.
   */
  public boolean isAcknowledgement() {
    return switch (code) {
      case OK, NONODE, NODEEXISTS, BADVERSION, NOTEMPTY, NOAUTH -> true;
      default -> false;
    };
  }

  /** Whether the transaction may have been applied although no answer says so. */
  public boolean isUnknown() {
    return switch (code) {
      case CONNECTIONLOSS, OPERATIONTIMEOUT, REQUESTTIMEOUT, SESSIONMOVED, SESSIONEXPIRED -> true;
      default -> false;
    };
  }

  /** The place of the operation that failed; -1 if no operation did. */
  public int failedOp() {
    for (int i = 0; i < results.size(); i++) {
      if (results.get(i) instanceof OpResult.ErrorResult error
          && error.getErr() != Code.OK.intValue()
          && error.getErr() != Code.RUNTIMEINCONSISTENCY.intValue()) {
        return i;
      }
    }
    return -1;
  }
}
