package io.tenure.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A scheme as text, for services and the command alike. */
class AclLinesTest {

  private static Map<String, String> lines(String text) throws Exception {
    Properties properties = new Properties();
    properties.load(new StringReader(text));
    Map<String, String> lines = new LinkedHashMap<>();
    properties.stringPropertyNames().forEach(name -> lines.put(name, properties.getProperty(name)));
    return lines;
  }

  private static String digest(String user) throws Exception {
    return "digest:" + DigestAuthenticationProvider.generateDigest(user + ":secret");
  }

  private static Id id(String text) {
    int colon = text.indexOf(':');
    return new Id(text.substring(0, colon), text.substring(colon + 1));
  }

  private static List<ACL> acl(AppendOnlyAcl scheme, String path) {
    return scheme.getAclForPath(path);
  }

  @Test
  void linesOfAFileMakeTheSchemeThatTheBuilderMakes() throws Exception {
    AppendOnlyAcl told =
        AppendOnlyAcl.of(
            lines(
                "connect=zk-1:2181\n"
                    + ("acl.workers=" + digest("worker") + "\n")
                    + "acl.workers.2=x509:CN=worker,O=Acme\n"
                    + "acl.coordinators=sasl:coordinator/host@REALM\n"
                    + "acl.operators=sasl:operator\n"
                    + "acl.archivers=ip:10.0.0.7\n"
                    + "acl.readers=world:anyone\n"
                    + "acl.admins= sasl:root \n"
                    + "acl.groups=/orders\n"));
    AppendOnlyAcl built =
        AppendOnlyAcl.builder()
            .workers(id(digest("worker")), id("x509:CN=worker,O=Acme"))
            .coordinators(id("sasl:coordinator/host@REALM"))
            .operators(id("sasl:operator"))
            .archivers(id("ip:10.0.0.7"))
            .readers(Ids.ANYONE_ID_UNSAFE)
            .admin(id("sasl:root"))
            .groups("/orders")
            .build();
    for (String path : List.of("/", "/orders", "/orders/plan", "/orders/audit", "/x/audit")) {
      assertThat(acl(told, path)).as(path).containsExactlyInAnyOrderElementsOf(acl(built, path));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "acl.worker   | sasl:w                     | acl.worker: there is no such line, but acl.workers",
        "acl.workers  | worker                     | acl.workers: no id; an id is digest:user:DIGEST",
        "acl.workers  | kerberos:w                 | acl.workers: the scheme \"kerberos\" is unknown",
        "acl.workers  | auth:                      | acl.workers: no id",
        "acl.workers  | digest:worker:hunter2      | acl.workers: what follows digest:worker: is no digest; if it is the password",
        "acl.workers  | digest:worker:x            | acl.workers: digest:worker:x has a masked digest",
        "acl.workers  | digest:worker              | acl.workers: an id of the scheme digest is digest:user:DIGEST",
        "acl.workers  | world:anyone               | acl.workers: world:anyone may be among the readers",
        "acl.readers  | world:all                  | acl.readers: of the scheme world there is only world:anyone",
        "acl.workers  | ip:10.0.0.0.1              | acl.workers: \"10.0.0.0.1\" is no address",
        "acl.workers  | x509:worker                | acl.workers: \"worker\" is no distinguished name",
        "acl.workers  | x509:CN=worker, O=Acme     | acl.workers: the server knows this name as x509:CN=worker,O=Acme",
        "acl.groups   | orders                     | acl.groups: ",
      })
  void aLineThatIsWrongIsNamedWithWhatIsWrong(String key, String value, String problem) {
    assertThatThrownBy(() -> AppendOnlyAcl.of(Map.of("acl.workers.9", "sasl:w", key, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(problem)
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void allLinesThatAreWrongAreNamedAtOnce() {
    assertThatThrownBy(
            () ->
                AppendOnlyAcl.of(
                    Map.of("acl.workers", "digest:w:x", "acl.readers", "world:", "b", "x:y")))
        .hasMessageContainingAll("acl.readers: no id", "; acl.workers: digest:w:x")
        .hasMessageNotContaining("x:y");
  }

  @Test
  void aWorkerThatIsTheArchiverIsRefusedAsTheBuilderDoes() throws Exception {
    String same = digest("worker");
    assertThatThrownBy(() -> AppendOnlyAcl.of(Map.of("acl.workers", same, "acl.archivers", same)))
        .hasMessageContaining("digest:worker is both archiver and worker");
    assertThatThrownBy(() -> AppendOnlyAcl.of(Map.of("connect", "zk-1:2181")))
        .hasMessageContaining("has no workers");
  }
}
