package io.sallyport.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Reads the root of a config file, its `node` and `admin`. One reader reads one file.
final class ConfigReader {
  static final String FORM = "a mapping with keyrings, listeners and backends";

  private static final String NODE_FORM =
      "{name: NAME, data-dir: FOLDER, event-loops: NUMBER, drain-timeout: DURATION}";
  private static final String ADMIN_FORM = "{listen: HOST:PORT}";

  private final ConfigFolder folder;
  private final KeyringTable keyrings = new KeyringTable();
  private final Names backends = new Names("backend");
  private final Unique<String> binds = new Unique<>("address");

  ConfigReader(Path file) {
    this.folder = new ConfigFolder(file);
  }

  Optional<ProxyConfig> read(YamlValue root) {
    return Form.mapping("a config file", FORM, this::config).read(root);
  }

  private Optional<ProxyConfig> config(YamlMapping in) {
    HoldersReader holders = new HoldersReader();
    Field<ClusterConfig> cluster =
        in.optional(
            "cluster",
            new ClusterReader(folder, binds, holders).cluster(),
            new ClusterConfig.Off());
    boolean clustered = !(cluster.value() instanceof ClusterConfig.Off);
    if (clustered) {
      keyrings.cluster(
          !(cluster.value() instanceof ClusterConfig.Member member)
              || member.usesKeyringsOfCluster());
    }
    Form<NodeConfig> nodeForm = Form.mapping("a node", NODE_FORM, this::node);
    Field<NodeConfig> node =
        clustered ? in.required("node", nodeForm) : in.optional("node", nodeForm, defaultNode());
    if (clustered && node.isValid()) {
      holders.rejectOwn(node.get().name());
    }
    Field<AdminConfig> admin =
        in.optional(
            "admin", Form.mapping("an admin", ADMIN_FORM, this::admin), AdminConfig.DEFAULT);
    // Before whoever asks something of them, wherever they stand.
    Form<List<KeyringConfig>> ringsForm = new KeyringReader(folder, keyrings).keyrings();
    Field<List<KeyringConfig>> rings =
        clustered
            ? in.optional("keyrings", ringsForm, List.of())
            : in.required("keyrings", ringsForm);
    Field<List<ListenerConfig>> listeners =
        in.required("listeners", new ListenerReader(keyrings, backends, binds).listeners());
    Field<List<BackendConfig>> pools =
        in.required("backends", new BackendReader(keyrings, backends).backends());
    keyrings.resolve();
    backends.resolve();
    return in.build(() ->
        new ProxyConfig(
            node.get(), admin.get(), cluster.get(), rings.get(), listeners.get(), pools.get()));
  }

  private Optional<NodeConfig> node(YamlMapping in) {
    NodeConfig fallback = defaultNode();
    Field<String> name =
        keyrings.isClustered()
            ? in.required("name", Names.MEMBER)
            : in.optional("name", Names.NAME, fallback.name());
    Field<Path> dataDir = in.optional("data-dir", folder.folder(), fallback.dataDir());
    Field<Integer> eventLoops =
        in.optional("event-loops", Form.number(Range.EVENT_LOOPS), fallback.eventLoops());
    Field<Duration> drainTimeout =
        in.optional("drain-timeout", DurationText.form(Range.DRAIN), fallback.drainTimeout());
    return in.build(
        () -> new NodeConfig(name.get(), dataDir.get(), eventLoops.get(), drainTimeout.get()));
  }

  private NodeConfig defaultNode() {
    return new NodeConfig(
        NodeConfig.DEFAULT_NAME,
        folder.resolve(NodeConfig.DEFAULT_DATA_DIR),
        Math.min(Runtime.getRuntime().availableProcessors(), Range.EVENT_LOOPS.max()),
        NodeConfig.DEFAULT_DRAIN_TIMEOUT);
  }

  private Optional<AdminConfig> admin(YamlMapping in) {
    Form<AdminConfig> listen =
        Form.text(
            "a loopback HOST:PORT or none, because the admin interface knows no users",
            text ->
                text.equals("none")
                    ? new AdminConfig.Off()
                    : new AdminConfig.Listen(HostPort.parse(text)));
    Form<AdminConfig> free =
        new Form<>(
            listen.expected(), value -> listen.read(value).flatMap(admin -> claim(admin, value)));
    Field<AdminConfig> field = in.optional("listen", free, AdminConfig.DEFAULT);
    return in.build(field::get);
  }

  private Optional<AdminConfig> claim(AdminConfig admin, YamlValue in) {
    return switch (admin) {
      case AdminConfig.Listen(HostPort address) -> binds.claim(address.identity(), admin, in);
      case AdminConfig.Off _ -> Optional.of(admin);
    };
  }
}
