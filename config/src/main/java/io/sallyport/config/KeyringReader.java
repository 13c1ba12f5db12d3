package io.sallyport.config;

import java.util.List;
import java.util.Optional;

/// Reads `keyrings`.
final class KeyringReader {
  private static final String KEYRING_FORM = "{certificates: [{chain: FILE, key: FILE}]}";
  private static final String CERTIFICATE_FORM = "{chain: FILE, key: FILE}";
  private static final String PSK_FORM = "{identity: NAME, secret-file: FILE}";

  private static final String SYSTEM = "system";

  private static final Form<KeyringSharingConfig.Mode> MODE =
      Form.oneOf("mode", List.of(KeyringSharingConfig.Mode.values()));
  private static final Form<KeyringSharingConfig.Tickets> TICKETS =
      Form.oneOf("tickets", List.of(KeyringSharingConfig.Tickets.values()));

  private final ConfigFolder folder;
  private final KeyringTable keyrings;

  KeyringReader(ConfigFolder folder, KeyringTable keyrings) {
    this.folder = folder;
    this.keyrings = keyrings;
  }

  /// A keyring that has no name yet.
  private record Body(
      List<CertificateConfig> certificates,
      TrustConfig clientTrust,
      TrustConfig serverTrust,
      List<PskConfig> psks,
      KeyringSharingConfig sharing) {}

  Form<List<KeyringConfig>> keyrings() {
    return Form.entries(
        "{NAME: " + KEYRING_FORM + "}",
        keyrings.names().definition(),
        Form.mapping("a keyring", KEYRING_FORM, this::body),
        (name, body) ->
            keyrings.add(
                new KeyringConfig(
                    name,
                    body.certificates(),
                    body.clientTrust(),
                    body.serverTrust(),
                    body.psks(),
                    body.sharing())));
  }

  private Optional<Body> body(YamlMapping in) {
    Field<List<CertificateConfig>> certificates =
        in.optional(
            "certificates",
            Form.list(
                "[" + CERTIFICATE_FORM + "]",
                Form.mapping("a certificate", CERTIFICATE_FORM, this::certificate)),
            List.of());
    Field<TrustConfig> clientTrust = trust(in, "client-ca", "client-crl", anchors());
    Field<TrustConfig> serverTrust = trust(in, "server-ca", "server-crl", anchorsOrSystem());
    Unique<String> identities = new Unique<>("identity");
    Field<List<PskConfig>> psks =
        in.optional(
            "psks",
            Form.list(
                "[" + PSK_FORM + "]", Form.mapping("a psk", PSK_FORM, psk -> psk(psk, identities))),
            List.of());
    in.requireOneOf("certificates", "psks", "client-ca", "server-ca");
    Sharing sharing = sharing(in);
    return in.build(() ->
        new Body(
            certificates.get(), clientTrust.get(), serverTrust.get(), psks.get(), sharing.make()));
  }

  private Optional<CertificateConfig> certificate(YamlMapping in) {
    Field<FilePath> chain = in.required("chain", folder.file());
    Field<FilePath> key = in.required("key", folder.file());
    Field<StaplingConfig> stapling =
        in.optional(
            "ocsp", folder.file().map(StaplingConfig.Staple::new), new StaplingConfig.Off());
    return in.build(() -> new CertificateConfig(chain.get(), key.get(), stapling.get()));
  }

  private Form<TrustConfig> anchors() {
    return folder.file().map(ca -> new TrustConfig.Anchors(ca, List.of()));
  }

  private Form<TrustConfig> anchorsOrSystem() {
    Form<FilePath> file = folder.fileOr("\"" + SYSTEM + "\"");
    return new Form<>(
        file.expected(),
        in ->
            in.text().filter(SYSTEM::equals).isPresent()
                ? Optional.of(new TrustConfig.SystemDefault(in.position()))
                : file.read(in).map(ca -> new TrustConfig.Anchors(ca, List.of())));
  }

  private Field<TrustConfig> trust(
      YamlMapping in, String caKey, String crlKey, Form<TrustConfig> form) {
    Field<TrustConfig> ca = in.optional(caKey, form, new TrustConfig.None());
    Field<List<FilePath>> crls =
        in.optional(crlKey, folder.file().map(List::of), List.<FilePath>of());
    if (!ca.isValid() || !crls.isValid() || crls.get().isEmpty()) {
      return ca;
    }
    if (ca.get() instanceof TrustConfig.Anchors(FilePath file, _)) {
      return new Field<>(ca.position(), new TrustConfig.Anchors(file, crls.get()));
    }
    String instead = ca.get() instanceof TrustConfig.None ? " without " : " with a system ";
    in.reject(crls.position(), crlKey + instead + caKey, "the file of its " + caKey + " beside it");
    return ca;
  }

  /// The keys about the cluster, of which each needs that there is one.
  private record Sharing(
      Field<KeyringSharingConfig.Mode> mode,
      Field<KeyringSharingConfig.Tickets> tickets,
      Field<List<String>> grants) {
    KeyringSharingConfig make() {
      return new KeyringSharingConfig(mode.get(), tickets.get(), grants.get());
    }
  }

  private Sharing sharing(YamlMapping in) {
    KeyringSharingConfig fallback = KeyringSharingConfig.DEFAULT;
    if (!keyrings.isClustered()) {
      for (String key : List.of("mode", "tickets", "members")) {
        in.refuse(key, " without a cluster", "a cluster section in the file");
      }
    }
    return new Sharing(
        in.optional("mode", MODE, fallback.mode()),
        in.optional("tickets", TICKETS, fallback.tickets()),
        in.optional(
            "members",
            Form.list("[NAME]", Names.MEMBER.once(new Unique<>("member"))),
            fallback.grants()));
  }

  private Optional<PskConfig> psk(YamlMapping in, Unique<String> identities) {
    Form<String> name = Form.text(PskConfig.IDENTITY_FORM, PskConfig::checkIdentity);
    Field<String> identity = in.required("identity", name.once(identities));
    Field<FilePath> secretFile = in.required("secret-file", folder.file());
    return in.build(() -> new PskConfig(identity.get(), secretFile.get()));
  }
}
