package io.tenure.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Any input, each line an argument, gives one line on standard error and an exit code that says
 * why, never an internal error. The servers' addresses are wrong, so no command gets further.
 */
class CommandLineFuzzTest {

  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-03-01T12:00:00Z"), ZoneOffset.UTC);

  @FuzzTest
  void anyCommandLineIsUnderstoodOrRefused(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8).replace('\0', '?');
    List<String> arguments = text.lines().toList();
    if (!arguments.contains("--connect")
        && arguments.stream().noneMatch(each -> each.startsWith("--connect="))) {
      Cli.Result result = Cli.at("no port:here").clock(NOON).run(arguments.toArray(String[]::new));
      assertThat(result.exitCode()).as("%s: %s", arguments, result).isNotEqualTo(ExitCode.BUG);
      assertThat(result.err()).as("%s", arguments).doesNotContain("internal error", "\tat ");
    }
    for (String word : arguments) {
      understoodOrRefused(word, each -> Times.duration(each).toNanos());
      understoodOrRefused(word, each -> Times.parse(each, NOON, ZoneOffset.UTC).toEpochMilli());
    }
    for (int i = 1; i < arguments.size(); i++) {
      String a = arguments.get(i - 1);
      String b = arguments.get(i);
      assertThat(Integer.signum(Names.NATURAL.compare(a, b)))
          .isEqualTo(-Integer.signum(Names.NATURAL.compare(b, a)));
    }
  }

  private static void understoodOrRefused(String word, ToLongFunction<String> parse) {
    try {
      assertThat(parse.applyAsLong(word)).isNotEqualTo(Long.MIN_VALUE);
    } catch (CommandException e) {
      assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE);
      assertThat(e.getMessage()).contains(word);
    }
  }
}
