package io.sallyport.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/// Reads `cluster`.
final class ClusterReader {
  private static final String LINK_FORM = "{chain: FILE, key: FILE, ca: FILE}";
  private static final String FORM =
      "{name: NAME, bind: ADDRESS:PORT, members: [HOST:PORT], link: " + LINK_FORM + "}";
  private static final String KEY_FORM = "{file: FILE}";

  private static final Form<HostPort> BIND =
      Form.text(
          "ADDRESS:PORT of one interface with a port from 1 to "
              + ClusterConfig.Member.BIND_PORT_MAX
              + ", an IPv6 address in brackets",
          text -> ClusterConfig.Member.checkBind(HostPort.parse(text)));
  private static final Form<HostPort> LINK_BIND =
      Form.text(
          "ADDRESS:PORT of one interface with a port from 1 to 65535, an IPv6 address in brackets",
          text -> MemberLinkConfig.checkBind(HostPort.parse(text)));
  private static final Form<HostPort> MEMBER =
      Form.text(
          "HOST:PORT with a port from 1 to 65535, an IPv6 host in brackets",
          text -> ServerConfig.checkAddress(HostPort.parse(text)));
  private static final Form<DiscoveryConfig> MULTICAST =
      Form.text(
          "a multicast address and a port from 1 to 65535, as 224.2.2.3:54327",
          text -> new DiscoveryConfig.Multicast(HostPort.parse(text)));
  private static final Form<DiscoveryConfig> KUBERNETES =
      Form.text(
          "the DNS name of a headless service, as sallyport.default.svc.cluster.local",
          DiscoveryConfig.Kubernetes::new);
  private static final Form<KeyEncryptionKeyConfig> ENVIRONMENT =
      placed(
          Form.text(
              KeyEncryptionKeyConfig.Environment.FORM,
              KeyEncryptionKeyConfig.Environment::checkName),
          KeyEncryptionKeyConfig.Environment::new);
  private static final Form<KeyEncryptionKeyConfig> CREDENTIAL =
      placed(Names.NAME, KeyEncryptionKeyConfig.Credential::new);

  /// Stands in for what depends on a wrong bind, which is reported; nobody can mean it.
  private static final HostPort UNKNOWN = new HostPort("127.0.0.1", 0);

  private static final Form<Boolean> CHOICE = Form.oneOf("choice", List.of(true, false));

  private final ConfigFolder folder;
  private final Unique<String> binds;
  private final HoldersReader holders;

  /// @param binds every address that this process listens on, none of them seen yet
  /// @param holders reads `holders`, and hears of the member's own name later
  ClusterReader(ConfigFolder folder, Unique<String> binds, HoldersReader holders) {
    this.folder = folder;
    this.binds = binds;
    this.holders = holders;
  }

  Form<ClusterConfig> cluster() {
    return Form.mapping("a cluster", FORM, this::cluster);
  }

  private Optional<ClusterConfig> cluster(YamlMapping in) {
    Field<String> name = in.required("name", Names.NAME);
    Field<HostPort> bind = in.required("bind", BIND);
    if (bind.isValid()) {
      binds.take(bind.get().identity(), bind.position());
      binds.take(ClusterConfig.Member.eventBus(bind.get()).identity(), bind.position());
    }
    Field<DiscoveryConfig> discovery = discovery(in, bind);
    Field<Integer> quorum = quorum(in, discovery);
    Field<Integer> backups =
        in.optional("backups", Form.number(Range.BACKUPS), ClusterConfig.Member.DEFAULT_BACKUPS);
    Field<List<KeyEncryptionKeyConfig>> keys = keyEncryptionKeys(in);
    Field<HoldersConfig> from =
        in.optional("holders", holders.holders(), new HoldersConfig.Nobody());
    Field<MemberLinkConfig> link = link(in, bind);
    return in.build(() ->
        new ClusterConfig.Member(
            name.get(),
            bind.get(),
            discovery.get(),
            quorum.get(),
            backups.get(),
            keys.get(),
            from.get(),
            link.get()));
  }

  private static Field<DiscoveryConfig> discovery(YamlMapping in, Field<HostPort> bind) {
    Map<String, Form<DiscoveryConfig>> forms = new LinkedHashMap<>();
    forms.put("members", members());
    forms.put("multicast", MULTICAST);
    forms.put("kubernetes", KUBERNETES);
    Field<DiscoveryConfig> discovery = in.requiredOneOf(forms);
    if (discovery.isValid()
        && bind.isValid()
        && !ClusterConfig.Member.includes(discovery.get(), bind.get())) {
      in.reject(
          discovery.position(),
          "members without \"" + bind.get() + "\"",
          "the bind of this member among them");
    }
    return discovery;
  }

  private static Form<DiscoveryConfig> members() {
    Unique<String> members = new Unique<>("member");
    Form<HostPort> once =
        new Form<>(
            MEMBER.expected(),
            in -> MEMBER.read(in).flatMap(member -> members.claim(member.identity(), member, in)));
    return Form.list("[HOST:PORT]", once).map(DiscoveryConfig.Members::new);
  }

  private static Field<Integer> quorum(YamlMapping in, Field<DiscoveryConfig> discovery) {
    Form<Integer> number = Form.number(Range.QUORUM);
    if (!discovery.isValid()) {
      return in.optional("quorum", number, Range.QUORUM.min());
    }
    return switch (discovery.get()) {
      case DiscoveryConfig.Multicast _, DiscoveryConfig.Kubernetes _ ->
          in.required("quorum", number);
      case DiscoveryConfig.Members members -> {
        Range<Integer> range = ClusterConfig.Member.quorums(members);
        Field<Integer> quorum = in.optional("quorum", number, range.min());
        if (quorum.isValid() && !range.contains(quorum.get())) {
          in.reject(
              quorum.position(),
              "a quorum of " + quorum.get() + " of " + members.members().size() + " members",
              "a majority of them, " + range.min() + " to " + range.max());
        }
        yield quorum;
      }
    };
  }

  private Field<List<KeyEncryptionKeyConfig>> keyEncryptionKeys(YamlMapping in) {
    Unique<String> sources = new Unique<>("key-encryption-key");
    Form<KeyEncryptionKeyConfig> key =
        Form.mapping("a key-encryption-key", KEY_FORM, this::keyEncryptionKey);
    Form<KeyEncryptionKeyConfig> once =
        new Form<>(
            key.expected(),
            value -> key.read(value).flatMap(read -> sources.claim(read.source(), read, value)));
    Map<String, Form<List<KeyEncryptionKeyConfig>>> forms = new LinkedHashMap<>();
    forms.put("key-encryption-keys", Form.list("[" + KEY_FORM + "]", once));
    forms.put("key-encryption-key-file", file().map(List::of));
    return in.optionalOneOf(forms, List.of());
  }

  private Optional<KeyEncryptionKeyConfig> keyEncryptionKey(YamlMapping in) {
    Map<String, Form<KeyEncryptionKeyConfig>> forms = new LinkedHashMap<>();
    forms.put("file", file());
    forms.put("environment", ENVIRONMENT);
    forms.put("credential", CREDENTIAL);
    Field<KeyEncryptionKeyConfig> key = in.requiredOneOf(forms);
    return in.build(key::get);
  }

  private Form<KeyEncryptionKeyConfig> file() {
    return folder.file().map(KeyEncryptionKeyConfig.File::new);
  }

  private Field<MemberLinkConfig> link(YamlMapping in, Field<HostPort> clusterBind) {
    Form<MemberLinkConfig> secured =
        Form.mapping("a link", LINK_FORM, link -> secured(link, clusterBind));
    Field<Boolean> insecure = in.optional("insecure", CHOICE, false);
    if (insecure.isValid() && !insecure.get()) {
      return in.required("link", secured);
    }
    if (insecure.isValid()) {
      for (String key : List.of("link", "holders")) {
        in.refuse(key, " beside insecure: true", "one of the two");
      }
    }
    return in.optional("link", secured, new MemberLinkConfig.Insecure());
  }

  private Optional<MemberLinkConfig> secured(YamlMapping in, Field<HostPort> clusterBind) {
    Form<HostPort> once =
        new Form<>(
            LINK_BIND.expected(),
            value ->
                LINK_BIND
                    .read(value)
                    .flatMap(address -> binds.claim(address.identity(), address, value)));
    Field<HostPort> bind =
        clusterBind.isValid()
            ? in.optional("bind", once, ClusterConfig.Member.defaultLink(clusterBind.get()))
            : in.optional("bind", once, UNKNOWN);
    if (bind.isValid()) {
      binds.take(bind.get().identity(), bind.position());
    }
    Field<FilePath> chain = in.required("chain", folder.file());
    Field<FilePath> key = in.required("key", folder.file());
    Field<FilePath> ca = in.required("ca", folder.file());
    return in.build(
        () -> new MemberLinkConfig.Secured(bind.get(), chain.get(), key.get(), ca.get()));
  }

  /// A name, and where it stands.
  private static Form<KeyEncryptionKeyConfig> placed(
      Form<String> name, BiFunction<String, Position, KeyEncryptionKeyConfig> make) {
    return new Form<>(
        name.expected(), in -> name.read(in).map(text -> make.apply(text, in.position())));
  }
}
