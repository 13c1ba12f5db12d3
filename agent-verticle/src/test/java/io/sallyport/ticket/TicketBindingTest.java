package io.sallyport.ticket;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.ktls.TlsVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TicketBindingTest {
  private static final byte[] CERTIFICATE = {1, 2, 3};

  private static TicketBinding of(TicketPolicy policy) {
    return TicketRules.of(policy, CERTIFICATE).bind("a.example", "h2");
  }

  private static TicketPolicy policy(
      String keyring, List<String> alpn, String clientAuth, String trustSet, Set<String> names) {
    return new TicketPolicy(
        keyring,
        TlsVersion.TLS_1_2,
        TlsVersion.TLS_1_3,
        List.of(1, 2),
        List.of(3),
        alpn,
        false,
        clientAuth,
        trustSet,
        names);
  }

  private static TicketPolicy policy(
      TlsVersion min,
      TlsVersion max,
      List<Integer> suites,
      List<Integer> groups,
      boolean strictSni) {
    return new TicketPolicy(
        "web", min, max, suites, groups, List.of("h2"), strictSni, "none", "", Set.of());
  }

  @Test
  void sameTermsGiveTheSameBinding() {
    TicketPolicy policy =
        policy("web", List.of("h2"), "none", "", new LinkedHashSet<>(List.of("a", "b")));
    TicketPolicy same =
        policy("web", List.of("h2"), "none", "", new LinkedHashSet<>(List.of("b", "a")));
    assertThat(of(policy)).isEqualTo(of(same)).hasSameHashCodeAs(of(same));
    assertThat(TicketBinding.ofDigest(of(policy).digest())).isEqualTo(of(policy));
  }

  /// The rules remember what they bound last, and must not take one session's for another's.
  @Test
  void rulesBindAnyTwoSessionsInAnyOrderAsTheyWouldBindThemAlone() {
    TicketPolicy policy = policy("web", List.of("h2"), "none", "", Set.of());
    TicketRules rules = TicketRules.of(policy, CERTIFICATE);
    List<@Nullable String> texts = Arrays.asList("a.example", "b.example", "", null);
    for (int i = 0; i < 16 * 16; i++) {
      for (int session : new int[] {i / 16, i % 16, i % 16}) {
        String name = texts.get(session / 4);
        String alpn = texts.get(session % 4);
        assertThat(rules.bind(name, alpn))
            .as("%s, %s", name, alpn)
            .isEqualTo(TicketRules.of(policy, CERTIFICATE).bind(name, alpn));
      }
    }
  }

  /// Goal: no two terms share a binding. Method: one field changed at a time, and contents moved
  /// over the border between neighbours; all must differ pairwise.
  @Test
  void everyDifferenceGivesAnotherBinding() {
    TicketPolicy base = policy("web", List.of("h2"), "none", "", Set.of());
    List<TicketBinding> bindings = new ArrayList<>();
    bindings.add(of(base));
    bindings.add(TicketRules.of(base, new byte[] {1, 2, 4}).bind("a.example", "h2"));
    bindings.add(TicketRules.of(base, new byte[0]).bind("a.example", "h2"));
    bindings.add(TicketRules.of(base, CERTIFICATE).bind("b.example", "h2"));
    bindings.add(TicketRules.of(base, CERTIFICATE).bind(null, "h2"));
    bindings.add(TicketRules.of(base, CERTIFICATE).bind("", "h2"));
    bindings.add(TicketRules.of(base, CERTIFICATE).bind("a.example", "http/1.1"));
    bindings.add(TicketRules.of(base, CERTIFICATE).bind("a.example", null));
    bindings.add(TicketRules.of(base, CERTIFICATE).bind("a.example", ""));
    bindings.add(TicketRules.of(base, CERTIFICATE).bind("a.exampleh", "2"));
    bindings.add(TicketRules.of(base, CERTIFICATE).bind("h2", "a.example"));
    bindings.add(of(policy("web2", List.of("h2"), "none", "", Set.of())));
    bindings.add(of(policy("web", List.of(), "none", "", Set.of())));
    bindings.add(of(policy("web", List.of("h", "2"), "none", "", Set.of())));
    bindings.add(of(policy("web", List.of("h2", "h3"), "none", "", Set.of())));
    bindings.add(of(policy("web", List.of("h3", "h2"), "none", "", Set.of())));
    bindings.add(of(policy("web", List.of("h2"), "optional", "", Set.of())));
    bindings.add(of(policy("web", List.of("h2"), "required", "", Set.of())));
    bindings.add(of(policy("web", List.of("h2"), "none", "ab", Set.of())));
    bindings.add(of(policy("web", List.of("h2"), "nonea", "b", Set.of())));
    bindings.add(of(policy("web", List.of("h2"), "none", "", Set.of("ab"))));
    bindings.add(of(policy("web", List.of("h2"), "none", "", Set.of("a", "b"))));
    bindings.add(of(policy("web", List.of("h2"), "none", "", Set.of(""))));
    TlsVersion tls12 = TlsVersion.TLS_1_2;
    TlsVersion tls13 = TlsVersion.TLS_1_3;
    bindings.add(of(policy(tls13, tls13, List.of(1, 2), List.of(3), false)));
    bindings.add(of(policy(tls12, tls12, List.of(1, 2), List.of(3), false)));
    bindings.add(of(policy(tls12, tls13, List.of(2, 1), List.of(3), false)));
    bindings.add(of(policy(tls12, tls13, List.of(1), List.of(2, 3), false)));
    bindings.add(of(policy(tls12, tls13, List.of(1, 2, 3), List.of(), false)));
    bindings.add(of(policy(tls12, tls13, List.of(1, 2), List.of(3), true)));
    assertThat(bindings).doesNotHaveDuplicates();
  }

  @Test
  void bindingShowsOnlyItsBeginning() {
    TicketBinding binding = TicketBinding.ofDigest(new byte[TicketBinding.LENGTH]);
    assertThat(binding).hasToString("TicketBinding(0)").isNotEqualTo("other");
  }
}
