package io.tenure.internal.session;

import io.tenure.scope.AuthenticationFailedException;
import io.tenure.scope.ClientClosedException;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.TenureException;
import io.tenure.scope.UnsupportedServerException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.imps.CuratorFrameworkState;
import org.apache.curator.framework.schema.SchemaViolation;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.OpResult;

/**
 * ZooKeeper's error codes in Tenure's words: what happened, where, and what to do. Stateless.
 *
 * <p>One table for all of Tenure, so that the same code never has two sentences, and none has the
 * bare code for its sentence.
 */
public final class ServerErrors {

  private ServerErrors() {}

  /**
   * ZooKeeper's code for a number. A server that is newer than this client may answer with a number
   * that the client has no code for; it is as unexpected as any other system error.
   */
  public static Code code(int number) {
    try {
      return Code.get(number);
    } catch (IllegalArgumentException e) {
      return Code.SYSTEMERROR;
    }
  }

  /**
   * The error of an operation that came to nothing, or whose answer did not come.
   *
   * @param what the operation: the permission that it needs on the path, in zkCli's words, or
   *     another noun
   */
  public static TenureException refused(Code code, String path, String what) {
    KeeperException cause = exception(code, path);
    String sentence = sentence(code, path, what);
    return switch (code) {
      case NOAUTH -> new PermissionDeniedException(sentence, cause);
      case AUTHFAILED, SESSIONCLOSEDREQUIRESASLAUTH ->
          new AuthenticationFailedException(sentence, cause);
      case UNIMPLEMENTED -> new UnsupportedServerException(sentence, cause);
      default -> new CoordinationException(sentence, cause);
    };
  }

  /** ZooKeeper's own exception; for the two codes that have none, the nearest. */
  private static KeeperException exception(Code code, String path) {
    return KeeperException.create(
        switch (code) {
          case UNKNOWNSESSION -> Code.SESSIONEXPIRED;
          case OK -> Code.SYSTEMERROR;
          default -> code;
        },
        path);
  }

  /** What an error code means for an operation, and what to do. */
  public static String sentence(Code code, String path, String what) {
    String operation = what + " on " + path;
    String noAnswer = "the answer to " + operation + " did not come: ";
    String perhaps = what.equals("read") ? "" : "; what was to be written may have been written";
    return switch (code) {
      case CONNECTIONLOSS ->
          noAnswer
              + "the connection to ZooKeeper was lost. Check that a quorum of the servers runs and"
              + " can be reached, and try again"
              + perhaps;
      case OPERATIONTIMEOUT, REQUESTTIMEOUT ->
          noAnswer
              + "the servers or the network are too slow (zookeeper.request.timeout of the client is"
              + " the limit). Try again"
              + perhaps;
      case SESSIONEXPIRED, UNKNOWNSESSION ->
          noAnswer + "the client's session has ended. Try again in the next session" + perhaps;
      case SESSIONMOVED ->
          noAnswer + "the client's session has moved to another server. Try again" + perhaps;
      case NOTREADONLY ->
          "the client is connected to a read-only server, which has no quorum and cannot do "
              + operation
              + ": bring a quorum of the servers back";
      case THROTTLEDOP ->
          "the server is overloaded and has not done "
              + operation
              + ": try again later, reduce the load, or raise the servers' request throttle";
      case NOAUTH ->
          "the server denies "
              + operation
              + ": grant it in the ACL (see getAcl "
              + path
              + "), or give the client other credentials";
      case AUTHFAILED ->
          "the servers refuse the client's credentials, and with them "
              + operation
              + ": correct the client's authorization or JAAS login, and make a new client, since"
              + " this one cannot recover";
      case SESSIONCLOSEDREQUIRESASLAUTH ->
          "the servers accept only clients that log in, and have closed the session instead of "
              + operation
              + ": give the client a JAAS login";
      case INVALIDACL ->
          "the server finds the ACL invalid that the client's ACL provider gives for "
              + operation
              + ": an ACL needs at least one entry, schemes that the servers know, and for the"
              + " scheme \"auth\" a client with credentials";
      case UNIMPLEMENTED ->
          "the server does not know the operation on "
              + path
              + ": Tenure needs transactions, as servers have them since ZooKeeper 3.6";
      case NONODE ->
          path
              + " does not exist, which prevents "
              + what
              + ": check the path, the client's namespace, and the chroot of its connection string";
      case NODEEXISTS ->
          path
              + " exists already, which prevents "
              + what
              + ": another client has made it; look at its data before you delete it";
      case BADVERSION -> path + " was changed by another client before " + what + ": try again";
      case NOTEMPTY ->
          path + " has children, which prevents " + what + ": delete the children first";
      case NOCHILDRENFOREPHEMERALS ->
          operation
              + " is impossible, because an ephemeral znode is in the place of a parent, and has no"
              + " children: delete the ephemeral znode, or take another path";
      case EPHEMERALONLOCALSESSION ->
          "the servers give this client a local session, which can hold no ephemeral znode and"
              + " prevents "
              + operation
              + ": set localSessionsUpgradingEnabled=true or localSessionsEnabled=false on the"
              + " servers";
      case QUOTAEXCEEDED ->
          "a quota of "
              + path
              + " or of a znode above it prevents "
              + what
              + ": raise the quota (listquota and setquota in zkCli), or delete what is not needed";
      case BADARGUMENTS ->
          "the server finds the arguments invalid of "
              + operation
              + ": look for unusual characters in the path, and into the server's log";
      case MARSHALLINGERROR ->
          "the server could not process "
              + operation
              + ": its log has the cause; very different versions of client and servers are the"
              + " usual one";
      case NEWCONFIGNOQUORUM, RECONFIGINPROGRESS, RECONFIGDISABLED ->
          "a reconfiguration of the ensemble ("
              + code
              + ") prevented "
              + operation
              + ": try again later";
      default ->
          "an error within ZooKeeper ("
              + code
              + ") prevented "
              + operation
              + ": the server's log has the cause";
    };
  }

  /** A closed client does not come back, and everything on it has ended. */
  public static ClientClosedException clientClosed() {
    return new ClientClosedException(
        "the ZooKeeper client was closed, and its session with it: nothing can be led through it;"
            + " close what is built on a client before the client");
  }

  /** The error of a call of the client that has thrown something checked. */
  public static TenureException failed(Exception e, String path, String what) {
    return e instanceof KeeperException answer
        ? refused(answer.code(), path, what)
        : new CoordinationException(what + " on " + path + " failed: " + e.getMessage(), e);
  }

  /**
   * The error of a request that the client's {@code SchemaSet} does not let through.
   *
   * @param what the request, such as {@code create}
   */
  static CoordinationException forbiddenBySchema(String what, String path, SchemaViolation e) {
    return new CoordinationException(
        "the client's schema forbids "
            + what
            + " on "
            + path
            + " ("
            + e.getViolation()
            + "): allow Tenure's znodes in its SchemaSet, or give Tenure a client of its own",
        e);
  }

  /**
   * What a call of the client has thrown, which for a closed client is Curator's remark on a state.
   */
  public static RuntimeException thrownByClient(RuntimeException e) {
    if (e instanceof IllegalStateException state && ClosedHandle.isInnerClientClosed(state)) {
      return ClosedHandle.innerClientClosed();
    }
    if (e instanceof SchemaViolation forbidden) {
      return forbiddenBySchema(
          "a request", String.valueOf(forbidden.getViolatorData().getPath()), forbidden);
    }
    boolean closed =
        e instanceof IllegalStateException
            && e.getMessage() != null
            && e.getMessage().contains(CuratorFrameworkState.STOPPED.name());
    return closed ? clientClosed() : e;
  }

  /**
   * The error of a tree without a top: the chroot of the client's connection string does not exist.
   * The server answers each request for it with "no node", as it does for znodes that are merely
   * absent.
   *
   * @param path what could not be made or read for want of the chroot
   * @param done "made" or "read"
   */
  public static TenureException noChroot(CuratorFramework client, String path, String done) {
    String servers = client.getZookeeperClient().getCurrentConnectionString();
    int slash = servers.indexOf('/');
    return new CoordinationException(
        path
            + " cannot be "
            + done
            + ": the chroot "
            + (slash < 0 ? "/" : servers.substring(slash))
            + " of the connection string "
            + servers
            + " does not exist. Make it with a client without chroot, or correct the connection"
            + " string",
        KeeperException.create(Code.NONODE, path));
  }

  /**
   * Throws if a request is probably too large for a packet, or its reply is: to send it again would
   * cost the connection again.
   *
   * @param path what it is about
   */
  public static void requireUnsuspected(Reply reply, String path) {
    if (reply.suspect()) {
      throw new CoordinationException(
          "the connection was lost "
              + PacketSizes.SUSPICIOUS_LOSSES
              + " times or more in a row by a request about "
              + path
              + ", while others were answered: the request or its reply is probably longer than"
              + " jute.maxbuffer of the servers or of this client. Raise it there, or delete the"
              + " znodes below the path that are not needed",
          KeeperException.create(reply.code(), path));
    }
  }

  /** Why nothing can be asked now, where no server answers the client. */
  static String noConnection(String servers) {
    return "no server of "
        + servers
        + " gives this client a session: check that a quorum of them runs and can be reached, and"
        + " the client's log (host names, TLS, credentials)";
  }

  /**
   * Of a reading that failed: nothing, if there is no such znode.
   *
   * @throws TenureException if it is refused for another reason
   */
  public static void requireAbsent(OpResult.ErrorResult error, String path) {
    Code code = code(error.getErr());
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
