package io.sallyport.proxy.cli;

import picocli.CommandLine.Command;

/// `sallyport keys`: what is to be known and done about keys.
@Command(
    name = "keys",
    description = "Keyrings, and what was done with their keys.",
    subcommands = KeysAuditCommand.class,
    synopsisSubcommandLabel = "COMMAND")
final class KeysCommand {}
