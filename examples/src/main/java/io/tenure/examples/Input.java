package io.tenure.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * The rows that the nightly close adds up, from any CSV file with a header. Immutable.
 *
 * <p>By default it reads population estimates of some 43,000 places in the United States: Census
 * Bureau, SUB-EST2015, a work of the US government and in the public domain there (17 U.S.C. 105),
 * as packed by the Synthea project.
 */
record Input(String name, List<Row> rows) {

  static final String DEFAULT_GROUP = "STNAME";
  static final String DEFAULT_AMOUNT = "POPESTIMATE2015";
  private static final String DEFAULT_RESOURCE = "/geography/demographics.csv";
  private static final String DEFAULT_NAME = "US Census Bureau SUB-EST2015 (public domain)";

  /** What the table's column takes: larger or finer amounts would not come back as they went in. */
  static final int MAX_INTEGER_DIGITS = 18;

  static final int MAX_FRACTION_DIGITS = 10;

  /** One row: an amount that counts for a group. */
  record Row(String group, BigDecimal amount) {}

  /**
   * Reads a file, or the default data.
   *
   * @throws InputException naming the file, the line, the value and the rule
   */
  static Input read(Optional<Path> file, String group, String amount) {
    String name = file.map(Path::toString).orElse(DEFAULT_NAME);
    try (Reader reader = open(file)) {
      return new Input(name, parse(name, reader, group, amount));
    } catch (CharacterCodingException e) {
      throw new InputException(name + ": is not UTF-8 text", e);
    } catch (IOException | UncheckedIOException e) {
      throw new InputException(name + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static Reader open(Optional<Path> file) throws IOException {
    if (file.isEmpty()) {
      InputStream data = Input.class.getResourceAsStream(DEFAULT_RESOURCE);
      if (data == null) {
        throw new InputException(
            "the default data set is not on the class path: build the module with Maven, or give"
                + " --input");
      }
      return new BufferedReader(new InputStreamReader(data, StandardCharsets.UTF_8));
    }
    if (Files.isDirectory(file.get())) {
      throw new InputException(file.get() + ": is a folder, not a CSV file");
    }
    if (!Files.exists(file.get())) {
      throw new InputException(file.get() + ": there is no such file");
    }
    return withoutByteOrderMark(Files.newBufferedReader(file.get(), StandardCharsets.UTF_8));
  }

  /** Spreadsheets put one in front, and it would become part of the first column's name. */
  private static Reader withoutByteOrderMark(Reader reader) throws IOException {
    reader.mark(1);
    if (reader.read() != '\ufeff') {
      reader.reset();
    }
    return reader;
  }

  private static List<Row> parse(String name, Reader reader, String group, String amount)
      throws IOException {
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
    try (CSVParser parser = CSVParser.parse(reader, format)) {
      List<String> columns = parser.getHeaderNames();
      if (columns.isEmpty()) {
        throw new InputException(name + ": is empty, and a CSV file with a header is needed");
      }
      for (String wanted : List.of(group, amount)) {
        if (!columns.contains(wanted)) {
          throw new InputException(
              name
                  + ": there is no column \""
                  + wanted
                  + "\"; choose --group and --amount from "
                  + columns.stream().limit(12).toList()
                  + (columns.size() > 12 ? " and " + (columns.size() - 12) + " more" : ""));
        }
      }
      List<Row> rows = new ArrayList<>();
      for (CSVRecord record : parser) {
        rows.add(row(name, parser.getCurrentLineNumber(), record, group, amount));
      }
      if (rows.isEmpty()) {
        throw new InputException(name + ": has a header and no rows: nothing to add up");
      }
      return List.copyOf(rows);
    } catch (IllegalArgumentException e) {
      throw new InputException(name + ": is no CSV with a header: " + e.getMessage(), e);
    }
  }

  private static Row row(String name, long line, CSVRecord record, String group, String amount) {
    if (!record.isConsistent()) {
      throw new InputException(
          name + ": line " + line + " has " + record.size() + " fields, unlike the header");
    }
    String value = record.get(amount).strip();
    try {
      return new Row(record.get(group).strip(), checked(new BigDecimal(value)));
    } catch (ArithmeticException | NumberFormatException e) {
      throw new InputException(
          name
              + ": line "
              + line
              + ", column "
              + amount
              + ": \""
              + (value.length() > 40 ? value.substring(0, 40) + "…" : value)
              + "\" is not a number of at most "
              + MAX_INTEGER_DIGITS
              + " digits before and "
              + MAX_FRACTION_DIGITS
              + " after the point, and each amount must be one",
          e);
    }
  }

  /**
   * The amount, written without an exponent. The length is checked first: {@code 1e999999999} is a
   * number, but it cannot be added to.
   */
  private static BigDecimal checked(BigDecimal amount) {
    long integerDigits = (long) amount.precision() - amount.scale();
    if (amount.signum() == 0) {
      return BigDecimal.ZERO;
    }
    if (integerDigits > MAX_INTEGER_DIGITS || integerDigits < -MAX_FRACTION_DIGITS) {
      throw new ArithmeticException("out of range");
    }
    BigDecimal plain = amount.stripTrailingZeros();
    if (plain.scale() > MAX_FRACTION_DIGITS) {
      throw new ArithmeticException("too fine");
    }
    return plain.setScale(Math.max(0, plain.scale()));
  }
}
