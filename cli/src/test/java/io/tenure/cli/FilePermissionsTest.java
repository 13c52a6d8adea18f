package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.recipes.LeaderElection;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who can read the files that the command writes, and those with passwords that it is given. */
@Timeout(120)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "its files have no such permissions")
class FilePermissionsTest {

  private static final String SCOPE = "/close";
  private static final String WARNING = "holds passwords and can be read by others (rw-r--r--)";

  private static TestingServer server;

  @TempDir private Path directory;

  @BeforeAll
  static void start() throws Exception {
    server = new TestingServer();
    try (CuratorFramework client =
        CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryNTimes(3, 50))) {
      client.start();
      try (LeaderElection election = LeaderElection.builder(client, SCOPE).build()) {
        election.acquire().close();
      }
    }
  }

  @AfterAll
  static void end() throws Exception {
    server.close();
  }

  @Test
  void everyFileIsForItsOwnerAloneUnlessTheUmaskIsAskedFor() throws Exception {
    Path byUmask = directory.resolve("plain");
    Files.createFile(byUmask);
    for (List<String> command :
        List.of(
            List.of("timeline", SCOPE, "--out", directory + "/page/timeline.html"),
            List.of("archive", SCOPE, "--once", "--dir", directory + "/archive"))) {
      Path folder = Path.of(command.get(command.size() - 1));
      folder = folder.toString().endsWith(".html") ? folder.getParent() : folder;
      for (String umask : List.of("", "--umask")) {
        delete(folder);
        Files.createDirectory(folder);
        Stream<String> all = Stream.concat(command.stream(), Stream.of(umask));
        Cli.Result result =
            Cli.at(server).run(all.filter(word -> !word.isEmpty()).toArray(String[]::new));
        assertThat(result.exitCode()).as(result.toString()).isZero();
        String expected = umask.isEmpty() ? "rw-------" : permissions(byUmask);
        assertThat(files(folder)).isNotEmpty();
        for (Path file : files(folder)) {
          assertThat(permissions(file)).as("%s %s", file, umask).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void aPageThatReplacesOneThatOthersCouldReadIsForItsOwnerAlone() throws Exception {
    Path page = file("timeline.html", "rw-rw-rw-", "old");
    assertThat(Cli.at(server).run("timeline", SCOPE, "--out", page.toString()).exitCode()).isZero();
    assertThat(permissions(page)).isEqualTo("rw-------");
  }

  @Test
  void passwordsThatOthersCanReadAreWarnedOfOnce() throws Exception {
    Path auth = file("auth", "rw-r--r--", "digest:u:p");
    Path configuration = file("tenure.properties", "rw-r--r--", "auth=digest:u:p");
    Path password = file("password", "rw-r--r--", "secret");
    Path client =
        file(
            "client.properties",
            "rw-r--r--",
            "zookeeper.ssl.keyStore.password=x\nzookeeper.ssl.trustStore.passwordPath=" + password);
    Path logins = file("logins", "rw-r--r--", "Client { };");
    assertWarnings(1, "--auth-file", auth.toString());
    assertWarnings(1, "--config", configuration.toString());
    assertWarnings(2, "--client-configuration", client.toString());
    assertWarnings(
        1, "-D", "java.security.auth.login.config=" + logins, "-D", "zookeeper.sasl.client=false");
    assertWarnings(1, "-D", "zookeeper.ssl.trustStore.passwordPath=" + password);
    for (Path file : List.of(auth, configuration, password, client, logins)) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
    assertWarnings(0, "--auth-file", auth.toString());
    assertWarnings(0, "--config", configuration.toString());
    assertWarnings(0, "--client-configuration", client.toString());
    assertWarnings(
        0, "-D", "java.security.auth.login.config=" + logins, "-D", "zookeeper.sasl.client=false");
    assertWarnings(0, "-D", "zookeeper.ssl.trustStore.passwordPath=" + password);
  }

  @Test
  void aConfigurationWithoutPasswordsMayBeReadByAnybody() throws Exception {
    assertWarnings(0, "--config", file("t.properties", "rw-r--r--", "timeout=9s").toString());
    assertWarnings(
        0,
        "--client-configuration",
        file("c.properties", "rw-r--r--", "zookeeper.request.timeout=9000").toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--auth-file", "--config", "--client-configuration"})
  void aFileThatCannotBeReadIsNamedWithTheReason(String option) {
    assertThat(Cli.at(server).run("who", SCOPE, option, directory + "/none"))
        .satisfies(missing -> assertThat(missing.exitCode()).isEqualTo(ExitCode.USAGE))
        .satisfies(missing -> assertThat(missing.err()).contains("/none", "there is no such file"));
    assertThat(Cli.at(server).run("who", SCOPE, option, directory.toString()))
        .satisfies(folder -> assertThat(folder.exitCode()).isEqualTo(ExitCode.USAGE))
        .satisfies(folder -> assertThat(folder.err()).contains("it is a directory"));
  }

  @Test
  void credentialsCanComeFromStandardInputSoThatTheyAreOnNoCommandLine() {
    InputStream before = System.in;
    try {
      System.setIn(new ByteArrayInputStream("digest:u:p\n".getBytes(StandardCharsets.UTF_8)));
      assertWarnings(0, "--auth-file", "-");
      System.setIn(new ByteArrayInputStream("no colon\n".getBytes(StandardCharsets.UTF_8)));
      assertThat(Cli.at(server).run("who", SCOPE, "--auth-file", "-").exitCode())
          .isEqualTo(ExitCode.USAGE);
    } finally {
      System.setIn(before);
    }
  }

  private static void assertWarnings(int count, String... options) {
    Cli.Result result =
        Cli.at(server)
            .run(
                Stream.concat(Stream.of("audit", SCOPE), Stream.of(options))
                    .toArray(String[]::new));
    assertThat(result.exitCode()).as(result.toString()).isZero();
    assertThat(result.err().lines().filter(line -> line.contains(WARNING)))
        .as(result.toString())
        .hasSize(count);
  }

  private Path file(String name, String permissions, String content) throws Exception {
    Path file = directory.resolve(name);
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return file;
  }

  private static String permissions(Path file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static List<Path> files(Path folder) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private static void delete(Path folder) throws Exception {
    if (Files.exists(folder)) {
      for (Path file : files(folder)) {
        Files.delete(file);
      }
      Files.delete(folder);
    }
  }
}
