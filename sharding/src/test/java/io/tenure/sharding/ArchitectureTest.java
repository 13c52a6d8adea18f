package io.tenure.sharding;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasName;
import io.tenure.testing.ArchitectureRules;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What decides is pure, little is public, and nothing of the audit's is needed to lead. */
class ArchitectureTest {

  private static final JavaClasses MAIN = ArchitectureRules.shippedIn("io.tenure.sharding");

  private static final Set<String> CORE =
      Set.of(
          "WorkerMachine",
          "ShardClaim",
          "ShardClaims",
          "WorkerEvent",
          "WorkerAction",
          "CommitQueue",
          "CoordinatorMachine",
          "Planning",
          "PlanDraft",
          "Members",
          "MovesInFlight",
          "Joining",
          "LoadBalance",
          "Placement",
          "Quotas",
          "StandbyPlacement",
          "GroupEdits",
          "Rehearsal");

  /** What is there for operators alone. */
  private static final String OPERATORS =
      "io\\.tenure\\.sharding\\.(ShardGroup|ArchivedOperations"
          + "|Group(Change|Edit|Edits|Facts|Picture|Reads|Status|StatusReading|Trail|Writer)"
          + "|Operation|OperationEntry|OperationTrail|OperatorText|PlacementPreview"
          + "|Rehearsal)(\\$.*)?";

  private static final DescribedPredicate<JavaClass> THE_CORE =
      DescribedPredicate.describe(
          "the core", type -> CORE.contains(type.getName().replaceAll("^.*\\.|\\$.*$", "")));

  private static final DescribedPredicate<JavaClass> A_RIM =
      DescribedPredicate.describe(
          "Curator, ZooKeeper, a logger or a thread",
          type ->
              type.getPackageName().startsWith("org.apache")
                  || type.getPackageName().startsWith("org.slf4j")
                  || (type.getPackageName().startsWith("java.util.concurrent")
                      && !type.getSimpleName().equals("TimeUnit")));

  @Test
  void theCoreKnowsNoCuratorNoClockNoThreadAndNoLog() {
    noClasses()
        .that(THE_CORE)
        .should()
        .dependOnClassesThat(A_RIM)
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .check(MAIN);
  }

  @Test
  void allOfTheCoreIsThere() {
    for (String name : CORE) {
      MAIN.get("io.tenure.sharding." + name);
    }
  }

  @Test
  void timeComesFromTheMonitorsClock() {
    noClasses()
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
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
  void thereIsNoStaticMutableState() {
    ArchitectureRules.STATIC_FIELDS_ARE_FINAL.check(MAIN);
  }

  @Test
  void nobodyNeedsTheAuditTrailToLead() {
    noClasses()
        .that()
        .haveNameNotMatching(OPERATORS)
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.tenure.audit").or(HasName.Predicates.nameMatching(OPERATORS)))
        .check(MAIN);
  }

  @Test
  void whatIsPublicIsMeantToBe() {
    classes()
        .that()
        .arePublic()
        .and()
        .areTopLevelClasses()
        .and()
        .areNotInterfaces()
        .and()
        .areNotRecords()
        .should()
        .haveNameMatching(
            ".*\\.(ShardWorker|ShardGroup|ShardDirectory|ShardSet|WorkerState"
                + "|GroupSettingsException|package-info)")
        .check(MAIN);
  }

  @Test
  void olderVersionsOfCuratorHaveWhatIsCalled() {
    ArchitectureRules.compressionIsSwitchedOffInOnePlace().check(MAIN);
  }
}
