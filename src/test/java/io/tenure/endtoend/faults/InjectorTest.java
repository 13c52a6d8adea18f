package io.tenure.endtoend.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.endtoend.faults.Processes.Child;
import io.tenure.endtoend.faults.Violation.Rule;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the injector itself holds against a process. */
class InjectorTest {

  /** Ends at once, or with its input. */
  static final class Ends {
    private Ends() {}

    public static void main(String[] arguments) throws IOException {
      if (arguments[0].equals("never")) {
        System.in.read();
      }
    }
  }

  @TempDir private Path directory;

  @Test
  void aProcessThatDoesNotEndIsFoundAndKilledAndOneThatEndsIsNot() throws Exception {
    try (Processes processes = new Processes(directory)) {
      Child ends = processes.start("ends", Ends.class, List.of("at once"));
      Child stays = processes.start("stays", Ends.class, List.of("never"));
      assertThat(Injector.ended(ends, Duration.ofMinutes(1), "w-1")).isEmpty();
      assertThat(Injector.ended(stays, Duration.ofMillis(1), "w-2 when told"))
          .hasValueSatisfying(
              found -> {
                assertThat(found.rule()).isEqualTo(Rule.DID_NOT_END);
                assertThat(found.toString()).contains("w-2 when told");
              });
      assertThat(stays.isAlive()).isFalse();
    }
  }
}
