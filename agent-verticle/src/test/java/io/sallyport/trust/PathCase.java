package io.sallyport.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.handshake.FailureReason;
import io.sallyport.testing.Command;
import io.sallyport.trust.CertificateMaker.Issued;
import io.sallyport.trust.Verdict.Trusted;
import io.sallyport.trust.Verdict.Untrusted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/// A chain and a trust set, judged by us and, unless it is said why not, by `openssl verify` as
/// well: both accept or both reject.
final class PathCase {
  private final Path folder;
  private final List<byte[]> chain;
  private List<X509Certificate> anchors = List.of();
  private List<X509CRL> crls = List.of();
  private Purpose purpose = Purpose.CLIENT_AUTH;
  private Instant at = CertificateMaker.NOW;
  private String whyNotOpenssl = "";

  PathCase(Path folder, List<byte[]> chain) {
    this.folder = folder;
    this.chain = chain;
  }

  static PathCase of(Path folder, Issued leaf, Issued... others) {
    return new PathCase(
        folder, Stream.concat(Stream.of(leaf), Stream.of(others)).map(Issued::der).toList());
  }

  PathCase anchors(Issued... anchors) {
    this.anchors = Stream.of(anchors).map(Issued::certificate).toList();
    return this;
  }

  PathCase crls(X509CRL... crls) {
    this.crls = List.of(crls);
    return this;
  }

  PathCase purpose(Purpose purpose) {
    this.purpose = purpose;
    return this;
  }

  PathCase at(Instant at) {
    this.at = at;
    return this;
  }

  PathCase unlikeOpenssl(String why) {
    whyNotOpenssl = why;
    return this;
  }

  /// Judges it, which must accept it, and gives the path.
  List<X509Certificate> isTrusted() {
    Verdict verdict = verdict();
    assertThat(verdict).isInstanceOf(Trusted.class);
    compare(verdict);
    return ((Trusted) verdict).path();
  }

  /// Judges it, which must refuse it so, and gives the detail.
  String isUntrusted(FailureReason reason) {
    Verdict verdict = verdict();
    assertThat(verdict).isInstanceOf(Untrusted.class);
    Untrusted untrusted = (Untrusted) verdict;
    assertThat(untrusted.reason()).as(untrusted.detail()).isEqualTo(reason);
    compare(verdict);
    return untrusted.detail();
  }

  Verdict verdict() {
    return validator().validate(chain);
  }

  PathValidator validator() {
    return new PathValidator(anchors, crls, purpose, () -> at);
  }

  private void compare(Verdict verdict) {
    if (!whyNotOpenssl.isEmpty()) {
      return;
    }
    Command openssl = openssl();
    assertThat(openssl.exitCode() == 0)
        .as("ours: %s%nopenssl verify: exit %d%n%s", verdict, openssl.exitCode(), openssl.out())
        .isEqualTo(verdict instanceof Trusted);
  }

  private Command openssl() {
    try {
      List<String> words = new ArrayList<>(List.of("openssl", "verify", "-no-CApath"));
      words.addAll(List.of("-no-CAstore", "-partial_chain", "-auth_level", "2"));
      words.addAll(List.of("-attime", Long.toString(at.getEpochSecond())));
      words.addAll(List.of("-purpose", purpose == Purpose.CLIENT_AUTH ? "sslclient" : "sslserver"));
      StringBuilder trusted = new StringBuilder();
      for (X509Certificate anchor : anchors) {
        trusted.append(pem("CERTIFICATE", anchor.getEncoded()));
      }
      words.addAll(List.of("-CAfile", write("anchors.pem", trusted.toString())));
      StringBuilder others = new StringBuilder();
      chain.stream().skip(1).forEach(der -> others.append(pem("CERTIFICATE", der)));
      if (!others.isEmpty()) {
        words.addAll(List.of("-untrusted", write("others.pem", others.toString())));
      }
      if (!crls.isEmpty()) {
        StringBuilder lists = new StringBuilder();
        for (X509CRL crl : crls) {
          lists.append(pem("X509 CRL", crl.getEncoded()));
        }
        words.addAll(List.of("-crl_check", "-CRLfile", write("crls.pem", lists.toString())));
      }
      words.add(write("leaf.pem", pem("CERTIFICATE", chain.getFirst())));
      return Command.run(new byte[0], words);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private String write(String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String pem(String label, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(label, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der), label);
  }
}
