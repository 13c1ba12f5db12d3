package io.sallyport.audit;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Reads a file line by line, and keeps what has no end apart. Holds no more than one line,
/// whatever the file holds.
final class LineReader implements Closeable {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream(1024);

  /// Bytes of all lines that had an end.
  private long wholeLength;

  /// Bytes since then.
  private long restLength;

  LineReader(Path file) throws IOException {
    in = Files.newInputStream(file);
  }

  /// The next line that has an end, without it; null when there is none. Of a longer one than
  /// [ChainedLine#LENGTH_MAX] only so many bytes.
  byte @Nullable [] next() throws IOException {
    line.reset();
    restLength = 0;
    while (fill()) {
      int from = position;
      while (position < limit && buffer[position] != '\n') {
        position++;
      }
      int room = ChainedLine.LENGTH_MAX - line.size();
      line.write(buffer, from, Math.min(position - from, room));
      restLength += position - from;
      if (position < limit) {
        position++;
        wholeLength += restLength + 1;
        return line.toByteArray();
      }
    }
    return null;
  }

  /// Whether there is something to read.
  private boolean fill() throws IOException {
    if (position == limit) {
      position = 0;
      limit = Math.max(0, in.read(buffer));
    }
    return position < limit;
  }

  /// Bytes of all lines so far.
  long wholeLength() {
    return wholeLength;
  }

  /// Bytes behind the last line, once there is no next one.
  long restLength() {
    return restLength;
  }

  /// The first of these bytes.
  byte[] rest() {
    return line.toByteArray();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
