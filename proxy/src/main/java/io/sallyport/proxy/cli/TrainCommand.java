package io.sallyport.proxy.cli;

import io.sallyport.config.ProxyConfig;
import io.sallyport.proxy.Member;
import io.sallyport.proxy.training.Training;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/// `sallyport train`: runs a member under a load of its own until the virtual machine knows its
/// ways. What it learned is kept by the launcher's flags (`bin/sallyport`), not by this command.
@Command(
    name = "train",
    description =
        "Run under a load of its own for some seconds, and keep what the virtual machine learned for"
            + " the next starts.")
final class TrainCommand implements Callable<Integer> {
  @Override
  public Integer call() throws Exception {
    Path folder = Files.createTempDirectory("sallyport-training");
    try (Training training = Training.prepare(folder)) {
      ProxyConfig config = ConfigFile.load(training.configFile());
      Member member = RunCommand.await(Member.start(config, ConfigFile.keyrings(config)));
      training.run(
          Objects.requireNonNull(RunCommand.await(member.addresses()).get(Training.LISTENER)));
      RunCommand.await(member.drain());
      return 0;
    } catch (IOException | CommandFailedException e) {
      throw new CommandFailedException("training failed: " + e.getMessage());
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> files = Files.walk(folder)) {
      all = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
