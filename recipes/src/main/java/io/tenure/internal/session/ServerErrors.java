package io.tenure.internal.session;

import io.tenure.scope.CoordinationException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.TenureException;
import io.tenure.scope.UnsupportedServerException;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.OpResult;

/** ZooKeeper's error codes in Tenure's words. Stateless. */
public final class ServerErrors {

  private ServerErrors() {}

  /**
   * The error of an operation that the server refused for good.
   *
   * @param permission what the operation needs on the path, in zkCli's words
   */
  public static TenureException refused(Code code, String path, String permission) {
    KeeperException cause = KeeperException.create(code, path);
    return switch (code) {
      case NOAUTH ->
          new PermissionDeniedException(
              "the server denies "
                  + permission
                  + " on "
                  + path
                  + ": grant it in the ACL (see getAcl "
                  + path
                  + "), or give the client other credentials",
              cause);
      case UNIMPLEMENTED ->
          new UnsupportedServerException(
              "the server does not know the operation on "
                  + path
                  + ": Tenure needs transactions, as servers have them since ZooKeeper 3.6",
              cause);
      default -> new CoordinationException("ZooKeeper refused " + path + ": " + code, cause);
    };
  }

  /**
   * Of a reading that failed: nothing, if there is no such znode.
   *
   * @throws TenureException if it is refused for another reason
   */
  public static void requireAbsent(OpResult.ErrorResult error, String path) {
    Code code = Code.get(error.getErr());
    if (code != Code.NONODE) {
      throw refused(code, path, "read");
    }
  }

  /**
   * Whether an error means that there is no connection now, rather than that something is wrong.
   */
  public static boolean isTransient(Code code) {
    return switch (code) {
      case CONNECTIONLOSS,
          OPERATIONTIMEOUT,
          REQUESTTIMEOUT,
          SESSIONEXPIRED,
          SESSIONMOVED,
          NOTREADONLY,
          THROTTLEDOP ->
          true;
      default -> false;
    };
  }
}
