package io.sallyport.keyring;

import io.sallyport.config.CertificateConfig;
import io.sallyport.config.ConfigError;
import io.sallyport.config.FilePath;
import io.sallyport.config.KeyringConfig;
import io.sallyport.config.PskConfig;
import java.util.ArrayList;
import java.util.List;

/// Reads the files of a keyring into [KeyMaterial], or finds all that is wrong with them.
///
/// Blocks on the file system, so it does not belong on an event loop. Each error stands at the
/// place where the config names the file.
public final class KeyringFiles {
  /// What reading comes to.
  public sealed interface Result {}

  /// Every file is as it should be.
  ///
  /// @param material certificates, pre-shared keys, whom to trust, in the order of the config; the
  ///   caller closes it
  /// @param warnings what an operator should know, in the order of the config: certificates outside
  ///   their validity, outdated CRLs and OCSP responses, anchors that are no certification
  ///   authorities
  public record Read(List<KeyMaterial> material, List<ConfigError> warnings) implements Result {
    public Read {
      material = List.copyOf(material);
      warnings = List.copyOf(warnings);
    }
  }

  /// The files are wrong, and nothing was kept.
  ///
  /// @param errors all of them, at least one, in the order of the config
  public record Rejected(List<ConfigError> errors) implements Result {
    public Rejected {
      errors = List.copyOf(errors);
    }
  }

  private KeyringFiles() {}

  /// Reads every file of `config`.
  public static Result read(KeyringConfig config) {
    Findings findings = new Findings();
    CertificateFiles certificates = new CertificateFiles(findings);
    TrustFiles trust = new TrustFiles(findings);
    List<KeyMaterial> material = new ArrayList<>();
    for (CertificateConfig certificate : config.certificates()) {
      certificates.read(certificate).ifPresent(material::add);
    }
    for (PskConfig psk : config.psks()) {
      PskFile.read(psk.secretFile(), findings)
          .map(secret -> new KeyMaterial.PreShared(psk.identity(), secret))
          .ifPresent(material::add);
    }
    trust.read(KeyMaterial.Type.CLIENT_TRUST, config.clientTrust()).ifPresent(material::add);
    trust.read(KeyMaterial.Type.SERVER_TRUST, config.serverTrust()).ifPresent(material::add);
    return result(material, findings);
  }

  /// Reads the one certificate chain and private key of a PKCS#12 file (RFC 7292).
  ///
  /// The JDK opens it, on the heap: the password and the encoded key are wiped, what the JDK keeps
  /// of them is left to the garbage collector.
  ///
  /// @param passwordFile its first line is the password
  public static Result readPkcs12(FilePath file, FilePath passwordFile) {
    Findings findings = new Findings();
    List<KeyMaterial> material = new ArrayList<>();
    new CertificateFiles(findings).readPkcs12(file, passwordFile).ifPresent(material::add);
    return result(material, findings);
  }

  private static Result result(List<KeyMaterial> material, Findings findings) {
    if (findings.hasErrors()) {
      material.forEach(KeyMaterial::close);
      return new Rejected(findings.errors());
    }
    return new Read(material, findings.warnings());
  }
}
