package io.sallyport.ktls.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;

/// Whether the suite is the kernel's: no case of it missing, none invented.
class AllCasesTest {
  private static final int CASES = 96;

  @Test
  void everyCaseOfTheKernelIsReportedUnderItsName() throws IOException {
    List<String> kernels = casesOfTheKernel();
    assertThat(kernels).hasSize(CASES).doesNotHaveDuplicates();
    assertThat(casesHere()).containsExactlyInAnyOrderElementsOf(kernels);
  }

  private static List<String> casesOfTheKernel() throws IOException {
    try (InputStream list = requireNonNull(AllCasesTest.class.getResourceAsStream("cases.txt"))) {
      return new String(list.readAllBytes(), US_ASCII).lines().toList();
    }
  }

  private static List<String> casesHere() {
    List<String> cases = new ArrayList<>();
    List<Class<?>> fixtures =
        ReflectionSupport.findAllClassesInPackage(
            AllCasesTest.class.getPackageName(), AllCasesTest::holdsCases, name -> true);
    for (Class<?> fixture : fixtures) {
      for (Method test :
          AnnotationSupport.findAnnotatedMethods(
              fixture, Test.class, HierarchyTraversalMode.TOP_DOWN)) {
        cases.add(ConformanceReport.caseName(fixture, test));
      }
    }
    return cases;
  }

  private static boolean holdsCases(Class<?> type) {
    return type.isAnnotationPresent(Fixture.class) && !Modifier.isAbstract(type.getModifiers());
  }
}
