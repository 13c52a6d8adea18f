package io.tenure.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenure.scope.ForeignDataException;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** What is to be true of every parser of znodes, for any bytes. Stateless. */
public final class Parsing {

  private Parsing() {}

  /**
   * What was read; empty if it was refused, with the one error that may be, which names the znode.
   */
  public static <T> Optional<T> readOrRefused(String path, Supplier<T> parse) {
    try {
      return Optional.of(parse.get());
    } catch (ForeignDataException e) {
      assertThat(e).hasMessageContaining(path);
      return Optional.empty();
    }
  }

  /** What can be read is written so that it reads the same again. */
  public static <T> void comesBack(
      String path, byte[] data, Function<byte[], T> parse, Function<T, byte[]> write) {
    readOrRefused(path, () -> parse.apply(data))
        .ifPresent(read -> assertThat(parse.apply(write.apply(read))).isEqualTo(read));
  }
}
