package io.tenure.internal.session;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.curator.framework.CuratorFramework;

/**
 * The versions of Curator, Jackson and ZooKeeper's client that Tenure runs with. A framework pins
 * them in a user's build, and an older one than Tenure needs lacks methods: that is said when
 * something is built, and not found out in the middle of an election.
 *
 * <p>Stateless.
 */
public final class Libraries {

  /** The oldest versions that Tenure is tested with. */
  static final String CURATOR = "5.7.1";

  static final String JACKSON = "2.13.0";

  /** The oldest clients of ZooKeeper that keep passwords of key stores out of the log. */
  static final String ZOOKEEPER = "3.9.5";

  static final String ZOOKEEPER_3_8 = "3.8.6";

  private static final Log log = Log.of(Libraries.class);

  private static final Pattern NUMBERS = Pattern.compile("(\\d+)\\.(\\d+)(?:\\.(\\d+))?.*");

  private Libraries() {}

  /** The versions do not change while a process runs. */
  private static final Optional<String> PROBLEM = problem();

  static {
    adviceOnZooKeeper(org.apache.zookeeper.Version.getVersion()).ifPresent(log::warn);
  }

  /**
   * Throws unless Tenure can run with the versions on the class path. A version that does not tell
   * its number, in a jar that several were put into, is taken as it is.
   *
   * @throws IllegalStateException naming what was found and what is needed
   */
  public static void require() {
    if (PROBLEM.isPresent()) {
      throw new IllegalStateException(PROBLEM.get());
    }
  }

  private static Optional<String> problem() {
    return problem("Curator", curatorVersion(), CURATOR, "org.apache.curator:curator-recipes")
        .or(
            () ->
                problem(
                    "Jackson",
                    Optional.of(new ObjectMapper().version())
                        .filter(version -> !version.isUnknownVersion())
                        .map(Object::toString),
                    JACKSON,
                    "com.fasterxml.jackson.core:jackson-databind"));
  }

  static Optional<String> problem(
      String name, Optional<String> found, String needed, String artifact) {
    return found
        .filter(version -> isOlder(version, needed))
        .map(
            version ->
                name
                    + " "
                    + version
                    + " is on the class path, and Tenure needs "
                    + needed
                    + " or newer: a parent or a bill of materials of the build pins it. Declare "
                    + artifact
                    + " in a newer version there");
  }

  /** Tenure works with older clients of ZooKeeper; what is wrong with them, and what to do. */
  static Optional<String> adviceOnZooKeeper(String found) {
    boolean safe =
        !isOlder(found, ZOOKEEPER) || (isOlder(found, "3.9") && !isOlder(found, ZOOKEEPER_3_8));
    return safe
        ? Optional.empty()
        : Optional.of(
            "ZooKeeper's client "
                + found
                + " is on the class path: before "
                + ZOOKEEPER
                + " (or "
                + ZOOKEEPER_3_8
                + ") it writes its configuration into the log at INFO, passwords of key stores as"
                + " well. Declare org.apache.zookeeper:zookeeper in version "
                + ZOOKEEPER
                + " or newer");
  }

  private static boolean isOlder(String found, String needed) {
    Matcher one = NUMBERS.matcher(found);
    Matcher other = NUMBERS.matcher(needed);
    if (!one.matches() || !other.matches()) {
      return false;
    }
    return Arrays.compare(numbers(one), numbers(other)) < 0;
  }

  private static int[] numbers(Matcher version) {
    int[] numbers = new int[version.groupCount()];
    for (int i = 0; i < numbers.length; i++) {
      String number = version.group(i + 1);
      numbers[i] = number == null ? 0 : Integer.parseInt(number);
    }
    return numbers;
  }

  private static Optional<String> curatorVersion() {
    try (InputStream in =
        CuratorFramework.class.getResourceAsStream(
            "/META-INF/maven/org.apache.curator/curator-framework/pom.properties")) {
      if (in == null) {
        return Optional.empty();
      }
      Properties properties = new Properties();
      properties.load(in);
      return Optional.ofNullable(properties.getProperty("version"));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
