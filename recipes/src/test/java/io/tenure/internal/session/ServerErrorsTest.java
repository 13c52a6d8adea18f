package io.tenure.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.scope.AuthenticationFailedException;
import io.tenure.scope.CoordinationException;
import io.tenure.scope.PermissionDeniedException;
import io.tenure.scope.TenureException;
import io.tenure.scope.UnsupportedServerException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.zookeeper.KeeperException.Code;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Each code that a server or a client can answer with has its sentence. */
class ServerErrorsTest {

  /** What each sentence has to say besides the path: what happened, and what to do. */
  private static final Map<Code, String[]> SENTENCES =
      Map.ofEntries(
          Map.entry(
              Code.CONNECTIONLOSS, says("connection to ZooKeeper was lost", "can be reached")),
          Map.entry(Code.OPERATIONTIMEOUT, says("too slow", "zookeeper.request.timeout")),
          Map.entry(Code.REQUESTTIMEOUT, says("too slow", "zookeeper.request.timeout")),
          Map.entry(Code.SESSIONEXPIRED, says("session has ended", "next session")),
          Map.entry(Code.UNKNOWNSESSION, says("session has ended", "next session")),
          Map.entry(Code.SESSIONMOVED, says("moved to another server", "Try again")),
          Map.entry(Code.NOTREADONLY, says("read-only server", "bring a quorum")),
          Map.entry(Code.THROTTLEDOP, says("overloaded", "reduce the load")),
          Map.entry(Code.NOAUTH, says("denies create", "getAcl /a/b")),
          Map.entry(Code.AUTHFAILED, says("credentials", "make a new client")),
          Map.entry(Code.SESSIONCLOSEDREQUIRESASLAUTH, says("only clients that log in", "JAAS")),
          Map.entry(Code.INVALIDACL, says("ACL invalid", "ACL provider", "at least one entry")),
          Map.entry(Code.UNIMPLEMENTED, says("does not know the operation", "3.6")),
          Map.entry(Code.NONODE, says("does not exist", "namespace", "chroot")),
          Map.entry(Code.NODEEXISTS, says("exists already", "before you delete")),
          Map.entry(Code.BADVERSION, says("changed by another client", "try again")),
          Map.entry(Code.NOTEMPTY, says("has children", "delete the children")),
          Map.entry(Code.NOCHILDRENFOREPHEMERALS, says("ephemeral znode", "take another path")),
          Map.entry(Code.EPHEMERALONLOCALSESSION, says("local session", "localSessionsUpgrading")),
          Map.entry(Code.QUOTAEXCEEDED, says("quota", "setquota")),
          Map.entry(Code.BADARGUMENTS, says("arguments invalid", "unusual characters")),
          Map.entry(Code.MARSHALLINGERROR, says("could not process", "log has the cause")),
          Map.entry(Code.NEWCONFIGNOQUORUM, says("reconfiguration", "try again later")),
          Map.entry(Code.RECONFIGINPROGRESS, says("reconfiguration", "try again later")),
          Map.entry(Code.RECONFIGDISABLED, says("reconfiguration", "try again later")),
          Map.entry(Code.SYSTEMERROR, says("within ZooKeeper", "log has the cause")),
          Map.entry(Code.RUNTIMEINCONSISTENCY, says("within ZooKeeper", "log has the cause")),
          Map.entry(Code.DATAINCONSISTENCY, says("within ZooKeeper", "log has the cause")),
          Map.entry(Code.APIERROR, says("within ZooKeeper", "log has the cause")),
          Map.entry(Code.INVALIDCALLBACK, says("within ZooKeeper", "log has the cause")),
          Map.entry(Code.NOWATCHER, says("within ZooKeeper", "log has the cause")));

  /** Codes of no operation of Tenure's share one sentence, which names them. */
  private static final Set<Code> BY_NAME =
      Set.of(
          Code.SYSTEMERROR,
          Code.RUNTIMEINCONSISTENCY,
          Code.DATAINCONSISTENCY,
          Code.APIERROR,
          Code.INVALIDCALLBACK,
          Code.NOWATCHER,
          Code.NEWCONFIGNOQUORUM,
          Code.RECONFIGINPROGRESS,
          Code.RECONFIGDISABLED);

  private static String[] says(String... parts) {
    return parts;
  }

  @ParameterizedTest
  @EnumSource(value = Code.class, mode = Mode.EXCLUDE, names = "OK")
  void eachCodeHasASentenceWithPathCauseAndRemedy(Code code) {
    TenureException error = ServerErrors.refused(code, "/a/b", "create");

    assertThat(SENTENCES).containsKey(code);
    assertThat(error).hasMessageContaining("/a/b").hasMessageContainingAll(SENTENCES.get(code));
    if (!BY_NAME.contains(code)) {
      assertThat(error.getMessage()).doesNotContain(code.name());
    }
  }

  @Test
  void twoCodesShareASentenceOnlyIfTheyMeanTheSame() {
    Set<String> sentences = new HashSet<>();
    for (Code code : Code.values()) {
      sentences.add(ServerErrors.sentence(code, "/a/b", "create"));
    }
    // Two timeouts, and two codes of an ended session.
    assertThat(sentences).hasSize(Code.values().length - 2);
  }

  @Test
  void anUnansweredReadHasWrittenNothing() {
    assertThat(ServerErrors.sentence(Code.CONNECTIONLOSS, "/a", "read")).doesNotContain("written");
    assertThat(ServerErrors.sentence(Code.CONNECTIONLOSS, "/a", "write"))
        .contains("may have been written");
  }

  @Test
  void theTypeOfTheErrorSaysWhatHelps() {
    for (Code code : Code.values()) {
      assertThat(ServerErrors.refused(code, "/a", "write"))
          .isInstanceOf(
              switch (code) {
                case NOAUTH -> PermissionDeniedException.class;
                case AUTHFAILED, SESSIONCLOSEDREQUIRESASLAUTH ->
                    AuthenticationFailedException.class;
                case UNIMPLEMENTED -> UnsupportedServerException.class;
                default -> CoordinationException.class;
              });
    }
  }

  @Test
  void aCodeOfANewerServerIsAnErrorWithinZooKeeper() {
    assertThat(ServerErrors.code(-4711)).isEqualTo(Code.SYSTEMERROR);
    assertThat(ServerErrors.code(Code.NONODE.intValue())).isEqualTo(Code.NONODE);
  }
}
