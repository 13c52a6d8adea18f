package io.tenure.cli;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times and durations as people write and read them. Stateless. */
final class Times {

  private static final Pattern AGO = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)(\\s+ago)?");

  private static final String FORMS =
      "give an ISO time (2026-03-01T02:05:00Z; without an offset it is local time), a time of"
          + " today (02:05), or how long ago (90s, 10m, 2h, 3d ago)";

  /** A century; so that sums and nanoseconds of it fit. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private Times() {}

  /**
   * A time as it is written on a command line.
   *
   * @throws CommandException if it is none, or in the future
   */
  static Instant parse(String text, Clock clock, ZoneId zone) {
    Instant now = clock.instant();
    String plain = text.strip();
    Instant time =
        ago(plain)
            .map(now::minus)
            .or(() -> attempt(() -> Instant.parse(plain)))
            .or(() -> attempt(() -> OffsetDateTime.parse(plain).toInstant()))
            .or(() -> attempt(() -> LocalDateTime.parse(plain).atZone(zone).toInstant()))
            .or(
                () ->
                    attempt(
                        () ->
                            LocalTime.parse(plain)
                                .atDate(LocalDate.ofInstant(now, zone))
                                .atZone(zone)
                                .toInstant()))
            .orElseThrow(
                () ->
                    new CommandException(ExitCode.USAGE, "\"" + text + "\" is no time: " + FORMS));
    if (time.isAfter(now)) {
      throw new CommandException(
          ExitCode.USAGE,
          "\""
              + text
              + "\" is "
              + time.truncatedTo(ChronoUnit.SECONDS)
              + ", which lies in the future: it is "
              + now.truncatedTo(ChronoUnit.SECONDS)
              + " here now; "
              + FORMS);
    }
    return time;
  }

  /**
   * A duration as it is written on a command line.
   *
   * @throws CommandException if it is none
   */
  static Duration duration(String text) {
    return ago(text.strip())
        .or(() -> attempt(() -> Duration.parse(text.strip())))
        .filter(duration -> !duration.isNegative() && duration.compareTo(LONGEST) <= 0)
        .orElseThrow(
            () ->
                new CommandException(
                    ExitCode.USAGE,
                    "\""
                        + text
                        + "\" is no duration: give a number with ms, s, m, h or d, at most "
                        + LONGEST.toDays()
                        + " d"));
  }

  private static Optional<Duration> ago(String text) {
    Matcher matcher = AGO.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long number = Long.parseLong(matcher.group(1));
    return Optional.of(
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(number);
          case "s" -> Duration.ofSeconds(number);
          case "m" -> Duration.ofMinutes(number);
          case "h" -> Duration.ofHours(number);
          default -> attempt(() -> Duration.ofDays(number)).orElse(Duration.ofSeconds(number));
        });
  }

  private static <T> Optional<T> attempt(Supplier<T> supplier) {
    try {
      return Optional.of(supplier.get());
    } catch (DateTimeException | ArithmeticException e) {
      return Optional.empty(); // It is written in another form, or in none.
    }
  }

  /** How long, in one unit or two: {@code 3 h 12 min}. */
  static String shown(Duration duration) {
    long seconds = Math.max(0, duration.toSeconds());
    if (seconds < 1) {
      return Math.max(0, duration.toMillis()) + " ms";
    } else if (seconds < 60) {
      return seconds + " s";
    } else if (seconds < 3_600) {
      return seconds / 60 + " min " + seconds % 60 + " s";
    } else if (seconds < 86_400) {
      return seconds / 3_600 + " h " + seconds / 60 % 60 + " min";
    }
    return seconds / 86_400 + " d " + seconds / 3_600 % 24 + " h";
  }

  /** Since when, with how long that is. */
  static String since(Instant time, Clock clock) {
    return time.truncatedTo(ChronoUnit.MILLIS)
        + " ("
        + shown(Duration.between(time, clock.instant()))
        + ")";
  }
}
