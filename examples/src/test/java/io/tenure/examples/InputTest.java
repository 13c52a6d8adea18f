package io.tenure.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InputTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "g,a\\nx,1\\ny,zz\\n     | line 3, column a: \"zz\" is not a number",
        "g,a\\nx\\n             | line 2 has 1 fields, unlike the header",
        "g,b\\nx,1\\n           | there is no column \"a\"; choose --group and --amount from [g, b]",
        "g,a\\n                | has a header and no rows",
        "g,a\\nx,1e999999999   | line 2, column a: \"1e999999999\" is not a number of at most 18 digits",
        "g,a\\nx,0.12345678901 | line 2, column a: \"0.12345678901\" is not a number of at most 18 digits",
        "''                    | is empty, and a CSV file with a header is needed"
      })
  void badInputIsRefusedInOneLineThatNamesFileValueAndRule(String text, String message)
      throws Exception {
    Path file = Files.writeString(folder.resolve("in.csv"), text.replace("\\n", "\n").strip());
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Input.read(Optional.of(file), "g", "a"))
        .withMessageContaining(file.toString())
        .withMessageContaining(message);
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheFirstColumn() throws Exception {
    Path file = Files.writeString(folder.resolve("in.csv"), "\ufeffg,a\nx,1.50\nx,2e3\n");
    assertThat(Totals.none().plus(Input.read(Optional.of(file), "g", "a").rows()).total())
        .isEqualTo(new BigDecimal("2001.5"));
  }

  @Test
  void aFolderIsNoFile() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Input.read(Optional.of(folder), "g", "a"))
        .withMessageContaining("is a folder");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Input.read(Optional.of(folder.resolve("none")), "g", "a"))
        .withMessageContaining("there is no such file");
  }

  @Test
  void theDefaultDataIsThereAndAddsUp() {
    Input input = Input.read(Optional.empty(), Input.DEFAULT_GROUP, Input.DEFAULT_AMOUNT);
    assertThat(input.rows()).hasSizeGreaterThan(10_000);
    Totals totals = Totals.none().plus(input.rows());
    assertThat(totals.sums()).hasSize(51);
    assertThat(totals.total()).isEqualByComparingTo(new BigDecimal("271623581"));
    assertThat(Totals.parse(totals.bytes())).isEqualTo(totals);
  }
}
