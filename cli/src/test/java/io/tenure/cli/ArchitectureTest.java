package io.tenure.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass.Predicates;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasOwner;
import io.tenure.testing.ArchitectureRules;
import java.io.PrintStream;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What draws knows no ZooKeeper, what serves changes nothing, and times come from one clock. */
class ArchitectureTest {

  private static final JavaClasses MAIN = ArchitectureRules.shippedIn("io.tenure.cli");

  @Test
  void whatDrawsAndWhatServesKnowNeitherCuratorNorZooKeeper() {
    noClasses()
        .that()
        .resideInAnyPackage("io.tenure.cli.timeline..", "io.tenure.cli.serve..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.curator..", "org.apache.zookeeper..")
        .check(MAIN);
  }

  @Test
  void theTimelineKnowsNotWhoShowsIt() {
    noClasses()
        .that()
        .resideInAPackage("io.tenure.cli.timeline..")
        .should()
        .dependOnClassesThat(
            Predicates.resideInAnyPackage(
                "io.tenure.cli", "io.tenure.cli.serve..", "io.tenure.cli.doctor..", "picocli.."))
        .check(MAIN);
  }

  @Test
  void theDoctorAndTheServerKnowNoCommand() {
    noClasses()
        .that()
        .resideInAnyPackage("io.tenure.cli.doctor..", "io.tenure.cli.serve..")
        .should()
        .dependOnClassesThat(Predicates.resideInAnyPackage("io.tenure.cli", "picocli.."))
        .check(MAIN);
  }

  @Test
  void theTimeOfDayComesFromTheClockOfTheCommand() {
    noClasses()
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .check(MAIN);
  }

  @Test
  void logLinesArePrintable() {
    ArchitectureRules.LOG_LINES_ARE_PRINTABLE.check(MAIN);
  }

  @Test
  void nothingWaitsBySleeping() {
    ArchitectureRules.NOTHING_SLEEPS.check(MAIN);
  }

  @Test
  void onStandardErrorPrintsOnlyWhatMakesTextPrintable() {
    noClasses()
        .that()
        .haveNameNotMatching("io\\.tenure\\.cli\\.(Failures|Progress|Waiting)")
        .should()
        .callMethodWhere(
            JavaCall.Predicates.target(
                HasOwner.Predicates.With.owner(Predicates.equivalentTo(PrintStream.class))))
        .because("Failures.say makes what it is given printable")
        .check(MAIN);
  }

  @Test
  void thereIsNoStaticMutableState() {
    ArchitectureRules.STATIC_FIELDS_ARE_FINAL.check(MAIN);
  }
}
