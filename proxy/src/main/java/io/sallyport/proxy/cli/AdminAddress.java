package io.sallyport.proxy.cli;

import io.sallyport.config.AdminConfig;
import io.sallyport.config.HostPort;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Where a running member can be asked: by `--admin`, or as its config file says.
final class AdminAddress {
  @Option(
      names = "--admin",
      paramLabel = "HOST:PORT",
      description = "The member's admin address (default 127.0.0.1:9901).")
  private @Nullable String admin;

  @Option(names = "-c", paramLabel = "FILE", description = "Take the admin address from this file.")
  private @Nullable Path file;

  HostPort address() throws CommandFailedException {
    if (admin != null) {
      try {
        return HostPort.parse(admin);
      } catch (IllegalArgumentException e) {
        throw new CommandFailedException(
            "--admin: found " + e.getMessage() + ", expected HOST:PORT, as 127.0.0.1:9901");
      }
    }
    AdminConfig config = file == null ? AdminConfig.DEFAULT : ConfigFile.load(file).admin();
    return switch (config) {
      case AdminConfig.Listen(HostPort listen) -> listen;
      case AdminConfig.Off() ->
          throw new CommandFailedException(
              file
                  + ": found admin listen: none, expected an address; a member without one cannot"
                  + " be asked");
    };
  }

  /// The config file, if one was named.
  Optional<Path> file() {
    return Optional.ofNullable(file);
  }

  static CommandFailedException unanswered(HostPort address, IOException e) {
    return new CommandFailedException(
        "no member answers at the admin address "
            + address
            + " ("
            + e.getMessage()
            + "); start one with \"sallyport run\", or name its address with -c FILE or --admin"
            + " HOST:PORT");
  }
}
