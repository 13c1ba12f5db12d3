package io.sallyport.proxy;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.sallyport.keyring.KeySerial;

/// Who may depend on whom. As in Linux: the consumer asks the agent, the agent installs keys into
/// the record layer, the consumer then sends and receives.
@AnalyzeClasses(packages = "io.sallyport", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.sallyport.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theRecordEngineKnowsNoVertxAndNoneOfOurs =
      noClasses()
          .that()
          .resideInAPackage("io.sallyport.ktls..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.vertx..",
              "com.hazelcast..",
              "io.sallyport.config..",
              "io.sallyport.handshake..",
              "io.sallyport.agent..",
              "io.sallyport.keyring..",
              "io.sallyport.proxy..");

  @ArchTest
  static final ArchRule theConfigKnowsNoneOfOurs =
      noClasses()
          .that()
          .resideInAPackage("io.sallyport.config..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.sallyport.ktls..",
              "io.sallyport.handshake..",
              "io.sallyport.agent..",
              "io.sallyport.keyring..",
              "io.sallyport.proxy..",
              "io.vertx..",
              "io.netty..");

  @ArchTest
  static final ArchRule theAgentsSideKnowsNoProxy =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.sallyport.handshake..",
              "io.sallyport.agent..",
              "io.sallyport.keyring..",
              "io.sallyport.cluster..",
              "io.sallyport.link..",
              "io.sallyport.ticket..",
              "io.sallyport.trust..",
              "io.sallyport.envelope..",
              "io.sallyport.audit..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.sallyport.proxy..");

  @ArchTest
  static final ArchRule theAuditLogKnowsNoMoreThanSerials =
      classes()
          .that()
          .resideInAPackage("io.sallyport.audit..")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage("io.sallyport.audit..", "java..", "org.jspecify..")
                  .or(type(KeySerial.class)));

  @ArchTest
  static final ArchRule envelopesAreBytesAndKeysAlone =
      noClasses()
          .that()
          .resideInAPackage("io.sallyport.envelope..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.vertx..",
              "com.hazelcast..",
              "org.bouncycastle..",
              "io.sallyport.config..",
              "io.sallyport.handshake..",
              "io.sallyport.agent..",
              "io.sallyport.keyring..");

  @ArchTest
  static final ArchRule theHandshakeApiKnowsNoAgent =
      noClasses()
          .that()
          .resideInAPackage("io.sallyport.handshake..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.sallyport.agent..");

  @ArchTest
  static final ArchRule anAgentNeverTouchesASocket =
      noClasses()
          .that()
          .resideInAPackage("io.sallyport.agent..")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("io.sallyport.ktls.KtlsSocket");

  @ArchTest
  static final ArchRule bouncyCastleStaysWithTheAgentAndOneCipher =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "io.sallyport.agent..", "io.sallyport.keyring..", "io.sallyport.testing..")
          .and()
          .doNotHaveFullyQualifiedName("io.sallyport.ktls.BcAead")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bouncycastle..");

  @ArchTest
  static final ArchRule hazelcastStaysInTheCluster =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.sallyport.cluster..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.hazelcast..", "io.vertx.spi.cluster..");

  @ArchTest
  static final ArchRule nativeCodeIsForLibcryptoAndForTheSchedulersPolicy =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.sallyport.ktls.libcrypto..")
          .and()
          .doNotHaveFullyQualifiedName("io.sallyport.agent.BatchScheduling")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.lang.foreign..");

  @ArchTest
  static final ArchRule vertxInternalsAreForSocketsAndTheirLoop =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.sallyport.proxy.transport..", "io.sallyport.link..")
          .and()
          .doNotHaveSimpleName("ProxyVerticle")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.vertx.core.internal..");

  @ArchTest
  static final ArchRule theEnvironmentIsNotReadInPassing =
      noClasses().should().callMethod(System.class, "getenv", String.class);
}
