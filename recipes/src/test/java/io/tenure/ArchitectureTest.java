package io.tenure;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import io.tenure.testing.ArchitectureRules;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Dependencies point downwards: recipes and audit, then internal.session and internal.leadership,
 * internal, lease, scope; and the core is pure.
 */
class ArchitectureTest {

  private static final JavaClasses MAIN = ArchitectureRules.shippedIn("io.tenure");

  private static final Set<String> CORE =
      Set.of(
          "ElectionMachine",
          "ElectionEvent",
          "ElectionAction",
          "QuorumEvidence",
          "LeaseTerms",
          "Moment");

  private static final DescribedPredicate<JavaClass> THE_CORE =
      DescribedPredicate.describe(
          "the core",
          type ->
              type.getPackageName().equals("io.tenure.internal.leadership")
                  || (Set.of("io.tenure.recipes", "io.tenure.internal.session")
                          .contains(type.getPackageName())
                      && CORE.contains(type.getName().replaceAll("^.*\\.|\\$.*$", ""))));

  @Test
  void scopeDependsOnNoOtherPackageOfTenure() {
    noClasses()
        .that()
        .resideInAPackage("io.tenure.scope")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.tenure.lease..", "io.tenure.internal..", "io.tenure.audit..", "io.tenure.recipes..")
        .check(MAIN);
  }

  @Test
  void leaseDependsOnScopeAlone() {
    noClasses()
        .that()
        .resideInAPackage("io.tenure.lease")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.tenure.internal..", "io.tenure.audit..", "io.tenure.recipes..")
        .check(MAIN);
  }

  @Test
  void theSessionDoesNotKnowWhoUsesIt() {
    noClasses()
        .that()
        .resideInAPackage("io.tenure.internal.session")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.tenure.audit..", "io.tenure.recipes..")
        .check(MAIN);
  }

  @Test
  void internalIsPureAndDependsOnScopeAlone() {
    classes()
        .that()
        .resideInAPackage("io.tenure.internal")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.tenure.internal",
            "io.tenure.scope",
            "com.fasterxml.jackson..",
            "org.jspecify.annotations",
            "java.lang..",
            "java.io",
            "java.nio..",
            "java.security",
            "java.time",
            "java.util",
            "java.util.function",
            "java.util.stream")
        .check(MAIN);
  }

  @Test
  void leadershipIsPureAndDependsOnInternalAndScopeAlone() {
    classes()
        .that()
        .resideInAPackage("io.tenure.internal.leadership")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.tenure.internal",
            "io.tenure.internal.leadership",
            "io.tenure.scope",
            "org.jspecify.annotations",
            "java.lang..",
            "java.time",
            "java.util",
            "java.util.function")
        .check(MAIN);
  }

  @Test
  void auditDoesNotKnowTheRecipes() {
    noClasses()
        .that()
        .resideInAPackage("io.tenure.audit")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.tenure.recipes")
        .check(MAIN);
  }

  @Test
  void theCoreKnowsNoCuratorNoClockNoThreadAndNoLog() {
    noClasses()
        .that(THE_CORE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache..", "org.slf4j..", "java.util.concurrent..")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
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
  void thereIsNoStaticMutableState() {
    ArchitectureRules.STATIC_FIELDS_ARE_FINAL.check(MAIN);
  }

  @Test
  void whatIsPublicInRecipesIsMeantToBe() {
    classes()
        .that()
        .resideInAPackage("io.tenure.recipes")
        .and()
        .arePublic()
        .and()
        .areTopLevelClasses()
        .and()
        .areNotInterfaces()
        .and()
        .areNotRecords()
        .should()
        .haveNameMatching(".*\\.(LeaderElection|SessionMonitor|package-info)")
        .check(MAIN);
  }

  @Test
  void olderVersionsOfCuratorHaveWhatIsCalled() {
    ArchitectureRules.compressionIsSwitchedOffInOnePlace().check(MAIN);
  }
}
