package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tenure.testing.HostileText;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * For any data in znodes, in archives and on the command line, every command keeps hidden
 * characters from the terminal, and none fails with an internal error.
 */
@Timeout(300)
class HostileDataTest {

  /** They would follow what happens, or serve it, until they are ended. */
  private static final Set<String> ENDLESS = Set.of("serve");

  private static TestingServer server;
  private static CuratorFramework client;

  @BeforeAll
  static void start() throws Exception {
    server = new TestingServer();
    client = CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryNTimes(3, 50));
    client.start();
    new HostileTree(client).make();
  }

  @AfterAll
  static void end() throws Exception {
    client.close();
    server.close();
  }

  private static Cli.Result run(List<String> arguments) {
    Cli.Result result = Cli.at(server).width(200).run(arguments.toArray(String[]::new));
    // The command's own: it moves to the start of the line and clears it, and colors its help.
    String err = result.err().replace("\r\u001b[K", "").replaceAll("\u001b\\[[0-9;]*m", "");
    String out = result.out().replace("\r\n", "\n").replaceAll("\u001b\\[[0-9;]*m", "");
    HostileText.assertNoneIn("the output of " + arguments, out);
    HostileText.assertNoneIn("the errors of " + arguments, err);
    assertThat(result.exitCode()).as("%s: %s", arguments, result).isNotEqualTo(ExitCode.BUG);
    return result;
  }

  private static CommandLine tenure() {
    return new CommandLine(
        new TenureCommand(),
        new Commands(
            new Io(
                new Output(OutputStream.nullOutputStream()),
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
                Map.of(),
                Path.of("/nowhere"),
                Clock.systemUTC(),
                false,
                80,
                new AtomicReference<>(""))));
  }

  /** All commands that do something, by their words. */
  private static Map<List<String>, CommandLine> commands() {
    Map<List<String>, CommandLine> all =
        new TreeMap<>((a, b) -> String.join(" ", a).compareTo(String.join(" ", b)));
    collect(tenure(), List.of(), all);
    return all;
  }

  private static void collect(
      CommandLine command, List<String> words, Map<List<String>, CommandLine> all) {
    if (!words.isEmpty()) {
      all.put(words, command);
    }
    command
        .getSubcommands()
        .forEach(
            (name, each) -> {
              List<String> longer = new ArrayList<>(words);
              longer.add(name);
              collect(each, longer, all);
            });
  }

  /** For commands of a group: a worker or a shard, and perhaps a number. */
  private static final List<List<String>> OF_GROUPS =
      List.of(
          List.of(),
          List.of("0"),
          List.of("1"),
          List.of("w-2"),
          List.of(HostileTree.NAME),
          List.of(HostileTree.NAME, "2"),
          List.of("w-2", HostileTree.ANY));

  /** For the others: what is asked about. */
  private static final List<List<String>> TARGETS =
      List.of(
          List.of(),
          List.of(HostileTree.SCOPE),
          List.of(HostileTree.NAMED),
          List.of(HostileTree.GROUP),
          List.of(HostileTree.GROUP + "/shards/1"),
          List.of("/h/bad"),
          List.of("/" + HostileTree.NAME),
          List.of(HostileTree.ANY),
          List.of(HostileTree.SCOPE, HostileTree.ANY),
          List.of(HostileTree.GROUP, HostileTree.ANY));

  @Test
  void noCommandLetsAHiddenCharacterThrough() throws Exception {
    Set<String> never = new TreeSet<>();
    for (Map.Entry<List<String>, CommandLine> command : commands().entrySet()) {
      boolean understood = false;
      for (List<String> more : lines(command.getKey(), command.getValue().getCommandSpec())) {
        List<String> line = new ArrayList<>(command.getKey());
        line.addAll(more);
        understood |= run(line).exitCode() != ExitCode.USAGE;
      }
      if (!understood) {
        never.add(String.join(" ", command.getKey()));
      }
      new HostileTree(client).make(); // Some commands put things in order.
    }
    // They have tests of their own below; and "shards" has only subcommands.
    assertThat(never).isSubsetOf("archive", "shards", "timeline");
  }

  /** What to give a command, as far as it takes that. */
  private static List<List<String>> lines(List<String> words, CommandSpec spec) {
    boolean ofGroups = spec.findOption("--group") != null;
    List<List<String>> lines = new ArrayList<>();
    lines.add(List.of("--" + HostileTree.ANY));
    lines.add(List.of(HostileTree.ANY, HostileTree.ANY, HostileTree.ANY));
    for (List<String> positionals : ofGroups ? OF_GROUPS : TARGETS) {
      boolean real = String.join("", positionals).startsWith("/h/");
      if (real && (ENDLESS.contains(words.get(0)) || words.get(0).equals("doctor"))) {
        continue; // The doctor takes its time, and without a target looks at everything.
      }
      List<String> line = new ArrayList<>(positionals);
      with(line, spec, "--no-probe");
      with(line, spec, "--wait", "200ms");
      with(line, spec, "--group", HostileTree.GROUP);
      with(line, spec, "--reason", HostileTree.ANY);
      with(line, spec, "--by", HostileTree.ANY);
      with(line, spec, "--to", HostileTree.NAME);
      lines.add(List.copyOf(line));
      with(line, spec, "--dry-run");
      with(line, spec, "--shards");
      lines.add(List.copyOf(line));
      with(line, spec, "--json");
      lines.add(line);
    }
    return lines;
  }

  private static void with(List<String> line, CommandSpec spec, String... option) {
    if (spec.findOption(option[0]) != null) {
      line.addAll(List.of(option));
    }
  }

  @Test
  void archivesAndWhatIsReadFromThemLetNothingThrough(@TempDir Path directory) throws Exception {
    Path dir = directory.resolve("archive");
    for (String target : List.of(HostileTree.SCOPE, HostileTree.NAMED, HostileTree.GROUP)) {
      run(List.of("archive", target, "--dir", dir.toString(), "--once"));
      run(List.of("who", target, "--archive", dir.toString(), "--at", "1m ago"));
      run(List.of("audit", target, "--archive", dir.toString()));
      run(List.of("audit", "verify", target, "--archive", dir.toString()));
      run(List.of("audit", "export", target, "--archive", dir.toString()));
      run(List.of("audit", "export", target, "--archive", dir.toString(), "--format", "csv"));
      Path page = directory.resolve("page.html");
      Cli.Result drawn =
          run(List.of("timeline", target, "-o", page.toString(), "--archive", dir.toString()));
      assertThat(drawn.exitCode()).as(drawn.toString()).isZero();
      HostileText.assertNoneIn("the page of " + target, Files.readString(page));
    }
    Path file = dir.resolve("audit-00000001.jsonl");
    Files.writeString(file, Files.readString(file) + HostileTree.ANY + "\n");
    run(List.of("audit", HostileTree.SCOPE, "--archive", dir.toString()));
    run(List.of("archive", HostileTree.SCOPE, "--dir", dir.toString(), "--once"));
    run(List.of("audit", HostileTree.SCOPE, "--archive", "/" + HostileTree.NAME));
  }

  @Test
  void optionsFromTheEnvironmentAndFromFilesLetNothingThrough(@TempDir Path directory)
      throws Exception {
    Path file = directory.resolve("options.properties");
    Files.writeString(file, HostileTree.NAME + "=1\nwait=" + HostileTree.NAME + "\n");
    run(List.of("status", "--config", file.toString()));
    Files.writeString(file, "timeout=" + HostileTree.NAME + "\n");
    for (List<String> words : commands().keySet()) {
      List<String> line = new ArrayList<>(words);
      line.addAll(List.of("--config", file.toString(), "--help"));
      run(line);
      line.set(line.size() - 1, HostileTree.SCOPE);
      run(line);
    }
    run(List.of("status", "--connect", HostileTree.ANY));
    run(List.of("status", "--namespace", HostileTree.ANY));
    run(List.of("status", "--verbose", "--auth-file", "/" + HostileTree.NAME));
    run(List.of("who", HostileTree.SCOPE, "--at", HostileTree.ANY));
  }

  @Test
  void jsonSaysTheTextsExactly() throws Exception {
    Cli.Result result = run(List.of("audit", "export", HostileTree.GROUP));
    assertThat(result.json())
        .anySatisfy(row -> assertThat(row.path("subject").asText()).isEqualTo(HostileTree.ANY));
  }

  @Test
  void noCellOfTheCsvIsAFormula() throws Exception {
    for (String text : List.of("=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "plain")) {
      client
          .setData()
          .forPath(
              HostileTree.GROUP + "/audit/0000000001-drain-w",
              ("{\"format\":1,\"index\":1,\"event\":\"drain\",\"subject\":\"w\",\"value\":\"\",\"by\":"
                      + new ObjectMapper().writeValueAsString(text)
                      + ",\"reason\":\"\",\"time\":\"2026-03-01T02:00:00Z\",\"previous\":\"0\"}")
                  .getBytes(StandardCharsets.UTF_8));
      String csv = run(List.of("audit", "export", HostileTree.GROUP, "--format", "csv")).out();
      String row = csv.lines().filter(line -> line.contains(",drain,")).findFirst().orElseThrow();
      assertThat(row.split(",", -1)).noneMatch(cell -> cell.matches("\"?[=+\\-@\t\r＝].*"));
      if (text.equals("=1+1")) {
        assertThat(row).contains(",'=1+1,");
      }
    }
    new HostileTree(client).make();
  }

  @Test
  void aMegabyteInAFieldIsNoMegabyteOnTheTerminal() throws Exception {
    String big = "x".repeat(900_000);
    String path = HostileTree.GROUP + "/workers/w-2-0000000002";
    byte[] before = client.getData().forPath(path);
    try {
      for (String field : List.of("zone", "host", "endpoint", "nonce")) {
        ObjectNode worker = (ObjectNode) new ObjectMapper().readTree(before);
        client
            .setData()
            .forPath(path, worker.put(field, big).toString().getBytes(StandardCharsets.UTF_8));
        for (List<String> line :
            List.of(
                List.of("status", HostileTree.GROUP),
                List.of("status", HostileTree.GROUP, "--json"),
                List.of("doctor", HostileTree.GROUP, "--no-probe"))) {
          // There is no terminal with a width, so no line is cut to fit one.
          Cli.Result result = Cli.at(server).run(line.toArray(String[]::new));
          assertThat(result.out().length() + result.err().length())
              .as("%s with a long %s", line, field)
              .isLessThan(60_000);
          assertThat(result.out()).contains("w-2");
        }
      }
    } finally {
      client.setData().forPath(path, before);
    }
  }
}
