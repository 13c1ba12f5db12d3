package io.sallyport.proxy;

import io.sallyport.config.ConfigLoader;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import javax.management.ObjectName;

/// Starts and stops a member of the config file that it is given, then prints every class that this
/// virtual machine has loaded.
final class UnclusteredProgram {
  private UnclusteredProgram() {}

  public static void main(String[] arguments) throws Exception {
    ConfigLoader.Loaded loaded = (ConfigLoader.Loaded) ConfigLoader.load(Path.of(arguments[0]));
    Keyrings.Loaded keyrings = (Keyrings.Loaded) Keyrings.load(loaded.config());
    Member member = ProxyFixture.await(Member.start(loaded.config(), keyrings.store()));
    ProxyFixture.await(member.drain());
    System.out.println(
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "vmClassHierarchy",
                new Object[] {new String[] {"-i"}},
                new String[] {String[].class.getName()}));
  }
}
