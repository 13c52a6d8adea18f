package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.testing.Access;
import io.tenure.testing.Certificates;
import io.tenure.testing.Certificates.Issued;
import io.tenure.testing.Certificates.Validity;
import io.tenure.testing.FirstBytes;
import io.tenure.testing.SecureZooKeeper;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each way in which TLS can fail has a line of its own, with its cause and the way out. */
@Timeout(120)
class TlsFailuresTest {

  private static final String KEY_STORE = "zookeeper.ssl.keyStore.location";
  private static final String KEY_PASSWORD = "zookeeper.ssl.keyStore.password";
  private static final String TRUST_STORE = "zookeeper.ssl.trustStore.location";
  private static final String TRUST_PASSWORD = "zookeeper.ssl.trustStore.password";

  @RegisterExtension static final SecureZooKeeper zk = SecureZooKeeper.withClientCertificates();

  @RegisterExtension
  static final SecureZooKeeper expired =
      SecureZooKeeper.with(Map.of(), authority -> authority.issueForLoopback(Validity.EXPIRED));

  @RegisterExtension
  static final SecureZooKeeper elsewhere =
      SecureZooKeeper.with(
          Map.of("ssl.enabledProtocols", "TLSv1.2"),
          authority -> authority.issueForHost("zk.example.com"));

  private static final Certificates OTHER = Certificates.authority("CN=Other Authority");

  private static Cli.Result run(Access access, String... more) {
    List<String> arguments = new ArrayList<>(List.of("status"));
    arguments.addAll(access.options());
    arguments.addAll(Arrays.asList(more));
    return Cli.nowhere().run(arguments.toArray(String[]::new));
  }

  /** The time limit is a minute, so that the command must have found out, and not given up. */
  private static String failure(Access access, int exitCode) {
    long began = System.nanoTime();
    Cli.Result result = run(access, "--timeout", "1m");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    assertThat(result.exitCode()).as(result.toString()).isEqualTo(exitCode);
    assertThat(result.err().lines()).as(result.err()).hasSize(1);
    assertThat(result.err())
        .startsWith("tenure: ")
        .doesNotContain(Certificates.PASSWORD, "Exception");
    return result.err();
  }

  /** There is no group yet, as only one that is connected can know. */
  private static void connects(Access access) {
    Cli.Result result = run(access);
    assertThat(result.exitCode()).as(result.toString()).isEqualTo(ExitCode.NOT_THERE);
  }

  @Test
  void theRightOnesConnectAndNeedNotNameTheSocket() throws Exception {
    connects(zk.x509("worker"));
    Path password = Files.writeString(zk.file("password"), Certificates.PASSWORD + "\n");
    connects(
        zk.x509("worker")
            .with(KEY_PASSWORD, "")
            .with("zookeeper.ssl.keyStore.passwordPath", password.toString())
            .with(TRUST_PASSWORD, "")
            .with("zookeeper.ssl.trustStore.passwordPath", password.toString()));
    connects(zk.x509("worker").with("zookeeper.clientCnxnSocket", ""));
  }

  @Test
  void aServerOfAnotherAuthorityIsNotTrusted() {
    Path trust = OTHER.trustStore(zk.file("other-trust.p12"));
    assertThat(failure(zk.x509("worker").with(TRUST_STORE, trust.toString()), 4))
        .contains("CN=Test Authority, which is not trusted", trust + " trusts CN=Other Authority")
        .contains("keytool -importcert");
  }

  @Test
  void withoutAStoreOnlyPublicAuthoritiesAreTrusted() {
    assertThat(failure(zk.x509("worker").with(TRUST_STORE, ""), 4))
        .contains("CN=Test Authority, which is not trusted", TRUST_STORE + " names no store");
  }

  @Test
  void anExpiredCertificateOfTheServerIsNamed() {
    assertThat(failure(expired.tls(), 4))
        .contains("the server's certificate CN=zookeeper expired at 20");
  }

  @Test
  void anExpiredCertificateOfTheClientIsNamed() {
    Path store =
        zk.authority().issue("CN=worker", Validity.EXPIRED).keyStore(zk.file("expired.p12"));
    assertThat(failure(zk.x509(store), 5))
        .contains("the client's certificate CN=worker in " + KEY_STORE + "=" + store)
        .contains("expired at 20", "the server refuses it");
  }

  @Test
  void aCertificateForAnotherHostIsNamedWithItsHosts() {
    Access access = elsewhere.tls().with("zookeeper.ssl.enabledProtocols", "TLSv1.2");
    assertThat(failure(access, 4))
        .contains("does not name the host localhost (it names zk.example.com)");
    connects(access.with("zookeeper.ssl.hostnameVerification", "false"));
  }

  @Test
  void aMissingCertificateIsAskedFor() {
    assertThat(failure(zk.tls(), 5))
        .contains("the server wants a certificate of the client, and there is none", KEY_STORE);
  }

  @Test
  void aCertificateOfAnotherAuthorityIsNamedWithTheOneThatIsWanted() {
    Path store = OTHER.issue("CN=worker").keyStore(zk.file("other.p12"));
    assertThat(failure(zk.x509(store), 5))
        .contains("CN=worker in " + KEY_STORE, "issued by CN=Other Authority")
        .contains("takes only those of CN=Test Authority");
  }

  @Test
  void aWrongPasswordIsFoundBeforeAnythingIsSent() {
    assertThat(failure(zk.x509("worker").with(KEY_PASSWORD, "wrong"), 2))
        .contains(KEY_STORE, "the password that " + KEY_PASSWORD + " says is wrong");
    assertThat(failure(zk.x509("worker").with(TRUST_PASSWORD, "wrong"), 2))
        .contains(TRUST_STORE, "the password that " + TRUST_PASSWORD + " says is wrong");
    assertThat(failure(zk.x509("worker").with(KEY_PASSWORD, ""), 2)).contains("(there is none)");
  }

  @Test
  void aMissingFileIsNamed() throws Exception {
    assertThat(failure(zk.x509(Path.of("/nowhere/client.p12")), 2))
        .contains(KEY_STORE + "=/nowhere/client.p12 does not exist");
    assertThat(
            failure(
                zk.x509("worker").with("zookeeper.ssl.keyStore.passwordPath", "/nowhere/password"),
                2))
        .contains("zookeeper.ssl.keyStore.passwordPath=/nowhere/password cannot be read");
    assertThat(failure(zk.x509(zk.file("")), 2)).contains("is no file");
  }

  @Test
  void aDamagedStoreIsNamed() throws Exception {
    Path store = zk.file("damaged.p12");
    Files.writeString(store, "no store at all");
    assertThat(failure(zk.x509(store), 2)).contains(store + " is damaged, or of another type");
    Path pem = zk.file("damaged.pem");
    Files.writeString(pem, "no certificate");
    assertThat(failure(zk.x509("worker").with(TRUST_STORE, pem.toString()), 2))
        .contains(pem.toString());
    Path unknown = Files.copy(zk.trustStore(), zk.file("store"));
    assertThat(failure(zk.x509(unknown), 2))
        .contains("does not tell its type", "zookeeper.ssl.keyStore.type");
    assertThat(failure(zk.x509(zk.trustStore()), 2)).contains("holds no private key");
  }

  @Test
  void aPlainClientIsToldThatTheServerSpeaksTls() {
    assertThat(failure(zk.plain().at(zk.tls().connect()), 4))
        .contains("speaks TLS, and this client does not", "zookeeper.client.secure=true");
  }

  @Test
  void aTlsClientIsToldThatTheServerDoesNotSpeakTls() {
    assertThat(failure(zk.x509("worker").at(zk.plain().connect()), 4))
        .contains("does not speak TLS on that port", "secureClientPort");
  }

  /** It would be looked for by those who read ZooKeeper's documentation. */
  @Test
  void aContextOfTheApplicationIsSaidToCountForNothing() {
    Access access =
        zk.x509("worker").with("zookeeper.ssl.context.supplier.class", "com.example.Context");
    connects(access);
    Path trust = OTHER.trustStore(zk.file("foreign-trust.p12"));
    assertThat(failure(access.with(TRUST_STORE, trust.toString()), 4))
        .contains("CN=Test Authority, which is not trusted")
        .contains("zookeeper.ssl.context.supplier.class=com.example.Context changes nothing");
    assertThat(failure(access.with(TRUST_STORE, "/nowhere/trust.p12"), 2))
        .contains("does not exist", "changes nothing");
  }

  @Test
  void protocolsWithNothingInCommonAreNamed() {
    assertThat(failure(elsewhere.tls().with("zookeeper.ssl.enabledProtocols", "TLSv1.3"), 4))
        .contains("no protocol or cipher in common", "TLSv1.3");
    assertThat(failure(elsewhere.tls().with("zookeeper.ssl.enabledProtocols", "TLSv1.1"), 4))
        .contains("no protocol or cipher in common", "No appropriate protocol", "TLSv1.1");
    assertThat(failure(zk.x509("worker").with("zookeeper.ssl.enabledProtocols", "TLSv9"), 2))
        .contains("zookeeper.ssl.enabledProtocols", "TLSv9");
  }

  @Test
  void noByteLeavesInPlainTextWithoutASocketNamed() throws Exception {
    Access access = zk.x509("worker").with("zookeeper.clientCnxnSocket", "");
    try (FirstBytes proxy = new FirstBytes(access.connect())) {
      connects(access.at(proxy.address()));
      List<String> doctor = new ArrayList<>(List.of("doctor"));
      doctor.addAll(access.at(proxy.address()).options());
      doctor.addAll(List.of("--auth", "digest:worker:secret"));
      Cli.nowhere().run(doctor.toArray(String[]::new));
      assertThat(proxy.first()).hasSizeGreaterThan(2).containsOnly(FirstBytes.TLS_HANDSHAKE);
    }
  }

  @Test
  void aRefusedLoginIsDeniedInOneLine() {
    assertThat(failure(zk.sasl("worker", "wrong"), 5))
        .contains("user, password or ticket is wrong");
    assertThat(failure(zk.sasl("worker").with("zookeeper.fips-mode", ""), 5))
        .contains("DIGEST-MD5", "zookeeper.fips-mode=false");
    connects(zk.sasl("worker"));
  }

  /** ZooKeeper's client would go on without a login, and do what every client may do. */
  @Test
  void aLoginThatCannotBeReadIsRefusedAndNotLeftOut() throws Exception {
    String property = "java.security.auth.login.config";
    assertThat(failure(zk.plain().with(property, "/nowhere/jaas.conf"), 2))
        .contains(property + "=/nowhere/jaas.conf does not exist or cannot be read");
    Path file = Files.writeString(zk.file("half.conf"), "Client { password=\"store-secret\"");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    assertThat(failure(zk.plain().with(property, file.toString()), 2))
        .contains("cannot be understood as a JAAS configuration");
    Files.writeString(file, "Other { com.sun.security.auth.module.Krb5LoginModule required; };");
    assertThat(failure(zk.plain().with(property, file.toString()), 2))
        .contains("has no section \"Client\"", "zookeeper.sasl.clientconfig");
  }

  @Test
  void whatWouldGoInPlainTextIsRefused() {
    assertThat(
            failure(zk.x509("worker").with("zookeeper.clientCnxnSocket", "ClientCnxnSocketNIO"), 2))
        .contains("everything would go in plain text");
    assertThat(failure(zk.x509("worker").with("zookeeper.client.secure", ""), 2))
        .contains("without zookeeper.client.secure");
    assertThat(failure(zk.x509("worker").with("zookeeper.client.secure", " "), 2))
        .contains("without zookeeper.client.secure");
    for (String yes : List.of("yes", "1", "on")) {
      assertThat(failure(zk.plain().with("zookeeper.client.secure", yes), 2))
          .contains("zookeeper.client.secure=" + yes + " is no for ZooKeeper");
    }
    connects(zk.plain().with("zookeeper.client.secure", "False"));
  }

  @Test
  void aKeyWithAnotherPasswordThanItsStoreIsFoundBeforeAnythingIsSent() throws Exception {
    Path store = zk.file("two-passwords.jks");
    KeyStore keys = KeyStore.getInstance("JKS");
    keys.load(null, null);
    Issued worker = zk.authority().issue("CN=worker");
    keys.setKeyEntry(
        "own",
        worker.key(),
        "key-secret".toCharArray(),
        worker.chain().toArray(Certificate[]::new));
    try (OutputStream out = Files.newOutputStream(store)) {
      keys.store(out, Certificates.PASSWORD.toCharArray());
    }
    assertThat(failure(zk.x509(store), 2))
        .contains("has another password for its key than " + KEY_PASSWORD + " says");
  }
}
