package io.tenure.cli.doctor;

import io.tenure.scope.Printable;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** Numbers and names as people say them. Stateless. */
final class Words {

  private static final int SHOWN = 5;
  private static final int LONGEST = 200;

  private Words() {}

  /** {@code 1 shard}, {@code 3 shards}. */
  static String count(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  /** The first few, and how many more. */
  static String some(Collection<String> names) {
    List<String> first =
        names.stream().limit(SHOWN).map(name -> Printable.of(name, LONGEST)).toList();
    int more = names.size() - first.size();
    return String.join(", ", first) + (more > 0 ? " and " + more + " more" : "");
  }

  static String bytes(long bytes) {
    return bytes < 10_000 ? bytes + " bytes" : (bytes + 512) / 1024 + " KB";
  }

  /** Exact where it matters: {@code 250 ms}, {@code 6.83 s}, {@code 40 s}, {@code 3 h}. */
  static String time(Duration duration) {
    Duration size = duration.abs();
    if (size.compareTo(Duration.ofSeconds(1)) < 0) {
      return size.toMillis() + " ms";
    } else if (size.compareTo(Duration.ofMinutes(2)) < 0) {
      String text = String.format(Locale.ROOT, "%.2f", size.toMillis() / 1000.0);
      return text.replaceAll("\\.?0+$", "") + " s";
    } else if (size.compareTo(Duration.ofHours(2)) < 0) {
      return size.toMinutes() + " min";
    }
    return size.compareTo(Duration.ofDays(2)) < 0 ? size.toHours() + " h" : size.toDays() + " days";
  }

  static String millis(long millis) {
    return time(Duration.ofMillis(millis));
  }

  /** The last segment of a path. */
  static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
