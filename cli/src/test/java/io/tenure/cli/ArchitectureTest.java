package io.tenure.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass.Predicates;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What draws knows no ZooKeeper, what serves changes nothing, and times come from one clock. */
class ArchitectureTest {

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
          .importPackages("io.tenure.cli");

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
  void nothingWaitsBySleeping() {
    noClasses().should().callMethod(Thread.class, "sleep", long.class).check(MAIN);
  }

  @Test
  void thereIsNoStaticMutableState() {
    fields().that().areStatic().should().beFinal().check(MAIN);
  }
}
