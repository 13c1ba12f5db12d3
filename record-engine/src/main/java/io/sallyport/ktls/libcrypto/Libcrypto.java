package io.sallyport.ktls.libcrypto;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// Finds `libcrypto.so.3` and hands out its functions.
///
/// The probe runs once, when the class is first used: [#isAvailable()] says whether the library and
/// its version fit, [#description()] what was found or why not, in words for a log line. The
/// classes of this package must not be touched when it is not available.
@SuppressWarnings("restricted") // Calling native code is what this package is for.
public final class Libcrypto {
  private static final String LIBRARY =
      System.getProperty("io.sallyport.libcrypto", "libcrypto.so.3");
  private static final int OPENSSL_VERSION_TEXT = 0;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final @Nullable SymbolLookup SYMBOLS;
  private static final String DESCRIPTION;

  static {
    SymbolLookup symbols = null;
    String description;
    try {
      symbols = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
      description = versionText(symbols);
    } catch (IllegalArgumentException | IllegalCallerException | LinkageError e) {
      symbols = null;
      description = LIBRARY + " cannot be used: " + e.getMessage();
    }
    SYMBOLS = symbols;
    DESCRIPTION = description;
  }

  private Libcrypto() {}

  /// Whether the library was found and is OpenSSL 3.
  public static boolean isAvailable() {
    return SYMBOLS != null;
  }

  /// The library's own version text, or the reason why it cannot be used.
  public static String description() {
    return DESCRIPTION;
  }

  /// A handle to the function `name`; calls may block a safepoint only as long as they run.
  static MethodHandle downcall(String name, FunctionDescriptor function) {
    return LINKER.downcallHandle(find(name), function);
  }

  /// Like [#downcall] for functions of well under a microsecond: the call skips the thread's state
  /// change, so the virtual machine cannot reach a safepoint while it runs.
  static MethodHandle briefDowncall(String name, FunctionDescriptor function) {
    return LINKER.downcallHandle(find(name), function, Linker.Option.critical(false));
  }

  /// What to throw for `e`, which a method handle threw.
  static RuntimeException failure(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException known
        ? known
        : new IllegalStateException("a call to libcrypto failed", e);
  }

  private static MemorySegment find(String name) {
    if (SYMBOLS == null) {
      throw new IllegalStateException(DESCRIPTION);
    }
    return SYMBOLS
        .find(name)
        .orElseThrow(() -> new IllegalStateException(LIBRARY + " has no function " + name));
  }

  private static String versionText(SymbolLookup symbols) {
    MemorySegment function =
        symbols
            .find("OpenSSL_version")
            .orElseThrow(() -> new IllegalArgumentException("it has no OpenSSL_version"));
    try {
      MethodHandle version =
          LINKER.downcallHandle(function, FunctionDescriptor.of(ADDRESS, JAVA_INT));
      MemorySegment text = (MemorySegment) version.invokeExact(OPENSSL_VERSION_TEXT);
      String found = text.reinterpret(256).getString(0);
      if (!found.startsWith("OpenSSL 3.")) {
        throw new IllegalArgumentException("found " + found + ", expected OpenSSL 3");
      }
      return found;
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalArgumentException("its version cannot be read: " + e, e);
    }
  }
}
