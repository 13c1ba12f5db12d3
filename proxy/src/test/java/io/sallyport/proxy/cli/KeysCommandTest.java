package io.sallyport.proxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sallyport.keyring.Keyring;
import io.sallyport.proxy.admin.KeysFixture;
import io.sallyport.testing.Certificates;
import io.sallyport.testing.Certificates.KeyKind;
import io.sallyport.testing.Certificates.Pair;
import io.sallyport.testing.Command;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `sallyport keys` against a running member, over HTTP: each result is one line on stdout, each
/// failure one line on stderr.
class KeysCommandTest {
  private static final Pattern SERIAL = Pattern.compile("[0-9a-f]{8}");

  @TempDir static Path folder;
  private static KeysFixture member;
  private static Certificates certificates;
  private static Pair pair;
  private static Pair other;
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  @BeforeAll
  static void start() throws IOException {
    certificates = new Certificates(folder);
    pair = certificates.issue("site", KeyKind.P256, "localhost");
    other = certificates.issue("other", KeyKind.P256, "other.test");
    member = new KeysFixture(folder.resolve("data"));
  }

  @AfterAll
  static void stop() {
    member.close();
  }

  private int execute(String... words) {
    out = new StringWriter();
    err = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    List<String> all = new ArrayList<>(List.of("keys"));
    all.addAll(List.of(words));
    return line.execute(all.toArray(String[]::new));
  }

  private int keys(String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--admin", member.address().toString()));
    all.addAll(List.of("--data", member.dataDir().toString()));
    return execute(all.toArray(String[]::new));
  }

  /// The one line of a command that did what it should.
  private String done(String... words) {
    int exitCode = keys(words);
    assertThat(err.toString()).isEmpty();
    assertThat(exitCode).isZero();
    assertThat(out.toString()).endsWith("\n").hasLineCount(1);
    return out.toString().strip();
  }

  /// The one line of a command that did not.
  private String failed(String... words) {
    assertThat(keys(words)).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).endsWith("\n").hasLineCount(1);
    return err.toString().strip();
  }

  private static String serialIn(String line) {
    Matcher serial = SERIAL.matcher(line);
    assertThat(serial.find()).isTrue();
    return serial.group();
  }

  private static int certificatesIn(String keyring) {
    Keyring open = member.store().acquire(keyring).orElseThrow();
    try {
      return open.certificates().size();
    } finally {
      open.release();
    }
  }

  @Test
  void keyringIsMadeFilledGrantedAndRemoved() {
    assertThat(done("create", "life", "--mode", "relay", "--tickets", "sealed"))
        .isEqualTo("keyring life: created");
    String added = done("add", "life", "--chain", pair.chain() + "", "--key", pair.key() + "");
    assertThat(added).matches("keyring life: added [0-9a-f]{8}, a certificate \\(.*\\)");
    assertThat(certificatesIn("life")).isOne();
    String serial = serialIn(added);
    assertThat(
            done(
                "replace",
                "life",
                serial,
                "--chain",
                other.chain() + "",
                "--key",
                other.key() + ""))
        .startsWith("keyring life: replaced " + serial + ", a certificate (");
    assertThat(done("grant", "life", "edge-1", "edge-2"))
        .isEqualTo("keyring life: granted to edge-1, edge-2");
    assertThat(done("revoke", "life", "edge-1")).isEqualTo("keyring life: revoked from edge-1");
    assertThat(done("rotate", "life")).isEqualTo("keyring life: sealed under a new data key");
    assertThat(keys("list")).isZero();
    assertThat(out.toString())
        .containsPattern(
            "(?m)^life keys=1 version=[0-9]+ mode=relay tickets=sealed kek=[0-9a-f]{16}"
                + " grants=edge-2$");
    assertThat(done("list", "life"))
        .matches(serial + " certificate version=[0-9]+ origin=added key=[0-9a-f]{8} .*");
    assertThat(done("rewrap")).isEqualTo("keyrings wrapped under another key-encryption key: 0");
    assertThat(done("remove", "life", serial)).isEqualTo("keyring life: removed " + serial);
    assertThat(certificatesIn("life")).isZero();
    assertThat(done("remove", "life")).isEqualTo("keyring life: removed, with all its keys");
    assertThat(member.store().contains("life")).isFalse();
    assertThat(failed("list", "life")).isEqualTo("found no keyring life, expected one");
  }

  @Test
  void everyKindOfMaterialIsTaken() throws IOException {
    done("create", "kinds");
    Path pkcs12 = folder.resolve("site.p12");
    Path password = Files.writeString(folder.resolve("password"), "open sesame\n");
    Command openssl =
        Command.run(
            "openssl",
            "pkcs12",
            "-export",
            "-in",
            pair.chain().toString(),
            "-inkey",
            pair.key().toString(),
            "-out",
            pkcs12.toString(),
            "-passout",
            "file:" + password);
    assertThat(openssl.exitCode()).isZero();
    assertThat(done("add", "kinds", "--pkcs12", pkcs12 + "", "--password-file", password + ""))
        .contains(", a certificate (");
    Path secret = Files.writeString(folder.resolve("secret"), "ab".repeat(32));
    assertThat(done("add", "kinds", "--psk", "device 1", "--secret-file", secret + ""))
        .endsWith(", a psk (device 1)");
    assertThat(done("add", "kinds", "--client-ca", certificates.ca() + ""))
        .endsWith(", a client-ca (client-ca)");
    assertThat(done("add", "kinds", "--server-ca", certificates.ca() + ""))
        .endsWith(", a server-ca (server-ca)");
    assertThat(keys("list", "kinds")).isZero();
    assertThat(out.toString()).hasLineCount(4).doesNotContain("abab");
  }

  @Test
  void systemStandsForTheAuthoritiesOfTheJdk() {
    done("create", "system");
    assertThat(done("add", "system", "--server-ca", "system")).endsWith("(server-ca)");
  }

  @Test
  void labelWithControlCharactersIsEscaped() throws IOException {
    done("create", "escaped");
    Path secret = Files.writeString(folder.resolve("escaped-secret"), "cd".repeat(32));
    assertThat(done("add", "escaped", "--psk", "a\nb\u001b[31m", "--secret-file", secret + ""))
        .endsWith("(a\\u000Ab\\u001B[31m)");
  }

  @Test
  void relativePathsAreThoseOfTheCommand() {
    done("create", "relative");
    Path here = Path.of("").toAbsolutePath();
    assertThat(
            done(
                "add",
                "relative",
                "--chain",
                here.relativize(pair.chain().toAbsolutePath()).toString(),
                "--key",
                here.relativize(pair.key().toAbsolutePath()).toString()))
        .contains(": added ");
  }

  @Test
  void filesThatAreWrongAreNamedWithAllThatIsWrong() throws IOException {
    done("create", "wrong");
    assertThat(failed("add", "wrong", "--chain", pair.chain() + "", "--key", other.key() + ""))
        .startsWith("found a private key that does not belong to the first certificate of ");
    Path junk = Files.writeString(folder.resolve("junk"), "junk");
    assertThat(failed("add", "wrong", "--chain", junk + "", "--key", junk + ""))
        .startsWith("found ")
        .contains("; and found ");
    Path missing = folder.resolve("missing");
    assertThat(failed("add", "wrong", "--chain", missing + "", "--key", pair.key() + ""))
        .isEqualTo(
            "found no file "
                + missing
                + " that the member can read, expected one; the member reads it as its own user");
  }

  @Test
  void whatIsNotThereIsNamed() {
    assertThat(failed("remove", "nowhere")).isEqualTo("found no keyring nowhere, expected one");
    done("create", "there");
    assertThat(failed("create", "there"))
        .isEqualTo("found a keyring there, expected none of that name");
    assertThat(failed("remove", "there", "00000fff"))
        .isEqualTo("found no serial 00000fff in keyring there, expected one");
    assertThat(failed("remove", "there", "xyz"))
        .startsWith("found a serial of another form, expected 8 hexadecimal digits");
    assertThat(failed("create", "a/b")).startsWith("found a name that no keyring can have");
    assertThat(failed("create", "other", "--mode", "both"))
        .isEqualTo("found another \"mode\", expected sign or relay");
    assertThat(failed("add", "a\nb", "--chain", pair.chain() + "", "--key", pair.key() + ""))
        .isEqualTo("found name \"a\\u000Ab\", expected the name of a keyring");
    assertThat(failed("add", "there", "--psk", "x".repeat(129), "--secret-file", pair.key() + ""))
        .isEqualTo("found an identity of 129 bytes, expected one of 1 to 128 bytes in UTF-8");
  }

  @Test
  void memberWithoutATokenIsNamedWithWhatToDo() {
    assertThat(
            execute("list", "--admin", member.address().toString(), "--data", folder + "/nowhere"))
        .isEqualTo(1);
    assertThat(err.toString())
        .isEqualTo(
            "found no "
                + folder.resolve("nowhere/admin.token")
                + ", expected the token of a running member of a cluster; name its data-dir with"
                + " -c FILE or --data FOLDER\n");
  }

  @Test
  void tokenOfAnotherMemberIsRefused() throws IOException {
    Path otherData = Files.createDirectories(folder.resolve("other-data"));
    Files.writeString(otherData.resolve("admin.token"), "0".repeat(64) + "\n");
    assertThat(
            execute("list", "--admin", member.address().toString(), "--data", otherData.toString()))
        .isEqualTo(1);
    assertThat(err.toString())
        .isEqualTo(
            "found no token of this member, expected the one in admin.token in its data-dir\n");
  }

  @Test
  void memberThatIsNotThereIsNamed() {
    assertThat(execute("list", "--admin", "127.0.0.1:1", "--data", member.dataDir().toString()))
        .isEqualTo(1);
    assertThat(err.toString())
        .hasLineCount(1)
        .startsWith("no member answers at the admin address 127.0.0.1:1 (");
  }

  @Test
  void wrongUsageIsExitCodeTwo() {
    assertThat(keys("create")).isEqualTo(2);
    assertThat(keys("add", "web")).isEqualTo(2);
    assertThat(keys("add", "web", "--chain", "a")).isEqualTo(2);
    assertThat(keys("add", "web", "--chain", "a", "--key", "b", "--psk", "c", "--secret-file", "d"))
        .isEqualTo(2);
    assertThat(keys("grant", "web")).isEqualTo(2);
    assertThat(keys("list", "a", "b")).isEqualTo(2);
    assertThat(execute("list", "-h")).isZero();
  }
}
