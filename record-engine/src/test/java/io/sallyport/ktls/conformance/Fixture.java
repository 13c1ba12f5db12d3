package io.sallyport.ktls.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/// Names the kernel's fixture that a class holds cases of. Its test methods are the cases; they are
/// reported.
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ConformanceReport.class)
@interface Fixture {
  /// The kernel's name; `global` for cases that have none.
  String value();
}
