package io.sallyport.keyring;

import io.sallyport.config.ConfigError;
import io.sallyport.config.FilePath;
import io.sallyport.config.Position;
import java.io.IOException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// What is wrong with the files of one keyring, collected while they are read. For one call of
/// [KeyringFiles].
final class Findings {
  private static final Comparator<ConfigError> BY_POSITION =
      Comparator.comparingInt((ConfigError error) -> error.position().line())
          .thenComparingInt(error -> error.position().column());

  private final List<ConfigError> errors = new ArrayList<>();
  private final List<ConfigError> warnings = new ArrayList<>();

  boolean hasErrors() {
    return !errors.isEmpty();
  }

  /// In the order of the config.
  List<ConfigError> errors() {
    return errors.stream().sorted(BY_POSITION).toList();
  }

  /// In the order of the config.
  List<ConfigError> warnings() {
    return warnings.stream().sorted(BY_POSITION).toList();
  }

  /// Reports an error; both texts are noun phrases and quote no content of a file that may hold a
  /// secret.
  void reject(FilePath file, String found, String expected) {
    errors.add(error(file, found, expected));
  }

  void reject(Position position, String found, String expected) {
    errors.add(new ConfigError(position, found, expected));
  }

  void warn(FilePath file, String found, String expected) {
    warnings.add(error(file, found, expected));
  }

  /// @param number of the certificate in its file, counted from 1
  void warnOfValidity(FilePath file, int number, X509Certificate certificate) {
    try {
      certificate.checkValidity();
    } catch (CertificateExpiredException _) {
      warn(
          file,
          "certificate " + number + " expired at " + certificate.getNotAfter().toInstant(),
          "one that is valid now");
    } catch (CertificateNotYetValidException _) {
      warn(
          file,
          "certificate " + number + " not valid before " + certificate.getNotBefore().toInstant(),
          "one that is valid now");
    }
  }

  private static ConfigError error(FilePath file, String found, String expected) {
    return new ConfigError(file.position(), found + " in " + file.path(), expected);
  }

  /// What a file that could not be read is, in words for [#reject].
  static String noun(IOException e) {
    String message = e.getMessage();
    return message == null ? "a file that cannot be read" : message;
  }
}
