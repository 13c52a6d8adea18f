package io.tenure.testing;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;

/** The rules that hold in every module. Stateless. */
public final class ArchitectureRules {

  /** Nothing waits by sleeping. */
  public static final ArchRule NOTHING_SLEEPS =
      noClasses().should().callMethod(Thread.class, "sleep", long.class);

  /** There is no static mutable state. */
  public static final ArchRule STATIC_FIELDS_ARE_FINAL =
      fields().that().areStatic().should().beFinal();

  /** What comes from znodes, servers and users reaches a log through one door. */
  public static final ArchRule LOG_LINES_ARE_PRINTABLE =
      noClasses()
          .that()
          .doNotHaveSimpleName("Log")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.slf4j..")
          .because(
              "io.tenure.internal.session.Log makes what it is given printable: declare"
                  + " \"private static final Log log = Log.of(X.class)\"");

  private ArchitectureRules() {}

  /** What a module ships, in a package and those below it. */
  public static JavaClasses shippedIn(String packageName) {
    return new ClassFileImporter()
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
        .importPackages(packageName);
  }

  /** What switches compression off came with Curator 5.8; users' frameworks pin older versions. */
  public static ArchRule compressionIsSwitchedOffInOnePlace() {
    return noClasses()
        .that()
        .doNotHaveSimpleName("Uncompressed")
        .should()
        .callMethodWhere(target(nameMatching("un(de)?compressed")));
  }
}
