package io.sallyport.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/// One TLS session between `openssl s_client` and `openssl s_server`, with every byte of both
/// directions and the secrets that OpenSSL wrote down.
///
/// The server answers each line with the same line reversed, so both know what was said. Every step
/// waits for what the programs print or close; a program that does neither is killed after a
/// minute, which ends what it was to print.
///
/// @param fromClient what the client put on the wire
/// @param fromServer what the server put on the wire
/// @param keyLog the lines of the file of secrets
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record RecordedSession(byte[] fromClient, byte[] fromServer, List<String> keyLog) {
  private static final int LIMIT_SECONDS = 60;
  private static final String ACCEPT = "ACCEPT ";

  /// Has `lines`, without their ends, sent and answered.
  ///
  /// @param certificate what the server shows
  /// @param options for both programs: version and cipher
  public static RecordedSession of(
      Path folder, Certificates.Pair certificate, List<String> options, List<String> lines) {
    Path keyLog = folder.resolve("secrets.log");
    List<String> serverOptions = new ArrayList<>(options);
    serverOptions.addAll(List.of("-accept", "127.0.0.1:0", "-naccept", "1", "-rev"));
    serverOptions.addAll(List.of("-keylogfile", keyLog.toString()));
    serverOptions.addAll(List.of("-cert", certificate.chain().toString()));
    serverOptions.addAll(List.of("-key", certificate.key().toString()));
    try {
      Process server = start(folder.resolve("server.log"), "s_server", serverOptions);
      try (Tap tap = new Tap(portOf(server))) {
        List<String> clientOptions = new ArrayList<>(options);
        clientOptions.addAll(List.of("-connect", "127.0.0.1:" + tap.port(), "-quiet"));
        converse(start(folder.resolve("client.log"), "s_client", clientOptions), lines);
        List<byte[]> heard = tap.heard();
        return new RecordedSession(heard.getFirst(), heard.getLast(), Files.readAllLines(keyLog));
      } finally {
        server.destroyForcibly();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Process start(Path log, String program, List<String> options) throws IOException {
    List<String> command = new ArrayList<>(List.of("openssl", program));
    command.addAll(options);
    Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
    Thread.ofVirtual()
        .start(() -> {
          try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
              process.destroyForcibly();
            }
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
    return process;
  }

  /// The server prints its port once it listens.
  private static int portOf(Process server) throws IOException {
    var out = server.inputReader(StandardCharsets.ISO_8859_1);
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(ACCEPT)) {
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
      }
    }
    throw new AssertionError("openssl s_server ended before it listened");
  }

  private static void converse(Process client, List<String> lines) throws IOException {
    try (OutputStream in = client.getOutputStream();
        InputStream out = client.getInputStream()) {
      for (String line : lines) {
        say(in, line);
        byte[] answer = out.readNBytes(line.length() + 1);
        byte[] expected = reversed(line).getBytes(StandardCharsets.ISO_8859_1);
        if (!Arrays.equals(answer, expected)) {
          throw new AssertionError("openssl answered " + answer.length + " wrong bytes");
        }
      }
      say(in, "CLOSE");
      out.readAllBytes();
    } finally {
      client.destroyForcibly();
    }
  }

  private static void say(OutputStream in, String line) throws IOException {
    in.write((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
    in.flush();
  }

  /// What the server answers to `line`.
  public static String reversed(String line) {
    return new StringBuilder(line).reverse() + "\n";
  }

  /// Stands between the two and listens. Ends when both directions have.
  private static final class Tap implements AutoCloseable {
    private final ServerSocket listening;
    private final FutureTask<List<byte[]>> heard;

    Tap(int serverPort) throws IOException {
      listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      heard = new FutureTask<>(() -> listen(serverPort));
      Thread.ofVirtual().start(heard);
    }

    int port() {
      return listening.getLocalPort();
    }

    /// What the client said and what the server said, once both have ended.
    List<byte[]> heard() {
      try {
        return heard.get();
      } catch (ExecutionException | InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    private List<byte[]> listen(int serverPort) throws Exception {
      try (Socket client = listening.accept();
          Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
        FutureTask<byte[]> fromServer = new FutureTask<>(() -> copy(server, client));
        Thread.ofVirtual().start(fromServer);
        byte[] fromClient = copy(client, server);
        return List.of(fromClient, fromServer.get());
      }
    }

    /// What was said counts, whether or not the other side still listens.
    private static byte[] copy(Socket from, Socket to) {
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      byte[] buffer = new byte[1 << 14];
      try {
        for (int read = read(from, buffer); read > 0; read = read(from, buffer)) {
          said.write(buffer, 0, read);
          to.getOutputStream().write(buffer, 0, read);
        }
        to.shutdownOutput();
      } catch (IOException _) {
        drain(from, said);
      }
      return said.toByteArray();
    }

    private static void drain(Socket from, ByteArrayOutputStream said) {
      byte[] buffer = new byte[1 << 14];
      for (int read = read(from, buffer); read > 0; read = read(from, buffer)) {
        said.write(buffer, 0, read);
      }
    }

    /// A reset is an end too.
    private static int read(Socket from, byte[] buffer) {
      try {
        return from.getInputStream().read(buffer);
      } catch (IOException _) {
        return -1;
      }
    }

    @Override
    public void close() throws IOException {
      listening.close();
    }
  }
}
