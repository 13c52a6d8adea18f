package io.tenure.sharding;

import static io.tenure.testing.Parsing.comesBack;
import static io.tenure.testing.Parsing.readOrRefused;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;

/**
 * Any bytes in any znode of a group: each parser reads them or refuses them with the one error that
 * it may throw, and what it has read it writes so that it reads the same again.
 *
 * <p>Every input goes to every parser, so that one run of the fuzzer covers all of them.
 */
class GroupZnodesFuzzTest {

  private static final String PATH = "/some/group";

  @FuzzTest
  void anyBytesAreReadOrRefused(byte[] data) {
    comesBack(PATH, data, bytes -> GroupSettings.parse(PATH, bytes), GroupSettings::bytes);
    comesBack(PATH, data, bytes -> OperationEntry.parse(PATH, bytes), OperationEntry::bytes);
    for (boolean numbered : new boolean[] {true, false}) {
      settles(data, bytes -> PlanNode.parse(PATH, bytes), node -> node.bytes(numbered));
      settles(data, bytes -> PlanSummary.parse(PATH, bytes), summary -> summary.bytes(numbered));
      settles(data, bytes -> WorkerNode.parse(PATH, bytes), worker -> worker.bytes(numbered));
    }
    directive(data);
  }

  /** Its name is before the first line break, its data behind it. */
  private static void directive(byte[] data) {
    int at = 0;
    while (at < data.length && data[at] != '\n') {
      at++;
    }
    String name = new String(data, 0, at, StandardCharsets.UTF_8).replace('/', '_');
    byte[] value = java.util.Arrays.copyOfRange(data, Math.min(at + 1, data.length), data.length);
    Directives read =
        Directives.parse(List.of(new Directives.Written(PATH + "/directives/" + name, value)));
    assertThat(
            read.drains().size()
                + read.capacities().size()
                + read.pins().size()
                + read.moves().size()
                + read.ignored().size())
        .as("either it counts or it is said why not: %s", read)
        .isEqualTo(1);
  }

  /** Lists of shards are sorted when they are written; from then on they stay as they are. */
  private static <T> void settles(
      byte[] data, Function<byte[], T> parse, Function<T, byte[]> write) {
    readOrRefused(PATH, () -> parse.apply(data))
        .ifPresent(
            read -> {
              byte[] once = write.apply(read);
              assertThat(write.apply(parse.apply(once))).isEqualTo(once);
            });
  }
}
