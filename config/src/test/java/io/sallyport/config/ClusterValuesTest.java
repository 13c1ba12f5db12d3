package io.sallyport.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is wrong in `cluster`, and with the keys of keyrings that are about it.
final class ClusterValuesTest {
  private static final String READABLE = ", expected the path of a file that this process can read";
  private static final String ALONE = "members: [10.0.0.1:5701]";
  private static final String INSECURE = "insecure: true";
  private static final String LINK = "link: {chain: node.pem, key: node.key, ca: cluster.pem}";
  private static final String ADDRESS =
      ", expected ADDRESS:PORT of one interface with a port from 1 to 65533, an IPv6 address in"
          + " brackets";

  @TempDir private Path folder;
  private ConfigFiles files;

  @BeforeEach
  void makeFiles() throws IOException {
    files = new ConfigFiles(folder);
  }

  /// A cluster of these keys, of which the first is on line 17, behind the node of line 15.
  private static String with(String... keys) {
    return ConfigFiles.MINIMAL
        + "node: {name: edge-1}\ncluster:\n"
        + String.join("\n", keys).indent(2);
  }

  /// The same with everything that is required but these keys, of which the first is on line 19.
  private static String withRest(String... keys) {
    return with("name: inner", "bind: 10.0.0.1:5701", String.join("\n", keys));
  }

  private ClusterConfig.Member member(String... keys) {
    return (ClusterConfig.Member) files.loaded(withRest(keys)).cluster();
  }

  @Test
  void everyKeyIsKnownAndTheRequiredOnesAreThere() {
    assertThat(files.errors(with("backup: 1")))
        .containsExactly(
            "s.yaml:17:3: found unknown key \"backup\", expected \"name\", \"bind\", \"members\","
                + " \"multicast\", \"kubernetes\", \"quorum\", \"backups\","
                + " \"key-encryption-keys\", \"key-encryption-key-file\", \"holders\", \"insecure\" or"
                + " \"link\";"
                + " did you mean \"backups\"?",
            "s.yaml:17:3: found a cluster without \"name\", expected name: " + Names.FORM,
            "s.yaml:17:3: found a cluster without \"bind\", expected bind"
                + ADDRESS.replace(", expected", ":"),
            "s.yaml:17:3: found a cluster without \"members\", \"multicast\" or \"kubernetes\","
                + " expected one of these keys",
            "s.yaml:17:3: found a cluster without \"link\", expected link: {chain: FILE, key: FILE,"
                + " ca: FILE}");
    assertThat(files.errors(ConfigFiles.MINIMAL + "cluster: inner\nnode: {name: a}"))
        .containsExactly(
            "s.yaml:15:10: found \"inner\", expected {name: NAME, bind: ADDRESS:PORT, members:"
                + " [HOST:PORT], link: {chain: FILE, key: FILE, ca: FILE}}");
  }

  @Test
  void whatIsLeftOutHasADefault() {
    ClusterConfig.Member member =
        member(
            "members: [10.0.0.1:5701, 10.0.0.2:5701, 10.0.0.3:5701, 10.0.0.4:5701]",
            "link: {chain: node.pem, key: node.key, ca: cluster.pem}");

    assertThat(member.quorum()).isEqualTo(3);
    assertThat(member.backups()).isEqualTo(1);
    assertThat(member.keyEncryptionKeys()).isEmpty();
    assertThat(member.eventBus()).isEqualTo(new HostPort("10.0.0.1", 5702));
    assertThat(((MemberLinkConfig.Secured) member.link()).bind())
        .isEqualTo(new HostPort("10.0.0.1", 5703));
    assertThat(member(ALONE, INSECURE).quorum()).isEqualTo(1);
  }

  @Test
  void bindIsAnAddressOfOneInterfaceWithPortsAboveIt() {
    String[][] wrong = {
      {"edge-1.internal:5701", "host \"edge-1.internal\", which is not an address"},
      {"0.0.0.0:5701", "host \"0.0.0.0\", which is not the address of one interface"},
      {"'[::]:5701'", "host \"::\", which is not the address of one interface"},
      {"224.0.0.1:5701", "host \"224.0.0.1\", which is not the address of one interface"},
      {"10.0.0.1:0", "port 0"},
      {"10.0.0.1:65534", "port 65534 without two above it"},
      {"10.0.0.1", "address \"10.0.0.1\" without a port"}
    };
    for (String[] one : wrong) {
      assertThat(files.errors(with("name: inner", "bind: " + one[0], ALONE, INSECURE)))
          .containsExactly("s.yaml:18:9: found " + one[1] + ADDRESS);
    }
    for (String right : new String[] {"10.0.0.1:65533", "127.0.0.1:1", "'[2001:db8::1]:5701'"}) {
      assertThat(
              files.errors(
                  with("name: inner", "bind: " + right, "members: [" + right + "]", INSECURE)))
          .isEmpty();
    }
  }

  @Test
  void membersAreAddressesEachOnceWithOurs() {
    assertThat(
            files.errors(
                withRest(
                    "members: [10.0.0.1:5701, 10.0.0.1:5701, a b, 10.0.0.2:0, a.b:1]", INSECURE)))
        .containsExactly(
            "s.yaml:19:28: found duplicate member \"10.0.0.1:5701\" (also on line 19), expected each"
                + " member once",
            "s.yaml:19:43: found address \"a b\" without a port, expected HOST:PORT with a port from"
                + " 1 to 65535, an IPv6 host in brackets",
            "s.yaml:19:48: found port 0, expected HOST:PORT with a port from 1 to 65535, an IPv6"
                + " host in brackets");
    assertThat(files.errors(withRest("members: [10.0.0.1:5702, 10.0.0.2:5701]", INSECURE)))
        .containsExactly(
            "s.yaml:19:12: found members without \"10.0.0.1:5701\", expected the bind of this member"
                + " among them");
    assertThat(files.errors(withRest("members: []", INSECURE)))
        .containsExactly("s.yaml:19:12: found an empty list, expected [HOST:PORT]");
  }

  @Test
  void multicastIsAGroupAndKubernetesAService() {
    assertThat(member("multicast: 224.2.2.3:54327", "quorum: 2", INSECURE).discovery())
        .isEqualTo(new DiscoveryConfig.Multicast(new HostPort("224.2.2.3", 54327)));
    assertThat(member("kubernetes: Sallyport.svc", "quorum: 2", INSECURE).discovery())
        .isEqualTo(new DiscoveryConfig.Kubernetes("sallyport.svc"));
    assertThat(files.errors(withRest("multicast: 10.0.0.1:54327", "quorum: 2", INSECURE)))
        .containsExactly(
            "s.yaml:19:14: found address \"10.0.0.1:54327\", which is not one of multicast, expected"
                + " a multicast address and a port from 1 to 65535, as 224.2.2.3:54327");
    assertThat(files.errors(withRest("multicast: 224.2.2.3:0", "quorum: 2", INSECURE)))
        .containsExactly(
            "s.yaml:19:14: found port 0, expected a multicast address and a port from 1 to 65535, as"
                + " 224.2.2.3:54327");
    assertThat(files.errors(withRest("kubernetes: 10.0.0.1", "quorum: 2", INSECURE)))
        .containsExactly(
            "s.yaml:19:15: found service \"10.0.0.1\", expected the DNS name of a headless service,"
                + " as sallyport.default.svc.cluster.local");
  }

  @Test
  void membersFindEachOtherInOneWay() {
    assertThat(
            files.errors(withRest("multicast: 224.2.2.3:54327", ALONE, "kubernetes: a", INSECURE)))
        .containsExactly(
            "s.yaml:19:3: found multicast beside members, expected one of the two",
            "s.yaml:21:3: found kubernetes beside members, expected one of the two");
  }

  @Test
  void aQuorumIsAMajorityOfTheMembersThatAreListed() {
    String three = "members: [10.0.0.1:5701, 10.0.0.2:5701, 10.0.0.3:5701]";
    for (int quorum : new int[] {1, 4}) {
      assertThat(files.errors(withRest(three, "quorum: " + quorum, INSECURE)))
          .containsExactly(
              "s.yaml:20:11: found a quorum of "
                  + quorum
                  + " of 3 members, expected a majority of them, 2 to 3");
    }
    assertThat(member(three, "quorum: 3", INSECURE).quorum()).isEqualTo(3);
    assertThat(files.errors(withRest(three, "quorum: most", INSECURE)))
        .containsExactly("s.yaml:20:11: found \"most\", expected a number from 1 to 1000");
  }

  @Test
  void aQuorumIsGivenWhereMembersAreNotListed() {
    for (String discovery : new String[] {"multicast: 224.2.2.3:54327", "kubernetes: a"}) {
      assertThat(files.errors(withRest(discovery, INSECURE)))
          .containsExactly(
              "s.yaml:17:3: found a cluster without \"quorum\", expected quorum: a number from 1 to"
                  + " 1000");
    }
  }

  @Test
  void backupsAreFewAndPossiblyNone() {
    assertThat(member(ALONE, "backups: 0", INSECURE).backups()).isZero();
    assertThat(files.errors(withRest(ALONE, "backups: 7", INSECURE)))
        .containsExactly("s.yaml:20:12: found \"7\", expected a number from 0 to 6");
  }

  @Test
  void aKeyEncryptionKeyHasOneSourceAndEachIsNamedOnce() {
    assertThat(
            files.errors(
                withRest(
                    ALONE,
                    INSECURE,
                    "key-encryption-keys:",
                    "  - {file: kek}",
                    "  - {file: ./kek, environment: KEK}",
                    "  - {environment: A-B}",
                    "  - {environment: KEK}",
                    "  - {environment: KEK}",
                    "  - {credential: ../kek}",
                    "  - {file: nowhere}",
                    "  - {vault: kek}",
                    "  - kek")))
        .containsExactly(
            "s.yaml:23:21: found environment beside file, expected one of the two",
            "s.yaml:24:21: found environment variable \"A-B\", expected the name of an environment"
                + " variable: letters, digits and \"_\", the first no digit",
            "s.yaml:26:7: found duplicate key-encryption-key a mapping (also on line 25), expected"
                + " each key-encryption-key once",
            "s.yaml:27:20: found name \"../kek\", expected " + Names.FORM,
            "s.yaml:28:14: found \"nowhere\" (nowhere), which does not exist" + READABLE,
            "s.yaml:29:7: found a key-encryption-key without \"file\", \"environment\" or"
                + " \"credential\", expected one of these keys",
            "s.yaml:29:8: found unknown key \"vault\", expected \"file\", \"environment\" or"
                + " \"credential\"",
            "s.yaml:30:7: found \"kek\", expected {file: FILE}");
  }

  @Test
  void oneKeyEncryptionKeyMayBeNamedInShort() {
    ClusterConfig.Member member = member(ALONE, INSECURE, "key-encryption-key-file: kek");

    assertThat(member.keyEncryptionKeys())
        .containsExactly(
            new KeyEncryptionKeyConfig.File(
                new FilePath(files.path("kek"), new Position(files.path("s.yaml"), 21, 28))));
    assertThat(
            files.errors(
                withRest(
                    ALONE,
                    INSECURE,
                    "key-encryption-key-file: kek",
                    "key-encryption-keys: [{environment: KEK}]")))
        .containsExactly(
            "s.yaml:21:3: found key-encryption-key-file beside key-encryption-keys, expected one of"
                + " the two");
  }

  @Test
  void aLinkIsSecuredOrItIsWrittenThatItIsNot() {
    assertThat(files.errors(withRest(ALONE, "insecure: false")))
        .containsExactly(
            "s.yaml:17:3: found a cluster without \"link\", expected link: {chain: FILE, key: FILE,"
                + " ca: FILE}");
    assertThat(
            files.errors(
                withRest(
                    ALONE, INSECURE, "link: {chain: node.pem, key: node.key, ca: cluster.pem}")))
        .containsExactly("s.yaml:21:3: found link beside insecure: true, expected one of the two");
    assertThat(files.errors(withRest(ALONE, "insecure: yes")))
        .containsExactly(
            "s.yaml:20:13: found unknown choice \"yes\", expected \"true\" or \"false\"");
    assertThat(files.errors(withRest(ALONE, "link: {bind: a:1, chain: nowhere}")))
        .containsExactly(
            "s.yaml:20:9: found a link without \"key\", expected key: the path of a file that this"
                + " process can read",
            "s.yaml:20:9: found a link without \"ca\", expected ca: the path of a file that this"
                + " process can read",
            "s.yaml:20:16: found host \"a\", which is not an address, expected ADDRESS:PORT of one"
                + " interface with a port from 1 to 65535, an IPv6 address in brackets",
            "s.yaml:20:28: found \"nowhere\" (nowhere), which does not exist" + READABLE);
  }

  @Test
  void nothingElseListensWhereAMemberDoes() {
    String link = "chain: node.pem, key: node.key, ca: cluster.pem}";
    for (String port : new String[] {"5701", "5702", "5703"}) {
      assertThat(
              files.errors(
                  withRest(ALONE, "link: {" + link).replace("0.0.0.0:8443", "10.0.0.1:" + port)))
          .containsExactly(
              "s.yaml:8:11: found duplicate address \"10.0.0.1:"
                  + port
                  + "\" (also on line "
                  + (port.equals("5703") ? 20 : 18)
                  + "), expected each address once");
    }
    assertThat(files.errors(withRest(ALONE, "link: {bind: 10.0.0.1:5702, " + link)))
        .containsExactly(
            "s.yaml:20:16: found duplicate address \"10.0.0.1:5702\" (also on line 18), expected"
                + " each address once");
  }

  @Test
  void aMemberHasANameOfItsOwnThatCanStandInACertificate() {
    String form = ", expected name: " + Names.MEMBER_FORM;
    String text = withRest(ALONE, INSECURE);

    assertThat(files.errors(text.replace("node: {name: edge-1}", "node: {event-loops: 1}")))
        .containsExactly("s.yaml:15:7: found a node without \"name\"" + form);
    assertThat(files.errors(text.replace("node: {name: edge-1}", "")))
        .containsExactly(
            "s.yaml:1:1: found a config file without \"node\", expected node: {name: NAME, data-dir:"
                + " FOLDER, event-loops: NUMBER, drain-timeout: DURATION}");
    for (String name : new String[] {"Edge-1", "edge_1", "edge..1", "edge-", "1", "10.0.0.1"}) {
      assertThat(files.errors(text.replace("name: edge-1", "name: " + name)))
          .containsExactly(
              "s.yaml:15:14: found name \"" + name + "\", expected " + Names.MEMBER_FORM);
    }
    assertThat(files.errors(ConfigFiles.MINIMAL + "node: {name: Edge_1}")).isEmpty();
  }

  @Test
  void aMemberMayUseKeyringsThatItDoesNotDefine() {
    String keyrings = ConfigFiles.MINIMAL.substring(0, ConfigFiles.MINIMAL.indexOf("listeners:\n"));
    String text = withRest(ALONE, INSECURE, "key-encryption-key-file: kek");
    String verifying = "- name: app\n    tls: {keyring: inside}";

    ProxyConfig config = files.loaded(text.replace(keyrings, "").replace("- name: app", verifying));

    assertThat(config.keyrings()).isEmpty();
    assertThat(config.listeners().get(0).tls().keyring()).isEqualTo("web");
    assertThat(files.errors(text.replace("{keyring: web}", "{keyring: other}"))).isEmpty();
    assertThat(files.errors(text.replace(keyrings, "keyrings: {}\n")))
        .hasSize(1)
        .first()
        .asString()
        .startsWith("s.yaml:1:11: found an empty mapping");
  }

  @Test
  void aMemberThatOpensNoKeyringNamesWhomItTakesKeyringsFrom() {
    String elsewhere =
        ", which is not in this file, and this member neither opens keyrings of the cluster nor"
            + " takes them from another member, expected cluster.holders with the names of the"
            + " members that hold it, or a cluster.key-encryption-key-file that opens it";
    String text =
        withRest(ALONE, LINK)
            .replace("{keyring: web}", "{keyring: other}")
            .replace("- name: app", "- name: app\n    tls: {keyring: inside}");

    assertThat(files.errors(text))
        .containsExactly(
            "s.yaml:9:20: found keyring \"other\"" + elsewhere,
            "s.yaml:13:20: found keyring \"inside\"" + elsewhere);
    assertThat(files.errors(text + "  holders: [holder-1]\n")).isEmpty();
    assertThat(files.errors(text + "  holders: ['*']\n")).isEmpty();
    assertThat(files.errors(text + "  key-encryption-key-file: kek\n")).isEmpty();
    assertThat(files.errors(withRest(ALONE, LINK))).as("its own keyring").isEmpty();
    assertThat(member(ALONE, LINK).holders()).isEqualTo(new HoldersConfig.Nobody());
    assertThat(member(ALONE, LINK, "holders: ['*']").holders()).isEqualTo(new HoldersConfig.Any());
    assertThat(member(ALONE, LINK, "holders: [holder-1, holder-2]").holders())
        .isEqualTo(new HoldersConfig.Named(List.of("holder-1", "holder-2")));
  }

  @Test
  void holdersAreOtherMembersEachOnceOrAnyMember() {
    String form = ", expected " + Names.MEMBER_FORM + ", or \"*\" alone";

    assertThat(files.errors(withRest(ALONE, LINK, "holders: [Holder-1, edge-2, edge-2, a_b, []]")))
        .containsExactly(
            "s.yaml:21:13: found name \"Holder-1\"" + form,
            "s.yaml:21:31: found duplicate member \"edge-2\" (also on line 21), expected each member"
                + " once",
            "s.yaml:21:39: found name \"a_b\"" + form,
            "s.yaml:21:44: found a list" + form);
    assertThat(files.errors(withRest(ALONE, LINK, "holders: [edge-2, edge-1]")))
        .containsExactly(
            "s.yaml:21:21: found \"edge-1\", which is this member itself, expected the names of other"
                + " members; leave it out: what a member opens itself it takes from nobody");
    assertThat(files.errors(withRest(ALONE, LINK, "holders: [edge-2, '*']")))
        .containsExactly("s.yaml:21:12: found \"*\" beside names, expected one of the two");
    assertThat(files.errors(withRest(ALONE, LINK, "holders: []")))
        .containsExactly("s.yaml:21:12: found an empty list, expected [NAME] or [\"*\"]");
    assertThat(files.errors(withRest(ALONE, LINK, "holders: edge-2")))
        .containsExactly("s.yaml:21:12: found \"edge-2\", expected [NAME] or [\"*\"]");
    assertThat(files.errors(withRest(ALONE, INSECURE, "holders: [edge-2]")))
        .containsExactly(
            "s.yaml:21:3: found holders beside insecure: true, expected one of the two");
  }

  @Test
  void aKeyringThatAMemberDefinesHoldsWhatItIsUsedFor() {
    assertThat(
            files.errors(
                withRest(ALONE, INSECURE)
                    .replace("{keyring: web}", "{keyring: web, client-auth: required}")))
        .containsExactly(
            "s.yaml:9:20: found keyring \"web\" without client-ca, expected one with client-ca,"
                + " which client-auth needs");
  }

  @Test
  void keyringsAreSharedOnlyInACluster() {
    String sharing = "web:\n    mode: relay\n    tickets: shared\n    members: [edge-2]\n";
    String expected = " without a cluster, expected a cluster section in the file";

    assertThat(files.errors("web:\n", sharing))
        .containsExactly(
            "s.yaml:3:5: found mode" + expected,
            "s.yaml:4:5: found tickets" + expected,
            "s.yaml:5:5: found members" + expected);
    KeyringConfig web =
        files.loaded(withRest(ALONE, INSECURE).replace("web:\n", sharing)).keyring("web");
    assertThat(web.sharing())
        .isEqualTo(
            new KeyringSharingConfig(
                KeyringSharingConfig.Mode.RELAY,
                KeyringSharingConfig.Tickets.SHARED,
                List.of("edge-2")));
  }

  @Test
  void howAKeyringIsSharedIsAClosedChoiceAmongNamedMembers() {
    String sharing =
        "web:\n    mode: rely\n    tickets: open\n    members: [edge-2, edge-2, Edge-3, a_b]\n";
    String name = ", expected " + Names.MEMBER_FORM;

    assertThat(files.errors(withRest(ALONE, INSECURE).replace("web:\n", sharing)))
        .containsExactly(
            "s.yaml:3:11: found unknown mode \"rely\", expected \"sign\" or \"relay\"; did you mean"
                + " \"relay\"?",
            "s.yaml:4:14: found unknown tickets \"open\", expected \"shared\" or \"sealed\"",
            "s.yaml:5:23: found duplicate member \"edge-2\" (also on line 5), expected each member"
                + " once",
            "s.yaml:5:31: found name \"Edge-3\"" + name,
            "s.yaml:5:39: found name \"a_b\"" + name);
  }

  @Test
  void aWrongClusterIsNotFollowedByErrorsAboutWhatItAllows() {
    String text = withRest(ALONE, "insecure: yes").replace("{keyring: web}", "{keyring: other}");

    assertThat(files.errors(text)).hasSize(1);
  }
}
