package io.sallyport.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sallyport.config.HostPort;
import io.sallyport.testing.Certificates;
import io.sallyport.testing.Certificates.KeyKind;
import io.sallyport.testing.Certificates.Pair;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a connection, a record and a megabyte cost a member, in counts that do not depend on how
/// fast the machine is today: bytes allocated on the heap, system calls, records in a write. Each
/// bound leaves room for how the kernel happens to cut a stream. A change that passes one costs
/// people money; a change that gains lowers it.
///
/// The member is a process of its own, on the first compiler alone, which removes no allocation: so
/// the counts do not depend on what is compiled when.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class CostIT {
  private static final int MIB = 1 << 20;
  private static final int RECORD_BYTES = 1 << 14;
  private static final int WARM_CONNECTIONS = 100;
  private static final int CONNECTIONS = 200;
  private static final int WARM_MIB = 64;
  private static final int BULK_MIB = 128;

  @TempDir static Path folder;

  private Certificates certificates;
  private TestServer server;
  private MemberProcess member;
  private HostPort address;

  @BeforeAll
  void start() throws Exception {
    certificates = new Certificates(folder);
    Pair pair = certificates.issue("site", KeyKind.P256, "localhost", "127.0.0.1");
    server = new TestServer(CostIT::serve);
    Path config =
        Files.writeString(
            folder.resolve("sallyport.yaml"),
            """
            node: {event-loops: 1, data-dir: .}
            admin: {listen: none}
            keyrings:
              web: {certificates: [{chain: %s, key: %s}]}
            listeners:
              - {name: https, bind: 127.0.0.1:0, tls: {keyring: web}, backend: app}
            backends:
              - {name: app, servers: [{address: 127.0.0.1:%d}]}
            """
                .formatted(pair.chain(), pair.key(), server.port()));
    member = new MemberProcess(config);
    address = member.address();
    connect(WARM_CONNECTIONS);
    download(WARM_MIB);
    upload(WARM_MIB);
  }

  @AfterAll
  void stop() throws Exception {
    member.close();
    server.close();
  }

  /// The first byte says how many MiB the server sends; what follows, it takes and throws away.
  private static void serve(Socket socket) throws Exception {
    InputStream in = socket.getInputStream();
    OutputStream out = socket.getOutputStream();
    byte[] block = new byte[MIB];
    for (int left = in.read(); left > 0; left--) {
      out.write(block);
    }
    socket.shutdownOutput();
    in.transferTo(OutputStream.nullOutputStream());
  }

  /// Full handshakes, each followed by a byte: the client has no session to resume.
  private void connect(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      try (SSLSocket client = client()) {
        client.getOutputStream().write(0);
        assertThat(client.getInputStream().read()).isEqualTo(-1);
      }
    }
  }

  private void download(int mib) throws Exception {
    try (SSLSocket client = client()) {
      client.getOutputStream().write(mib);
      assertThat(client.getInputStream().transferTo(OutputStream.nullOutputStream()))
          .isEqualTo((long) mib * MIB);
    }
  }

  private void upload(int mib) throws Exception {
    byte[] block = new byte[MIB];
    try (SSLSocket client = client()) {
      client.getOutputStream().write(0);
      for (int i = 0; i < mib; i++) {
        client.getOutputStream().write(block);
      }
      client.shutdownOutput();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  private SSLSocket client() throws Exception {
    return new TlsClient(certificates.ca()).connect(address.port(), "TLSv1.3");
  }

  @Test
  void aConnectionAllocatesNoMoreThanItDid() throws Exception {
    long before = member.allocatedBytes();
    connect(CONNECTIONS);
    long each = (member.allocatedBytes() - before) / CONNECTIONS;
    System.out.println("cost: " + each + " bytes allocated for a connection");
    assertThat(each).isLessThan(74_000);
  }

  @Test
  void aRecordAllocatesNoMoreThanItDid() throws Exception {
    long before = member.allocatedBytes();
    download(BULK_MIB);
    upload(BULK_MIB);
    long each = (member.allocatedBytes() - before) / (2L * BULK_MIB * MIB / RECORD_BYTES);
    System.out.println("cost: " + each + " bytes allocated for a record of 16 KiB");
    assertThat(each).isLessThan(32);
  }

  @Test
  void aConnectionTakesNoMoreSystemCallsThanItDid() throws Exception {
    SystemCalls calls = count(() -> connect(CONNECTIONS));
    System.out.println("cost: system calls of " + CONNECTIONS + " connections: " + calls.counts());
    // How often one thread waits for another is the scheduler's business.
    long own = calls.sum() - calls.sum(List.of("futex", "restart_syscall"));
    assertThat(own / CONNECTIONS).isLessThan(56);
  }

  @Test
  void aDownloadTakesNoMoreSystemCallsThanItDid() throws Exception {
    SystemCalls calls = count(() -> download(BULK_MIB));
    report("down", calls);
    assertThat(calls.sum(SystemCalls.READS)).isLessThan(12 * BULK_MIB);
    assertThat(calls.sum(SystemCalls.WRITES)).isLessThan(12 * BULK_MIB);
  }

  /// How much a read finds depends on how fast the client encrypts: hardly ever less than a record.
  /// What was read goes out in one call.
  @Test
  void anUploadTakesNoMoreSystemCallsThanItDid() throws Exception {
    SystemCalls calls = count(() -> upload(BULK_MIB));
    report("up", calls);
    long reads = calls.sum(SystemCalls.READS);
    assertThat(reads).isLessThan(72 * BULK_MIB);
    assertThat(calls.sum(SystemCalls.WRITES)).isLessThan(reads * 5 / 4);
  }

  private static void report(String direction, SystemCalls calls) {
    System.out.printf(
        "cost: %s, for a MiB: %.1f reads, %.1f writes of %.1f records each, %.1f system calls%n",
        direction,
        calls.sum(SystemCalls.READS) / (double) BULK_MIB,
        calls.sum(SystemCalls.WRITES) / (double) BULK_MIB,
        (double) BULK_MIB * MIB / RECORD_BYTES / calls.sum(SystemCalls.WRITES),
        calls.sum() / (double) BULK_MIB);
  }

  private SystemCalls count(SystemCalls.Work work) throws Exception {
    assumeTrue(SystemCalls.canBeCounted(), "found no strace to count with");
    return SystemCalls.during(work, member.pid(), folder);
  }
}
