package io.sallyport.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.config.TrustConfig;
import io.sallyport.keyring.Keyring;
import io.sallyport.keyring.LocalKeyringStore;
import io.sallyport.keyring.TestFiles;
import io.sallyport.keyring.TrustSet;
import io.sallyport.ticket.PeerCertificate;
import io.sallyport.ticket.TestClock;
import io.sallyport.trust.Verdict;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How long a verdict on a peer may be handed on.
class PeerVerifierTest {
  private static final LocalKeyringStore STORE = new LocalKeyringStore();

  @TempDir private static Path folder;

  @SuppressWarnings("NullAway.Init")
  private static Keyring keyring;

  private final TestClock clock = new TestClock();
  private final PeerVerifier verifier = new PeerVerifier(STORE, clock);

  @BeforeAll
  static void makeTrust() {
    TestFiles files = new TestFiles(folder);
    files.certificate("ca", "ec:P-256", "");
    files.issued("ca", "site", "DNS:site.example");
    files.crl("ca", 3600);
    TrustConfig trust =
        new TrustConfig.Anchors(files.named("ca.pem"), List.of(files.named("ca.crl")));
    STORE.put(files.keyring(STORE, files.withTrust(files.config("web", "site"), trust)));
    keyring = STORE.acquire("web").orElseThrow();
  }

  @AfterAll
  static void wipe() {
    keyring.release();
    STORE.close();
  }

  /// Certificates are made for the real time.
  @BeforeEach
  void setTheClock() {
    clock.advance(Duration.between(clock.instant(), Instant.now()));
  }

  private static TrustSet trust() {
    return keyring.clientTrust().orElseThrow();
  }

  private static Verdict.Trusted trusted() {
    X509Certificate leaf = keyring.certificates().getFirst().chain().getFirst();
    return new Verdict.Trusted(List.of(leaf, trust().anchors().getFirst()));
  }

  private static long firstNotAfter() {
    return trusted().path().stream()
        .mapToLong(certificate -> certificate.getNotAfter().toInstant().toEpochMilli())
        .min()
        .orElseThrow();
  }

  @Test
  void aVerdictEndsWithTheCrlThatIsCurrent() throws Refusal {
    X509CRL crl = trust().crls().getFirst();
    long end = verifier.expiresMs(trust(), trusted());
    assertThat(end)
        .isEqualTo(crl.getNextUpdate().toInstant().toEpochMilli())
        .isLessThan(firstNotAfter());
    PeerCertificate remembered = verifier.ticketForm(trust(), trusted());
    assertThat(remembered.notAfterMs()).isEqualTo(end);
  }

  /// It was stale when the verdict was made, and cannot become more so.
  @Test
  void aCrlThatIsStaleAlreadyDoesNotEndAVerdict() throws Refusal {
    clock.advance(Duration.ofHours(2));
    assertThat(verifier.expiresMs(trust(), trusted())).isEqualTo(firstNotAfter());
  }
}
