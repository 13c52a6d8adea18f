package io.tenure.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.internal.tls.TlsProblem.Kind;
import io.tenure.testing.Access;
import io.tenure.testing.Certificates;
import io.tenure.testing.SecureZooKeeper;
import java.nio.file.Path;
import org.apache.zookeeper.client.ZKClientConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What is found out of a client by its configuration, and what is said not to be known. */
@Timeout(60)
class TlsDiagnosisTest {

  private static final String SOCKET = "zookeeper.clientCnxnSocket";

  @RegisterExtension static final SecureZooKeeper zk = SecureZooKeeper.withoutClientCertificates();

  @TempDir Path folder;

  private Access distrustful() {
    Path trust = Certificates.authority("CN=Other").trustStore(folder.resolve("trust.p12"));
    return zk.tls().with("zookeeper.ssl.trustStore.location", trust.toString());
  }

  @Test
  void theStoresOfAClientWithASocketOfAnotherMakeAreNotTakenForItsOwn() {
    Access access = distrustful().with(SOCKET, "com.example.OwnSocket");
    ZKClientConfig config = access.clientConfig();
    assertThat(TlsDiagnosis.of(config, access.connect())).isEmpty();
    assertThat(TlsDiagnosis.cannotTell(config).orElseThrow())
        .contains("cannot be told", SOCKET + "=com.example.OwnSocket");
    assertThat(TlsDiagnosis.of(config, zk.plain().connect()).orElseThrow().sentence())
        .contains("does not speak TLS on that port");
    assertThat(
            TlsDiagnosis.ofStores(
                access.with("zookeeper.ssl.trustStore.location", "/nowhere").clientConfig()))
        .isEmpty();
  }

  @Test
  void theStoresOfZooKeepersOwnSocketAreLookedAtHoweverItIsNamed() {
    for (String socket : new String[] {TlsSettings.NETTY, "ClientCnxnSocketNetty"}) {
      Access access = distrustful().with(SOCKET, socket);
      assertThat(TlsDiagnosis.cannotTell(access.clientConfig())).isEmpty();
      assertThat(TlsDiagnosis.of(access.clientConfig(), access.connect()).orElseThrow())
          .matches(problem -> problem.kind() == Kind.CONNECTION)
          .matches(problem -> problem.sentence().contains("which is not trusted"));
    }
  }
}
