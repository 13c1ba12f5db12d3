package io.sallyport.proxy.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `sallyport keys`: what a running member of a cluster knows of keyrings, and does with them. Each
/// method is a command.
@Command(
    name = "keys",
    description = "The keyrings of a cluster, and what was done with their keys.",
    subcommands = KeysAuditCommand.class,
    synopsisSubcommandLabel = "COMMAND")
final class KeysCommand {
  @Command(name = "list", description = "List all keyrings, or what is in one.")
  int list(
      @Mixin KeysMember member,
      @Parameters(paramLabel = "KEYRING", arity = "0..1") @Nullable String keyring)
      throws CommandFailedException {
    return member.ask("list", request(keyring));
  }

  @Command(name = "create", description = "Make a keyring with nothing in it.")
  int create(
      @Mixin KeysMember member,
      @Parameters(paramLabel = "KEYRING") String keyring,
      @Option(
              names = "--mode",
              paramLabel = "sign|relay",
              description =
                  "How members that cannot open it have handshakes done: they send what is to be"
                      + " signed, or all of it (default: sign).")
          @Nullable String mode,
      @Option(
              names = "--tickets",
              paramLabel = "shared|sealed",
              description =
                  "Who opens its session tickets: who may use it, or who can open it (default:"
                      + " shared).")
          @Nullable String tickets)
      throws CommandFailedException {
    return member.ask("create", request(keyring).put("mode", mode).put("tickets", tickets));
  }

  @Command(name = "add", description = "Add a key, or whom to trust; prints its serial.")
  int add(
      @Mixin KeysMember member,
      @Parameters(paramLabel = "KEYRING") String keyring,
      @Mixin MaterialOptions files)
      throws CommandFailedException {
    return member.ask("add", files.into(request(keyring)));
  }

  @Command(name = "replace", description = "Put another in its place, under the same serial.")
  int replace(
      @Mixin KeysMember member,
      @Parameters(paramLabel = "KEYRING") String keyring,
      @Parameters(paramLabel = "SERIAL") String serial,
      @Mixin MaterialOptions files)
      throws CommandFailedException {
    return member.ask("replace", files.into(request(keyring).put("serial", serial)));
  }

  @Command(name = "remove", description = "Remove a key, or a keyring with all its keys.")
  int remove(
      @Mixin KeysMember member,
      @Parameters(paramLabel = "KEYRING") String keyring,
      @Parameters(paramLabel = "SERIAL", arity = "0..1") @Nullable String serial)
      throws CommandFailedException {
    return member.ask("remove", request(keyring).put("serial", serial));
  }

  @Command(name = "grant", description = "Let members use a keyring that they cannot open.")
  int grant(
      @Mixin KeysMember member,
      @Parameters(paramLabel = "KEYRING") String keyring,
      @Parameters(paramLabel = "MEMBER", arity = "1..*") List<String> members)
      throws CommandFailedException {
    return member.ask("grant", request(keyring).put("members", new JsonArray(members)));
  }

  @Command(name = "revoke", description = "Take that back.")
  int revoke(
      @Mixin KeysMember member,
      @Parameters(paramLabel = "KEYRING") String keyring,
      @Parameters(paramLabel = "MEMBER", arity = "1..*") List<String> members)
      throws CommandFailedException {
    return member.ask("revoke", request(keyring).put("members", new JsonArray(members)));
  }

  @Command(name = "rotate", description = "Seal a keyring under a new data key.")
  int rotate(@Mixin KeysMember member, @Parameters(paramLabel = "KEYRING") String keyring)
      throws CommandFailedException {
    return member.ask("rotate", request(keyring));
  }

  @Command(
      name = "rewrap",
      description = "Wrap all data keys under the member's first key-encryption key alone.")
  int rewrap(@Mixin KeysMember member) throws CommandFailedException {
    return member.ask("rewrap", new JsonObject());
  }

  private static JsonObject request(@Nullable String keyring) {
    return new JsonObject().put("keyring", keyring);
  }
}
